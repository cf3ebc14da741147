"""Use cases: what the conference picture shows, its layout and its panes."""

from collections.abc import Mapping, Sequence

import msgspec

from control_api.services.conferences import Conferences
from control_api.services.views import ConferenceView
from mcu_core.contract.definition import (
    MAX_PANES,
    ConferenceDefinition,
    LayoutChoice,
    LayoutRect,
    OwnLayout,
    Pane,
)
from mcu_core.errors import BadInput
from mcu_core.layouts.catalogue import mode
from mcu_core.layouts.own import read_layout

AUTO = Pane()


def choose_mode(number: object) -> LayoutChoice:
    """Mode 0..49, or None for automatic; raises BadInput naming `mode`."""
    return LayoutChoice() if number is None else LayoutChoice(mode=mode(number).id)


def choose_own(drawing: object, field: str = "own") -> LayoutChoice:
    """A caller's own layout; raises BadInput naming the value, such as `own.panes[2].w`."""
    layout = read_layout(drawing, field)
    overlap = isinstance(drawing, Mapping) and drawing.get("overlap") is True
    panes = tuple(
        LayoutRect(float(pane.x), float(pane.y), float(pane.w), float(pane.h), pane.z)
        for pane in layout.panes
    )
    return LayoutChoice(own=OwnLayout(panes, layout.name, layout.main, overlap))


class Presentation:
    """Layout and panes for callers."""

    def __init__(self, conferences: Conferences) -> None:
        self._conferences = conferences

    async def set_layout(self, conference: str, choice: LayoutChoice) -> ConferenceView:
        """Show this layout from the next tick on; panes keep what they hold."""
        return await self._conferences.amend(
            conference, lambda definition: msgspec.structs.replace(definition, layout=choice)
        )

    async def set_panes(self, conference: str, panes: Sequence[Pane]) -> ConferenceView:
        """Say what stands in each pane; those not named are automatic."""
        if len(panes) > MAX_PANES:
            raise BadInput("panes", f"at most {MAX_PANES}")

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            checked = tuple(
                _checked(pane, definition, f"panes[{k}]") for k, pane in enumerate(panes)
            )
            return msgspec.structs.replace(definition, panes=checked)

        return await self._conferences.amend(conference, edit)

    async def set_pane(self, conference: str, k: int, pane: Pane) -> ConferenceView:
        """Say what stands in pane k (from 0)."""
        if not 0 <= k < MAX_PANES:
            raise BadInput("k", f"the number of a pane, 0..{MAX_PANES - 1}")

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            panes = [*definition.panes, *[AUTO] * (k + 1 - len(definition.panes))]
            panes[k] = _checked(pane, definition, "")
            return msgspec.structs.replace(definition, panes=tuple(panes))

        return await self._conferences.amend(conference, edit)


def _checked(pane: Pane, definition: ConferenceDefinition, field: str) -> Pane:
    """The pane, without a site where its kind needs none; raises BadInput."""
    if pane.kind != "site":
        return msgspec.structs.replace(pane, site="")
    if pane.site not in {site.id for site in definition.sites}:
        raise BadInput(f"{field}.site".lstrip("."), "the id of a site of this conference")
    return pane
