"""Who sees and changes what (分级分权): users of an organisation only what is theirs or below.

A conference is its maker's organisation's; its recordings are, too, also when it is over. What
nobody's organisation made, only users see who belong to none.
"""

from control_api.auth.organisations import within
from control_api.auth.roles import Principal
from control_api.persistence.territory import TerritoryRows
from mcu_core.errors import NotFound


class Territory:
    """Knows whose each conference is; `open` before use."""

    def __init__(self, rows: TerritoryRows) -> None:
        self._rows = rows
        self._of: dict[str, str] = {}

    async def open(self) -> None:
        """Read what an earlier process of ours kept."""
        self._of = await self._rows.all()

    async def own(self, principal: Principal, conference: str) -> None:
        """A conference, booked or begun, is its maker's."""
        await self.give(conference, principal.organisation)

    async def give(self, conference: str, organisation: str) -> None:
        """A conference is an organisation's; empty: nobody's."""
        if organisation:
            await self._rows.put(conference, organisation)
            self._of[conference] = organisation

    def of(self, conference: str) -> str:
        """Whose it is; empty: nobody's."""
        return self._of.get(conference, "")

    def sees(self, principal: Principal, conference: str) -> bool:
        """Whether the principal may know of it at all."""
        if not principal.organisation:
            return True
        return within(self.of(conference), principal.organisation)

    def check(self, principal: Principal, conference: str, what: str = "conference") -> None:
        """Raise NotFound, as if it were not there, for what is somebody else's."""
        if not self.sees(principal, conference):
            raise NotFound(what, conference)
