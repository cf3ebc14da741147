"""Use cases: what the conference picture shows, its layout and its panes, and groups."""

from collections.abc import Sequence

import msgspec

from control_api.services.changes import AUTO, check_known, named_within, tidy
from control_api.services.conferences import Conferences
from control_api.services.views import ConferenceView
from mcu_core.contract.definition import (
    MAX_PANES,
    ConferenceDefinition,
    Group,
    LayoutChoice,
    Pane,
    View,
)
from mcu_core.errors import BadInput, NotFound


class Presentation:
    """Layout, panes and groups for callers."""

    def __init__(self, conferences: Conferences) -> None:
        self._conferences = conferences

    async def set_layout(self, conference: str, choice: LayoutChoice) -> ConferenceView:
        """Show this layout from the next tick on; panes keep what they hold."""
        return await self._conferences.amend(
            conference, lambda definition: msgspec.structs.replace(definition, layout=choice)
        )

    async def set_panes(self, conference: str, panes: Sequence[Pane]) -> ConferenceView:
        """Say what stands in each pane; those not named are automatic."""
        view = View(panes=tuple(tidy(pane) for pane in panes))

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            check_known(view, definition)
            return msgspec.structs.replace(definition, panes=view.panes)

        return await self._conferences.amend(conference, edit)

    async def set_pane(self, conference: str, k: int, pane: Pane) -> ConferenceView:
        """Say what stands in pane k (from 0)."""
        if not 0 <= k < MAX_PANES:
            raise BadInput("k", f"the number of a pane, 0..{MAX_PANES - 1}")

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            panes = [*definition.panes, *[AUTO] * (k + 1 - len(definition.panes))]
            panes[k] = tidy(pane)
            with named_within(r"panes\[0\]\."):
                check_known(View(panes=(panes[k],)), definition)
            return msgspec.structs.replace(definition, panes=tuple(panes))

        with named_within(rf"panes\[{k}\]\."):
            return await self._conferences.amend(conference, edit)

    async def set_group(
        self, conference: str, number: int, sites: Sequence[str], view: View
    ) -> ConferenceView:
        """Let these sites see a picture of their own; they leave the groups where they were."""

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            known = {site.id for site in definition.sites}
            for k, site in enumerate(sites):
                if site not in known:
                    raise BadInput(f"sites[{k}]", "the id of a site of this conference")
            check_known(view, definition, "view")
            others = [
                msgspec.structs.replace(
                    group, sites=tuple(site for site in group.sites if site not in sites)
                )
                for group in definition.groups
                if group.id != number
            ]
            groups = sorted(
                [*others, Group(number, tuple(sites), view)], key=lambda group: group.id
            )
            return msgspec.structs.replace(definition, groups=tuple(groups))

        with named_within(r"groups\[\d+\]\."):
            return await self._conferences.amend(conference, edit)

    async def drop_group(self, conference: str, number: int) -> ConferenceView:
        """Its sites see the conference picture again; raises NotFound."""

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            left = tuple(group for group in definition.groups if group.id != number)
            if left == definition.groups:
                raise NotFound("group", str(number))
            return msgspec.structs.replace(definition, groups=left)

        return await self._conferences.amend(conference, edit)
