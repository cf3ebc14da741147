"""Use cases: the chair (主席) of a conference, and the floor that it gives."""

import msgspec

from control_api.services.conferences import Conferences
from control_api.services.steering import Steering
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.errors import NotFound, Refused


class Chaired(Refused):
    """The chair is taken."""


class Unchaired(Refused):
    """Nobody holds the chair."""


class Chairs:
    """Who chairs each conference."""

    def __init__(self, conferences: Conferences, steering: Steering) -> None:
        self._conferences = conferences
        self._steering = steering

    def of(self, conference: str) -> str:
        """The site that holds the chair; empty for nobody."""
        return self._conferences.get(conference).chair

    async def request(self, conference: str, site: str) -> None:
        """Take the chair; raises NotFound, or Chaired when somebody has it."""

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            if site not in {row.id for row in definition.sites}:
                raise NotFound("site", site)
            if definition.chair:
                raise Chaired("the chair is taken")
            return msgspec.structs.replace(definition, chair=site)

        await self._conferences.amend(conference, edit)

    async def release(self, conference: str) -> None:
        """Give it up; raises Unchaired when nobody has it."""

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            if not definition.chair:
                raise Unchaired("nobody holds the chair")
            return msgspec.structs.replace(definition, chair="")

        await self._conferences.amend(conference, edit)

    async def give_floor(self, conference: str, site: str) -> None:
        """All see and hear this site alone; raises NotFound, or Unchaired without a chair."""
        if not self.of(conference):
            raise Unchaired("nobody holds the chair")
        await self._steering.give_floor(conference, site)
