"""What a conference tells control: events out of what the ticks and connections report."""

from collections.abc import Callable, Mapping

from mcu_core.contract.events import (
    ConferenceFailed,
    ContentChanged,
    Event,
    KeyPressed,
    LayoutShown,
    Levels,
    MutedTalkers,
    SiteChanged,
    SpeakerChanged,
)
from mcu_core.contract.snapshots import ContentSnapshot
from mcu_core.engine.pictures import ViewPlan
from mcu_core.engine.seat import Seat
from mcu_core.mixer.speech import Speech


class Teller:
    """Tells events of one conference; only what has changed, except levels."""

    def __init__(self, conference: str, tell: Callable[[Event], None]) -> None:
        self._conference = conference
        self._tell = tell
        self._speech = Speech()
        self._content: ContentSnapshot | None = None

    def site(self, seat: Seat, state: str, reason: str) -> None:
        """A site joins, is joined or away; its seat keeps that."""
        seat.state, seat.reason = state, reason
        endpoint = seat.endpoint.id if seat.endpoint is not None else ""
        self._tell(SiteChanged(self._conference, seat.definition.id, state, endpoint, reason))

    def shown(self, revision: int, view: ViewPlan) -> None:
        """Viewers have been sent the first picture of a plan."""
        panes = tuple(pane.source.id if pane.source else "" for pane in view.panes)
        self._tell(LayoutShown(self._conference, revision, view.layout.id, panes))

    def content(self, content: ContentSnapshot | None) -> None:
        """What is shown as content now."""
        if content != self._content:
            self._content = content
            self._tell(ContentChanged(self._conference, content))

    def speech(self, speech: Speech) -> None:
        """Who speaks now, and who does although nobody can hear it."""
        before, self._speech = self._speech, speech
        if speech.speaker != before.speaker:
            self._tell(SpeakerChanged(self._conference, speech.speaker))
        if speech.muted_talkers != before.muted_talkers:
            self._tell(MutedTalkers(self._conference, tuple(sorted(speech.muted_talkers))))

    def levels(self, seats: Mapping[str, Seat]) -> None:
        """How loud everybody is."""
        levels = {site: round(seat.level_dbov, 1) for site, seat in seats.items()}
        self._tell(Levels(self._conference, levels))

    def key_pressed(self, site: str, key: str) -> None:
        """Somebody there pressed a key."""
        self._tell(KeyPressed(self._conference, site, key))

    def failed(self, reason: str) -> None:
        """The conference broke."""
        self._tell(ConferenceFailed(self._conference, reason))
