"""The course of an offline mix: what is seen and heard at each moment, by the engine's own rules.

It knows levels and times, no picture and no clock: so it is the same in every run.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mcu_core.compositor.scene import PaneState
from mcu_core.conference.direction import VIEWERS, Director, Roster
from mcu_core.conference.placing import pans
from mcu_core.contract.definition import ConferenceDefinition, PaneFit, SiteDefinition, TextStrip
from mcu_core.layouts.model import Layout
from mcu_core.media.sound import Block
from mcu_core.mixer.room import Room, Setting
from mcu_core.mixer.speech import Speech
from mcu_core.offline.decisions import DecisionLog
from mcu_core.offline.wanted import Change


@dataclass(frozen=True, slots=True)
class PlannedPane:
    """What stands in one pane; `state` is "live" for who has a picture, if it has come by then."""

    site: str
    fit: PaneFit
    label: str
    speaking: bool
    state: PaneState


@dataclass(frozen=True, slots=True)
class Plan:
    """What is seen until something changes: the same object as long as it is the same."""

    layout: Layout
    panes: tuple[PlannedPane, ...]
    banner: TextStrip | None
    caption: TextStrip | None
    texts_since_ns: int


class Course:
    """Follows the command log and who speaks, and decides; times never go back.

    `without_video` are sites that have no pictures; `fit` is how pictures meet panes that do not
    say so. `seen_by` is the site whose picture and sound it plans, which does not hear itself;
    VIEWERS see and hear what the conference shows.
    """

    def __init__(
        self,
        changes: Sequence[Change],
        decisions: DecisionLog,
        without_video: Collection[str] = (),
        fit: PaneFit = PaneFit.AUTO,
        seen_by: str = VIEWERS,
    ) -> None:
        self._changes = list(changes)
        self._wanted = self._changes.pop(0).wanted
        self._decisions = decisions
        self._audio_only = frozenset(without_video)
        self._fit = fit
        self._seen_by = seen_by
        self._joined: list[str] = []
        self._room = Room()
        self._settings: dict[str, Setting] = {}
        self._speech = Speech()
        self._spoke_ns: dict[str, int] = {}
        self._director = Director()
        self._next_ns: int | None = None
        self._plan: Plan | None = None
        self._texts: tuple[TextStrip | None, TextStrip | None] = (None, None)
        self._texts_since_ns = 0
        self._follow_wanted()

    @property
    def _definition(self) -> ConferenceDefinition:
        return self._wanted.definition

    def advance(self, time_ns: int, running: Collection[str]) -> None:
        """Carry out what is due by then; `running` are the sites whose files have not ended."""
        due = False
        while self._changes and self._changes[0].at_ns <= time_ns:
            self._wanted = self._changes.pop(0).wanted
            due = True
        joined = [s for s in self._joined if s in running and s not in self._wanted.away]
        joined += [
            site.id
            for site in self._definition.sites
            if site.id in running and site.id not in self._wanted.away and site.id not in joined
        ]
        if due or joined != self._joined:
            self._joined = joined
            self._follow_wanted()
            self._plan = None

    # ------------------------------------------------------------------ heard

    def mix(self, blocks: Mapping[str, Block], time_ns: int) -> Block:
        """What is heard of 20 ms of the sites' sound, and who speaks now."""
        there = {site: block for site, block in blocks.items() if site in self._settings}
        heard = self._room.mix(there, self._settings, time_ns)
        if heard.speech != self._speech:
            self._follow_speech(heard.speech, time_ns)
        return heard.mixes.without(self._seen_by) if self._seen_by else heard.mixes.total

    def _follow_wanted(self) -> None:
        definition = self._definition
        self._room.configure(definition.voice)
        self._room.places = definition.loudest
        self._settings = {
            site.id: _setting(site) for site in definition.sites if site.id in self._joined
        }

    def _follow_speech(self, speech: Speech, time_ns: int) -> None:
        self._speech = speech
        for site in (speech.speaker, speech.floor):
            if site:
                self._spoke_ns[site] = time_ns
        self._decisions.speech(speech, time_ns)
        self._plan = None

    # ------------------------------------------------------------------ seen

    def plan(self, time_ns: int) -> Plan:
        """What is seen now."""
        if self._plan is None or (self._next_ns is not None and time_ns >= self._next_ns):
            self._plan = self._decide(time_ns)
        return self._plan

    def _decide(self, time_ns: int) -> Plan:
        definition, joined = self._definition, tuple(self._joined)
        roster = Roster(
            present=joined,
            joined=joined,
            camera_off=frozenset(site.id for site in definition.sites if site.video_off),
            speaker=self._speech.speaker,
            floor=self._speech.floor,
            previous=self._speech.previous,
            spoke_ns=dict(self._spoke_ns),
            audio_only=self._audio_only,
        )
        direction = self._director.decide(definition, roster, time_ns)
        self._next_ns = direction.next_change_ns
        self._decisions.direction(direction, time_ns)
        shown = direction.views[direction.watching[self._seen_by]]
        self._follow_texts(time_ns)
        self._room.pans = pans(shown) if definition.pan_by_pane else {}
        sites = {site.id: site for site in definition.sites}
        panes = tuple(
            self._pane(sites.get(site), fit)
            for site, fit in zip(shown.panes, shown.fits, strict=True)
        )
        return Plan(shown.layout, panes, *self._texts, self._texts_since_ns)

    def _pane(self, site: SiteDefinition | None, fit: PaneFit) -> PlannedPane:
        fit = self._fit if fit is PaneFit.AUTO else fit
        if site is None:
            return PlannedPane("", fit, "", False, "empty")
        label = site.name if self._definition.show_names else ""
        speaking = site.id == self._speech.speaker
        return PlannedPane(site.id, fit, label, speaking, self._state(site))

    def _state(self, site: SiteDefinition) -> PaneState:
        if site.id not in self._joined:
            return "no-video"
        if site.video_off:
            return "camera-off"
        return "audio-only" if site.id in self._audio_only else "live"

    def _follow_texts(self, time_ns: int) -> None:
        definition = self._definition
        texts = (
            definition.banner if definition.banner.text else None,
            definition.caption if definition.caption.text else None,
        )
        if texts != self._texts:
            self._texts, self._texts_since_ns = texts, time_ns


def _setting(site: SiteDefinition) -> Setting:
    return Setting(10 ** (site.gain_db / 20), site.muted, site.auto_gain, site.noise_gate)
