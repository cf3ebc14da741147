"""Use cases: templates of bookings (CONF-02), and groups of sites that meet (CONF-14).

What an organisation keeps, those of it and above it see and change; what nobody's keeps, all see.
"""

import msgspec

from control_api.auth.organisations import within
from control_api.auth.roles import Principal
from control_api.persistence.presets import Kind, Preset, PresetRows
from control_api.services.booking_request import BookingRequest, seated
from control_api.services.names import clean_name
from mcu_core.errors import NotFound, Refused

MOST = 1000
"""Of a kind."""


class SiteGroup(msgspec.Struct, frozen=True):
    """Sites that are called together, by their URIs."""

    name: str
    sites: tuple[str, ...]


class Presets:
    """Templates and groups for callers."""

    def __init__(self, rows: PresetRows) -> None:
        self._rows = rows

    # ------------------------------------------------------------------ templates

    async def templates(self, principal: Principal) -> dict[str, BookingRequest]:
        """By name; begin and passwords are left out of what is kept."""
        found = await self._seen("template", principal)
        return {one.name: msgspec.json.decode(one.record, type=BookingRequest) for one in found}

    async def keep_template(self, name: str, request: BookingRequest, principal: Principal) -> None:
        """Keep what a booking asks for as a template, new or anew."""
        bare = msgspec.structs.replace(
            request,
            name=clean_name(request.name),
            sites=seated(request.sites),
            begin_s=None,
            access_code="",
            password="",
            chair_password="",
            recurrence=None,
        )
        await self._keep("template", name, bare, principal)

    # ------------------------------------------------------------------ groups

    async def groups(self, principal: Principal) -> dict[str, SiteGroup]:
        """By name."""
        found = await self._seen("group", principal)
        return {one.name: msgspec.json.decode(one.record, type=SiteGroup) for one in found}

    async def group(self, name: str, principal: Principal) -> SiteGroup:
        """One of them; raises NotFound."""
        found = (await self.groups(principal)).get(name)
        if found is None:
            raise NotFound("group of sites", name)
        return found

    async def keep_group(self, group: SiteGroup, principal: Principal) -> None:
        """Keep a group, new or anew."""
        await self._keep("group", group.name, group, principal)

    # ------------------------------------------------------------------ both

    async def remove(self, kind: Kind, name: str, principal: Principal) -> None:
        """Forget one; raises NotFound."""
        if not await self._rows.remove(kind, principal.organisation, name):
            raise NotFound(f"{kind} of yours", name)

    async def _keep(
        self, kind: Kind, name: str, record: msgspec.Struct, principal: Principal
    ) -> None:
        name = clean_name(name)
        others = await self._rows.all(kind)
        mine = principal.organisation
        if len(others) >= MOST and all(
            (one.organisation, one.name) != (mine, name) for one in others
        ):
            raise Refused(f"there are {MOST} already")
        await self._rows.put(Preset(kind, mine, name, msgspec.json.encode(record).decode()))

    async def _seen(self, kind: Kind, principal: Principal) -> list[Preset]:
        """Of those of one name, one's own goes before another's."""
        mine = principal.organisation
        found = await self._rows.all(kind)
        seen = [one for one in found if not one.organisation or within(one.organisation, mine)]
        return sorted(seen, key=lambda one: (one.name, one.organisation == mine))
