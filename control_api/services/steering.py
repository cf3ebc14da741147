"""Use cases: one change to many sites of a conference at once, and whom all are made to watch."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from control_api.services.changes import changed, check_known
from control_api.services.conferences import Conferences
from control_api.services.views import ConferenceView
from mcu_core.contract.definition import (
    ConferenceDefinition,
    LayoutChoice,
    Pane,
    SiteDefinition,
    View,
)
from mcu_core.errors import NotFound

OWN_PICTURE = LayoutChoice(mode=1)


class Steering:
    """What a chair or a controlling system does to a running conference."""

    def __init__(self, conferences: Conferences) -> None:
        self._conferences = conferences

    async def change_sites(
        self, conference: str, changes: Mapping[str, Mapping[str, Any]]
    ) -> ConferenceView:
        """Change fields of SiteDefinition of several sites in one step.

        Sites that are not defined are passed over; raises NotFound where none is.
        """

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            _some_defined(definition, changes)
            return _with_sites(definition, changes)

        return await self._conferences.amend(conference, edit)

    async def present(
        self, conference: str, choice: LayoutChoice, panes: tuple[Pane, ...]
    ) -> ConferenceView:
        """Show this layout with these panes in the conference picture, in one step."""

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            check_known(View(panes=panes), definition)
            return msgspec.structs.replace(definition, layout=choice, panes=panes)

        return await self._conferences.amend(conference, edit)

    async def watch(self, conference: str, site: str, source: str) -> ConferenceView:
        """Let a site see another in full, itself, or (empty) what the others see."""

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            for one in (site, source):
                if one and one not in {row.id for row in definition.sites}:
                    raise NotFound("site", one)
            itself = View(OWN_PICTURE, (Pane("site", site),), show_self=True)
            own = itself if source == site else None
            chosen = "" if source == site else source
            return _with_sites(definition, {site: {"watch": chosen, "view": own}})

        return await self._conferences.amend(conference, edit)

    async def broadcast(self, conference: str, site: str) -> ConferenceView:
        """Let all see this site in full; empty: no site any more. Raises NotFound."""

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            if site and site not in {row.id for row in definition.sites}:
                raise NotFound("site", site)
            return msgspec.structs.replace(definition, broadcast=site)

        return await self._conferences.amend(conference, edit)

    async def force_picture(self, conference: str) -> ConferenceView:
        """Make all sites watch the conference picture, whatever they had chosen or been given;
        who is locked stays."""

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            plain: dict[str, Any] = {"watch": "", "view": None}
            all_sites = {row.id: plain for row in definition.sites if not row.source_locked}
            bare = msgspec.structs.replace(definition, broadcast="", lecturer="", groups=())
            return _with_sites(bare, all_sites)

        return await self._conferences.amend(conference, edit)

    async def give_floor(self, conference: str, site: str) -> ConferenceView:
        """All see this site in full and hear nobody else."""

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            if site not in {row.id for row in definition.sites}:
                raise NotFound("site", site)
            closed = {row.id: {"muted": row.id != site} for row in definition.sites}
            return msgspec.structs.replace(_with_sites(definition, closed), broadcast=site)

        return await self._conferences.amend(conference, edit)


def _some_defined(definition: ConferenceDefinition, sites: Collection[str]) -> None:
    if not any(row.id in sites for row in definition.sites):
        raise NotFound("site", next(iter(sites), ""))


def _with_sites(
    definition: ConferenceDefinition, changes: Mapping[str, Mapping[str, Any]]
) -> ConferenceDefinition:
    def one(row: SiteDefinition) -> SiteDefinition:
        return changed(row, changes[row.id]) if row.id in changes else row

    return msgspec.structs.replace(definition, sites=tuple(one(row) for row in definition.sites))
