"""Seat: a site's place in a conference, kept while connections come and go."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from mcu_core.compositor.scene import PaneState
from mcu_core.contract.definition import SiteDefinition
from mcu_core.contract.snapshots import Course, SiteSnapshot
from mcu_core.endpoints.endpoint import NOTHING_RECEIVED, Endpoint, Intake
from mcu_core.endpoints.rtp_call import RtpCall
from mcu_core.engine.trace import CourseSum, Moment, Shown, Totals, Trace
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.lipsync import LipSync, sound_late_ns
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock
from mcu_core.media.picture import Picture
from mcu_core.media.workers import Workers

STALLED_AFTER_NS = 2 * NS_PER_SECOND
"""A picture older than this is shown greyed: the site is there, its picture stands still."""

GONE_AFTER_NS = 10 * NS_PER_SECOND
"""A picture older than this is not shown any more."""

SOUND_DBOV = -55.0
IN_STEP_NS = 10 * NS_PER_SECOND
"""A site that was louder within that time has its picture in step with its sound."""

SILENCE_DBOV = -127.0
RETURN_NS = 30 * NS_PER_SECOND
NEVER_NS = -(2**62)


@dataclass(slots=True, eq=False)
class Seat:
    """A site with what comes in from it. `joined_ns` is 0 while it is away, `left_ns`
    when its last connection ended.

    `level_dbov` is written by the sound thread, `shown`, `lips` and `sounded_ns` by the picture
    thread, the rest on the event loop.
    """

    definition: SiteDefinition
    video: VideoIngress
    audio: AudioIngress
    content: VideoIngress
    endpoint: Endpoint | None = None
    joined_ns: int = 0
    left_ns: int | None = None
    reason: str = ""
    level_dbov: float = SILENCE_DBOV
    state: str = field(default="away")
    shown: Shown = field(default_factory=Shown)
    lips: LipSync = field(default_factory=LipSync)
    sounded_ns: int = NEVER_NS
    trace: Trace = field(default_factory=Trace)
    course: CourseSum = field(default_factory=CourseSum)
    course_of: str = ""
    """The connection whose course it is."""

    @classmethod
    def make(
        cls, definition: SiteDefinition, clock: Clock, workers: Workers | None = None
    ) -> "Seat":
        """A seat with running ingress; `close` ends it."""
        video = VideoIngress(clock, definition.id, workers)
        video.start()
        content = VideoIngress(clock, f"{definition.id} content", workers)
        content.watch(False)
        content.start()
        return cls(definition, video, AudioIngress(clock, definition.id), content)

    @property
    def id(self) -> str:
        """The site's id."""
        return self.definition.id

    @property
    def sender(self) -> str:
        """The same: the site whose pictures they are."""
        return self.definition.id

    @property
    def sends(self) -> bool:
        """Whether picture or sound has ever come in from it."""
        return bool(self.video.stats.codec or self.audio.stats.codec)

    @property
    def shows_nothing(self) -> bool:
        """Whether it has sent no picture, or who is joined there now sends none."""
        came_without = self.state == "joined" and not self._may_send
        return came_without or not self.video.stats.codec

    @property
    def _may_send(self) -> bool:
        return self.endpoint is None or self.endpoint.abilities.sends_video

    @property
    def intake(self) -> Intake:
        """Where its endpoint delivers."""
        return Intake(self.video, self.audio, self.content)

    def sit(self, endpoint: Endpoint, on_loop: Callable[..., object]) -> None:
        """Let a connection have it; keyframes that decoders need are asked for `on_loop`."""
        self.endpoint = endpoint
        self.video.on_keyframe_needed = partial(on_loop, endpoint.ask_keyframe)
        self.content.on_keyframe_needed = partial(on_loop, self.ask_content_keyframe)

    def empty(self) -> None:
        """Its connection is gone, and all that came by it."""
        self.video.restart()
        self.content.restart()
        self.audio.reset()
        self.lips, self.sounded_ns = LipSync(), NEVER_NS

    @property
    def can_resume(self) -> bool:
        """Whether its sender gives a keyframe when asked: others must be decoded all the time."""
        return self.endpoint is not None and self.endpoint.abilities.keyframes_on_request

    def is_newcomer(self, now_ns: int) -> bool:
        """Whether nobody sits there or sat there just now: who returns is not refused."""
        away_ns = now_ns - self.left_ns if self.left_ns is not None else RETURN_NS
        return self.endpoint is None and away_ns >= RETURN_NS

    @property
    def awaited(self) -> bool:
        """Whether it is to be seen and its first picture is still on its way."""
        return self.video.resuming and not self.definition.video_off

    def ask_keyframe(self) -> None:
        """Ask its sender for a keyframe; on the event loop."""
        if self.endpoint is not None:
            self.endpoint.ask_keyframe()

    def ask_content_keyframe(self) -> None:
        """Ask the sender of its content for a keyframe; on the event loop."""
        if self.endpoint is not None and self.endpoint.content is not None:
            self.endpoint.content.ask_keyframe()

    def sound_after_arrival_ns(self) -> int:
        """How much later than its picture comes sound of the same moment is mixed; any thread."""
        return self.sound_after_ns(self.video)

    def sound_after_ns(self, video: VideoIngress) -> int:
        """The same for another of its streams of pictures."""
        pictures = video.arrival_lag()
        if pictures is None or not self.audio.stats.codec:
            return 0
        return sound_late_ns(self.audio.lag(), pictures)

    def take_picture(self, now_ns: int, interval_ns: int) -> Picture | None:
        """The picture that a tick of that interval shows, in step with the sound; on one thread."""
        if self.definition.video_off or not self.joined_ns:
            self.shown.unseen()
        picture = self.video.take(now_ns, interval_ns)
        pictures = self.video.lag()
        if self.level_dbov > SOUND_DBOV:
            self.sounded_ns = now_ns
        if pictures is not None and now_ns - self.sounded_ns < IN_STEP_NS:
            self.lips.update(self.audio.lag(), pictures, now_ns, interval_ns)
        else:
            self.lips.rest(now_ns)
        self.video.hold_ns, self.audio.hold_ns = self.lips.picture_ns, self.lips.sound_ns
        return picture

    def picture_state(self, now_ns: int) -> PaneState:
        """How its pane is shown."""
        picture = self.video.latest()
        if not self.joined_ns:
            return "no-video"
        if self.definition.video_off:
            return "camera-off"
        if picture is None:
            silent = not self.audio.stats.codec
            return "no-video" if silent or self.video.units else "audio-only"
        age = now_ns - picture.stamp_ns
        if age > GONE_AFTER_NS:
            return "camera-off"
        return "stalled" if age > STALLED_AFTER_NS else "live"

    def note_second(self, effort: int, now_ns: int) -> None:
        """Add the second that has just gone by to the trace."""
        video, audio = self.video.stats, self.audio.stats
        pictures, _ = self.endpoint.reception() if self.endpoint else NOTHING_RECEIVED
        totals = Totals(
            packets=pictures.received,
            lost=pictures.lost,
            repaired=pictures.repaired,
            units=self.video.units,
            broken=video.broken,
            skipped=video.dropped,
            keyframes_asked=video.keyframes_asked,
            decoded=video.frames,
            shown=self.shown.pictures,
            sound_frames=audio.units,
            concealed_ms=audio.concealed_ms,
            sound_late=audio.late,
        )
        moment = Moment(
            time_ns=now_ns,
            joined=bool(self.joined_ns),
            video_off=self.definition.video_off,
            watched=self.video.watched,
            decode_ms=video.decoding_ms,
            backlog=self.video.backlog,
            longest_still_ms=self.shown.take_still_ns() / NS_PER_MS,
            delay_ms=self.shown.delay_ns / NS_PER_MS,
            sound_wait_ms=audio.buffered_ms,
            level_dbov=self.level_dbov,
            effort=effort,
        )
        sample = self.trace.note(totals, moment)
        if self.endpoint is not None and self.joined_ns:
            if self.course_of != self.endpoint.id:
                self.course, self.course_of = CourseSum(), self.endpoint.id
            self.course.add(sample)

    async def close(self) -> None:
        """End the connection and the ingress; waits for both."""
        if self.endpoint is not None:
            await self.endpoint.stop()
            self.endpoint = None
        await self.video.stop()
        await self.content.stop()
        self.audio.close()

    def snapshot(self, speaking: bool, now_ns: int) -> SiteSnapshot:
        """The site as it is now."""
        picture = self.video.latest()
        shown = self.picture_state(now_ns)
        received = self.endpoint.reception() if self.endpoint else NOTHING_RECEIVED
        return SiteSnapshot(
            id=self.definition.id,
            name=self.definition.name,
            endpoint=self.endpoint.id if self.endpoint else "",
            state=self.state,
            level_dbov=round(self.level_dbov, 1),
            speaking=speaking,
            muted=self.definition.muted,
            quiet=self.definition.quiet,
            width=picture.width if picture else 0,
            height=picture.height if picture else 0,
            fps=round(self.video.stats.fps(now_ns), 1),
            video_codec=self.video.stats.codec,
            audio_codec=self.audio.stats.codec,
            packets_lost=received[0].lost,
            packets_dropped=self.endpoint.stats.packets_dropped if self.endpoint else 0,
            video_stalled=self.video.watched and shown != "live",
            watched=self.video.watched,
            packets_received=sum(stream.received for stream in received),
            bytes_received=sum(stream.bytes for stream in received),
            course=self._course(),
            encrypted=isinstance(self.endpoint, RtpCall) and self.endpoint.encrypted,
        )

    def _course(self) -> Course:
        here = self.endpoint is not None and self.endpoint.id == self.course_of
        return self.course.sum if here else Course()
