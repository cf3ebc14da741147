"""Director: what is seen and heard at each moment of an offline mix; pure, so it is repeatable."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mcu_core.conference.panes import assign
from mcu_core.contract.definition import Pane, PaneFit
from mcu_core.layouts.automatic import layout_for
from mcu_core.layouts.model import Layout
from mcu_core.mixer.speech import SpeakerDetector
from mcu_core.offline.events import Action, SetLayout, SetMuted, SetPanes, TimedAction


@dataclass(frozen=True, slots=True)
class Shown:
    """One pane at one moment: which site (empty: none), how it fits, whether it speaks."""

    site: str
    fit: PaneFit
    speaking: bool


class Director:
    """Carries out timed actions and seats the sites, as a running conference does.

    Sites are named "1", "2", ... A site leaves when its file is at its end.
    """

    def __init__(
        self,
        layout: Layout | None,
        panes: Sequence[Pane],
        events: Sequence[TimedAction],
        fit: PaneFit = PaneFit.AUTO,
    ) -> None:
        self._layout = layout
        self._panes = tuple(panes)
        self._events = list(events)
        self._fit = fit
        self._muted: frozenset[str] = frozenset()
        self._detector = SpeakerDetector()
        self._spoke_ns: dict[str, int] = {}
        self._shown: tuple[str, ...] = ()
        self.speaker = ""

    def advance(self, time_ns: int) -> None:
        """Carry out what is due by then; times never go back."""
        while self._events and self._events[0].at_ns <= time_ns:
            self._do(self._events.pop(0).action)

    def gains(self, sites: Collection[str]) -> dict[str, float]:
        """How loud each site is mixed: 0 or 1."""
        return {site: 0.0 if site in self._muted else 1.0 for site in sites}

    def hear(self, levels: Mapping[str, float], time_ns: int) -> None:
        """Follow who speaks; `levels` in dBov of all sites that sound, 20 ms each."""
        open_levels = {site: level for site, level in levels.items() if site not in self._muted}
        self.speaker = self._detector.push(open_levels, time_ns).speaker
        if self.speaker:
            self._spoke_ns[self.speaker] = time_ns

    def scene(self, present: Sequence[str]) -> tuple[Layout, tuple[Shown, ...]]:
        """The layout and what stands in each of its panes, for the sites that are there."""
        layout = self._layout if self._layout is not None else layout_for(len(present))
        count = len(layout.panes)
        self._shown = assign(count, self._panes, present, self._spoke_ns, self._shown)
        shown = (
            Shown(site, self._fit_of(k), bool(site) and site == self.speaker)
            for k, site in enumerate(self._shown)
        )
        return layout, tuple(shown)

    def _fit_of(self, pane: int) -> PaneFit:
        own = self._panes[pane].fit if pane < len(self._panes) else PaneFit.AUTO
        return self._fit if own is PaneFit.AUTO else own

    def _do(self, action: Action) -> None:
        match action:
            case SetLayout(layout):
                self._layout = layout
            case SetPanes(panes):
                self._panes = panes
            case SetMuted(site, muted):
                self._muted = self._muted | {site} if muted else self._muted - {site}
