"""The recorder's side of a conference: a participant that reads the picture and the whole mix."""

from collections.abc import Callable

import structlog

from mcu_core.contract.definition import VideoLimit
from mcu_core.contract.events import TapLoss, TapMessage, TapTrack, TapUnit
from mcu_core.contract.line import Line, LineClosed
from mcu_core.contract.wire import Message, Tapped
from mcu_core.egress.tap import TapBuffer
from mcu_core.endpoints.endpoint import (
    NOTHING_RECEIVED,
    Abilities,
    CameraLine,
    ContentChannel,
    EndpointStats,
    Feedback,
)
from mcu_core.engine.tap_content import TapContent
from mcu_core.engine.tap_small import TapSmall
from mcu_core.ingress.reception_counters import ReceptionCounters
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.codec import AAC
from mcu_core.media.units import AudioForm, EncodedUnit, VideoForm

log = structlog.get_logger()

KEYFRAME_EVERY_NS = 2 * NS_PER_SECOND
"""A recording can be entered, and loses picture, by this much (design 5)."""

SLOW_READER_BYTES = 4 * 1024 * 1024
CONTENT_KEYFRAME_EVERY_NS = 10 * NS_PER_SECOND
"""Slides cost much to begin anew, and are looked for by the page, not by the second."""

PICTURE, SMALL, SOUND, CONTENT_TRACK = "main", "sd", "sound", "content"
PICTURES = (PICTURE, SMALL, CONTENT_TRACK)
SOUND_FORM = AudioForm(AAC, 2, 128_000)


