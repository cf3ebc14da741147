"""What the conference picture shows next: layout and panes from definition, seats and speech."""

from collections.abc import Mapping

import msgspec

from mcu_core.conference.panes import assign
from mcu_core.contract.definition import ConferenceDefinition, LayoutChoice, PaneFit
from mcu_core.engine.pictures import PicturePlan, PlannedPane
from mcu_core.engine.seat import Seat
from mcu_core.layouts.automatic import layout_for
from mcu_core.layouts.catalogue import mode
from mcu_core.layouts.model import Layout
from mcu_core.layouts.own import read_layout


def choose_layout(choice: LayoutChoice, joined: int) -> Layout:
    """The layout asked for, or the automatic one for `joined` sites; raises BadInput."""
    if choice.own is not None:
        return read_layout(msgspec.to_builtins(choice.own))
    return layout_for(joined) if choice.mode is None else mode(choice.mode)


def senders(seats: Mapping[str, Seat]) -> frozenset[str]:
    """The joined sites that have sent picture or sound."""
    return frozenset(site for site, seat in seats.items() if seat.joined_ns and seat.sends)


class Planner:
    """Remembers who was shown where and who spoke when, and plans the next picture."""

    def __init__(self) -> None:
        self.speaker = ""
        self.mode: int | None = None
        self.shown: tuple[str, ...] = ()
        self.senders: frozenset[str] = frozenset()
        self._spoke_ns: dict[str, int] = {}

    def speaks(self, site: str, now_ns: int) -> None:
        """A site is the speaker from now on; empty: nobody is."""
        self.speaker = site
        if site:
            self._spoke_ns[site] = now_ns

    def forget(self, site: str) -> None:
        """A site is no longer part of the conference."""
        self._spoke_ns.pop(site, None)
        if self.speaker == site:
            self.speaker = ""

    def plan(self, definition: ConferenceDefinition, seats: Mapping[str, Seat]) -> PicturePlan:
        """The picture as definition, joined sites and speech have it now.

        Who has sent nothing yet (a site that only watches) gets no pane but one put there by hand.
        """
        self.senders = senders(seats)
        joined = sorted((seats[site] for site in self.senders), key=lambda seat: seat.joined_ns)
        layout = choose_layout(definition.layout, len(joined))
        self.mode = layout.id
        self.shown = assign(
            len(layout.panes),
            definition.panes,
            [seat.definition.id for seat in joined],
            self._spoke_ns,
            self.shown,
        )
        fits = [pane.fit for pane in definition.panes]
        fits += [PaneFit.AUTO] * (len(self.shown) - len(fits))
        panes = tuple(
            _planned(seats.get(site), fit, definition.show_names)
            for site, fit in zip(self.shown, fits, strict=False)
        )
        return PicturePlan(definition.revision, layout, panes, self.speaker)


def _planned(seat: Seat | None, fit: PaneFit, show_name: bool) -> PlannedPane:
    return PlannedPane(seat, fit, seat.definition.name if seat is not None and show_name else "")