class ConferenceTap:
    """An Endpoint whose receivers are taps: keeps a short backlog, feeds each line that reads."""

    def __init__(
        self, form: VideoForm, sound_config: bytes, clock: Clock, name: str = "tap"
    ) -> None:
        self.id = name
        self.feedback = Feedback()
        self.stats = EndpointStats()
        self.abilities = Abilities()
        self.wishes_changed: Callable[[], None] = lambda: None
        """Called when content is wanted beside the picture, or no longer; by whoever opened it."""
        self._content = TapContent(f"{name} content", self._pass_content)
        self.content: ContentChannel | None = self._content
        self.camera: CameraLine | None = None
        self.small = TapSmall(f"{name} small", self._pass_small)
        self.video_out: VideoForm | None = form
        self.audio_out: AudioForm | None = SOUND_FORM
        self._idle_since_ns = clock.now_ns()
        self._sound_config = sound_config
        self._clock = clock
        self._buffer = TapBuffer()
        self._lines: dict[Line[Message], _Reader] = {}
        self._keyframe_ns = self._content_keyframe_ns = self._small_keyframe_ns = 0

    def idle_ns(self) -> int:
        """For how long nobody has read; 0 while somebody does."""
        return 0 if self._lines else self._clock.now_ns() - self._idle_since_ns

    @property
    def readers(self) -> int:
        """How many lines read."""
        return len(self._lines)

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Let all readers go."""
        for line in list(self._lines):
            await line.close()
        self._lines.clear()

    def reception(self) -> tuple[ReceptionCounters, ReceptionCounters]:
        """Nothing comes in by a tap."""
        return NOTHING_RECEIVED

    def ask_keyframe(self) -> None:
        """A tap sends nothing."""

    def ask_rate(self, bitrate_bps: int) -> None:
        """A tap sends nothing."""

    async def serve(self, line: Line[Message], since_ns: int, *, content: bool = False) -> None:
        """Feed a line until it closes: the tracks, what is held since `since_ns`, then all.

        `content`: it takes that as a track of its own.
        """
        reader = _Reader(line, content)
        self._want_content(self._content.wanted or content)
        for track in self._tracks():
            reader.send(track)
        held = self._buffer.since(since_ns) if since_ns else []
        for name, form in self._beside():
            if any(track == name for track, _ in held):
                reader.announce(name, form)
        for name, unit in held:
            reader.send_unit(name, unit)
        self._lines[line] = reader
        self.feedback.keyframe_wanted()
        self._content.feedback.keyframe_wanted()
        self.small.feedback.keyframe_wanted()
        try:
            while True:
                await line.receive()  # a tap's reader says nothing more: this waits for its end
        except LineClosed:
            return
        finally:
            self._lines.pop(line, None)
            if self._lines:  # else as it was: a recorder that was killed is back within seconds
                self._want_content(any(other.content for other in self._lines.values()))
            self._idle_since_ns = self._clock.now_ns()

    def _want_content(self, wanted: bool) -> None:
        if wanted != self._content.wanted:
            self._content.wanted = wanted
            self.wishes_changed()

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None:
        """The picture changed its size or rate: announce the new track."""
        self.video_out = form
        self._buffer = TapBuffer()
        for reader in self._lines.values():
            reader.send(self._tracks()[0])

    def send_video(self, unit: EncodedUnit) -> None:
        """Keep and pass on a picture; ask for the next keyframe in time."""
        now_ns = self._clock.now_ns()
        if unit.keyframe:
            self._keyframe_ns = now_ns
        elif now_ns - self._keyframe_ns >= KEYFRAME_EVERY_NS:
            self.feedback.keyframe_wanted()
        self._pass_on(PICTURE, unit)

    def _pass_content(self, unit: EncodedUnit) -> None:
        now_ns = self._clock.now_ns()
        form = self._content.video_out
        if unit.keyframe and form is not None:
            self._content_keyframe_ns = now_ns
            for reader in self._lines.values():
                reader.announce(CONTENT_TRACK, form)
        elif now_ns - self._content_keyframe_ns >= CONTENT_KEYFRAME_EVERY_NS:
            self._content.feedback.keyframe_wanted()
        self._pass_on(CONTENT_TRACK, unit)

    def _pass_small(self, unit: EncodedUnit) -> None:
        now_ns = self._clock.now_ns()
        form = self.small.video_out
        if unit.keyframe and form is not None:
            self._small_keyframe_ns = now_ns
            for reader in self._lines.values():
                reader.announce(SMALL, form)
        elif now_ns - self._small_keyframe_ns >= KEYFRAME_EVERY_NS:
            self.small.feedback.keyframe_wanted()
        self._pass_on(SMALL, unit)

    def _beside(self) -> list[tuple[str, VideoForm]]:
        """The tracks that come and go, with their forms."""
        forms = ((CONTENT_TRACK, self._content.video_out), (SMALL, self.small.video_out))
        return [(name, form) for name, form in forms if form is not None]

    def send_audio(self, unit: EncodedUnit) -> None:
        """Keep and pass on a sound frame."""
        self._pass_on(SOUND, unit)

    def _pass_on(self, name: str, unit: EncodedUnit) -> None:
        self.stats.packets_out += 1
        self._buffer.push(name, unit)
        for reader in list(self._lines.values()):
            reader.send_unit(name, unit)

    def _tracks(self) -> tuple[TapTrack, TapTrack]:
        video, audio = self.video_out, self.audio_out
        assert video is not None
        assert audio is not None
        return (
            TapTrack(PICTURE, "H264", width=video.width, height=video.height, fps=video.fps),
            TapTrack(
                SOUND,
                "AAC",
                sample_rate=audio.codec.sample_rate,
                channels=audio.channels,
                config=self._sound_config,
            ),
        )


class _Reader:
    """One line and what it missed: a slow one loses pictures up to a keyframe, and is told."""

    def __init__(self, line: Line[Message], content: bool) -> None:
        self.content = content
        self._line = line
        self._lost: dict[str, int] = {}
        self._announced: dict[str, VideoForm] = {}
        self._begun: set[str] = set()
        self._wait_keyframe: set[str] = set()

    def send(self, message: TapMessage) -> None:
        try:
            self._line.send(Tapped(message))
        except LineClosed:
            log.warning("tap reader is gone")

    def announce(self, name: str, form: VideoForm) -> None:
        """Tell of a track before its first picture, and when it has another form."""
        if (self.content or name != CONTENT_TRACK) and form != self._announced.get(name):
            self._announced[name] = form
            self.send(TapTrack(name, "H264", width=form.width, height=form.height, fps=form.fps))

    def send_unit(self, name: str, unit: EncodedUnit) -> None:
        picture = name in PICTURES
        if name == CONTENT_TRACK and not self.content:
            return
        if picture and name not in self._begun and not unit.keyframe:
            return  # a reader begins with a keyframe: what came before was not lost to it
        if picture:
            self._begun.add(name)
        if self._line.backlog > SLOW_READER_BYTES or (
            name in self._wait_keyframe and not unit.keyframe
        ):
            self._lost[name] = self._lost.get(name, 0) + 1
            if picture:
                self._wait_keyframe.add(name)
            return
        self._wait_keyframe.discard(name)
        if self._lost.get(name):
            self.send(TapLoss(name, self._lost.pop(name)))
        self.send(TapUnit(name, unit.stamp_ns, unit.duration_ns, unit.keyframe, unit.data))
