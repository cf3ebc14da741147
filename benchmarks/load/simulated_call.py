"""A call over the faulty network in moved time: our sender, the network, our receiver, no sockets.

Everything but the wire is what runs in the engine: encoders, RtpStream with its reports and
requests both ways, jitter buffers, decoders. Time goes from event to event, so a run is the same on
every machine, and takes as long as the codecs take.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.load.faults import Faults, FaultyWay
from benchmarks.load.moved_time import Act, MovedTime
from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.endpoints.endpoint import EndpointStats, Intake
from mcu_core.endpoints.rtp_stream import RtpStream
from mcu_core.endpoints.stream_group import StreamGroup
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.codec import H264, Codec
from mcu_core.media.marker import draw
from mcu_core.media.marker import read as read_marker
from mcu_core.media.picture import Picture, blank_picture
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, CHANNELS, Block
from mcu_core.media.units import AudioForm, EncodedUnit, VideoForm
from mcu_core.media.workers import Lane, Workers
from mcu_core.negotiation.agreement import NO_PROTECTION, Protection
from mcu_core.protocol.rtp import Burst

VIDEO_TYPE, SOUND_TYPE = 96, 111
FIRST_NUMBER = 30_000
BEGIN_NS = 10 * NS_PER_SECOND
TICK_NS = 20 * NS_PER_MS
PULL_PHASE_NS, SHOW_PHASE_NS, TICK_PHASE_NS = 7 * NS_PER_MS, 12 * NS_PER_MS, 3 * NS_PER_MS
UDP_BYTES = 28
"""Of IP and UDP, which take their share of a rate."""

PICTURES = VideoForm(H264, 640, 360, 30, 1_000_000)
NO_FAULTS = Faults()

SHIFT, NOISE, BLOCK_PIXELS = 2, 8, 16


class AtOnce(Workers):
    """Does each step where it is asked for, without a thread."""

    def __init__(self) -> None:
        self._lanes: list[Lane] = []

    @property
    def running(self) -> bool:
        """There is nothing to wait for."""
        return False

    def line_up(self, lane: Lane) -> None:
        """Do its steps, and those that they ask for."""
        self._lanes.append(lane)
        if len(self._lanes) > 1:
            return
        while self._lanes:
            self._lanes[0].work()
            del self._lanes[0]


def drawn(width: int, height: int, number: int) -> Picture:
    """Picture `number`: structure that moves, some noise, and its number as a marker."""
    coarse = np.random.default_rng(7).integers(
        30, 220, (height // BLOCK_PIXELS + 1, width // BLOCK_PIXELS + 1), np.uint8
    )
    luma = coarse.repeat(BLOCK_PIXELS, 0).repeat(BLOCK_PIXELS, 1)[:height, :width]
    picture = blank_picture(width, height)
    picture.y[:] = np.roll(luma, number * SHIFT, 1)
    noise = np.random.default_rng(number).integers(0, NOISE, (height, width), np.uint8)
    picture.y[:] += noise
    draw((picture.y, picture.u, picture.v), number, 1)
    return replace(picture, serial=number)


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What is sent, and over what; `encoder` makes what codes the pictures."""

    video: VideoForm = PICTURES
    sound: AudioForm | None = None
    out: Faults = NO_FAULTS
    back: Faults = NO_FAULTS
    seed: int = 1
    protection: Protection = NO_PROTECTION
    sound_protection: Protection = NO_PROTECTION
    encoder: Callable[[VideoForm], VideoEncoder] = VideoEncoder


@dataclass(slots=True)
class Seen:
    """What the receiver got. `shown`: moment and number of each new picture; `heard`: each block;
    `concealed`, `sound_delays`: ms of it, after each block; `worst_error`: the mean difference of a
    shown picture's luma from what was drawn, in steps of 255."""

    shown: list[tuple[int, int]] = field(default_factory=list)
    unreadable: int = 0
    worst_error: float = 0.0
    heard: list[Block | None] = field(default_factory=list)
    concealed: list[float] = field(default_factory=list)
    sound_delays: list[float] = field(default_factory=list)


class SimulatedCall:
    """One way of a call, with the reports and requests of both. `run` as long as wanted; faults of
    `out` and `back` may be replaced between runs."""

    def __init__(self, plan: CallPlan, sound: Block | None = None) -> None:
        self.plan = plan
        self._time = MovedTime(BEGIN_NS)
        self.clock = self._time.clock
        self.out = FaultyWay(plan.out, plan.seed)
        self.back = FaultyWay(plan.back, plan.seed + 1)
        self.seen = Seen()
        self.keyframes_wanted = 0
        self.paused_ns = 0
        self.bytes_out = 0
        self._sound = sound
        self._encoder = plan.encoder(plan.video)
        self._wanted = True
        self._drawn = 0
        self._shown_serial = 0
        self.video = VideoIngress(self.clock, "near", AtOnce())
        self.audio = AudioIngress(self.clock, "near")
        self._far, self._near = StreamGroup(EndpointStats()), StreamGroup(EndpointStats())
        self.near_video = self._join(H264, VIDEO_TYPE, plan.protection)
        self.video.on_keyframe_needed = self.near_video.ask_keyframe
        self._sounding = plan.sound
        self._coder = AudioEncoder(plan.sound) if plan.sound is not None else None
        if plan.sound is not None:
            self.near_sound = self._join(plan.sound.codec, SOUND_TYPE, plan.sound_protection)
        self._time.due = {
            self._send_picture: BEGIN_NS,
            self._show: BEGIN_NS + SHOW_PHASE_NS,
            self._tick: BEGIN_NS + TICK_PHASE_NS,
        }
        if plan.sound is not None:
            self._time.due |= {self._send_sound: BEGIN_NS, self._pull: BEGIN_NS + PULL_PHASE_NS}
        self._every: dict[Act, int] = {
            self._send_picture: NS_PER_SECOND // plan.video.fps,
            self._show: NS_PER_SECOND // plan.video.fps,
            self._tick: TICK_NS,
            self._send_sound: BLOCK_NS,
            self._pull: BLOCK_NS,
        }

    # ------------------------------------------------------------------------------------ wiring

    def _join(self, codec: Codec, number: int, protection: Protection) -> RtpStream:
        """A stream at either end; the far one's is sent to the near one."""
        ends = []
        for group, other, way in (
            (self._far, self._near, self.out),
            (self._near, self._far, self.back),
        ):
            stream = RtpStream(
                codec,
                (number, number),
                number + 1000 * (group is self._near),
                self.clock,
                self._rtp_by(way, other),
                self._rtcp_by(way, other),
            )
            sender = stream._sender  # random numbers would be another call each time
            sender._first = sender._stream_clock.first = FIRST_NUMBER
            stream.sends = True
            stream.protect(protection)
            stream.receive_into(self._intake(group))
            group.add(stream)
            ends.append(stream)
        far, near = ends
        if number == VIDEO_TYPE:
            far.feedback.keyframe_wanted = self._keyframe_wanted
            far.way.told = self._rate_told
            self.far_video = far
        else:
            far.lossy_changed = self._lossy_changed
            self.far_sound = far
        return near

    def _intake(self, group: StreamGroup) -> Intake:
        if group is self._near:
            return Intake(self.video, self.audio)
        unseen = VideoIngress(self.clock, "far", AtOnce())
        unseen.watch(False)
        return Intake(unseen, AudioIngress(self.clock, "far"))

    def _rtp_by(self, way: FaultyWay, to: StreamGroup) -> Callable[[Burst], None]:
        def send(burst: Burst) -> None:
            for packet in burst.packets():
                self._carry(way, packet, to.rtp_received)

        return send

    def _rtcp_by(self, way: FaultyWay, to: StreamGroup) -> Callable[[bytes], None]:
        return lambda packet: self._carry(way, packet, to.rtcp_received)

    def _carry(self, way: FaultyWay, packet: bytes, take: Callable[[bytes, int], bool]) -> None:
        self.bytes_out += len(packet) * (way is self.out)
        for at_ns in way.carry(len(packet) + UDP_BYTES, self.clock.now_ns()):
            self._time.arrives(at_ns, lambda: take(packet, self.clock.now_ns()))

    def _keyframe_wanted(self) -> None:
        self.keyframes_wanted += 1
        self._wanted = True

    def _rate_told(self) -> None:
        limit_bps = min(self.plan.video.bitrate_bps, self.far_video.way.path.limit_bps)
        self._encoder.set_bitrate(int(limit_bps / (1 + self.far_video.overhead)))

    def _lossy_changed(self, lossy: bool) -> None:
        if self._sounding is not None:
            self._sounding = replace(self._sounding, lossy=lossy)
            self._coder = AudioEncoder(self._sounding)

    # ------------------------------------------------------------------------------------ time

    def run(self, seconds: float) -> None:
        """Let that much time go by."""
        self._time.run(seconds, lambda act: self._every[act])

    def pause(self, seconds: float) -> None:
        """Nothing happens for so long: nobody sends, nobody looks."""
        by_ns = int(seconds * NS_PER_SECOND)
        self.paused_ns += by_ns
        self._time.pause(by_ns)

    def _tick(self) -> None:
        for group in (self._far, self._near):
            for stream in group.streams:
                stream.tick(self.clock.now_ns())

    def _send_picture(self) -> None:
        form = self.plan.video
        picture = replace(drawn(form.width, form.height, self._drawn), stamp_ns=self.clock.now_ns())
        self._drawn += 1
        wanted, self._wanted = self._wanted, False
        self.far_video.send(self._encoder.encode(picture, wanted))
        self.near_video.send(self._answer())

    def _answer(self) -> EncodedUnit:
        """A picture back, small: reports about it tell the receiver the round trip time."""
        payload = b"\x65" + bytes(99)
        return EncodedUnit(
            H264, payload, self.clock.now_ns(), 0, True, (payload,), NS_PER_SECOND // 30
        )

    def _send_sound(self) -> None:
        at = len(self.seen.heard) * BLOCK_SAMPLES
        block = None if self._sound is None else self._sound[at : at + BLOCK_SAMPLES]
        if block is None or len(block) < BLOCK_SAMPLES:
            block = np.zeros((BLOCK_SAMPLES, CHANNELS), np.float32)
        assert self._coder is not None
        unit = self._coder.encode(block, self.clock.now_ns())
        if unit is not None:
            self.far_sound.send(unit)

    def _pull(self) -> None:
        self.seen.heard.append(self.audio.pull(self.clock.now_ns()))
        self.seen.concealed.append(self.audio.stats.concealed_ms)
        self.seen.sound_delays.append(self.audio.stats.buffered_ms)

    def _show(self) -> None:
        now_ns = self.clock.now_ns()
        picture = self.video.take(now_ns, self._every[self._show])
        if picture is None or picture.serial == self._shown_serial:
            return
        self._shown_serial = picture.serial
        marker = read_marker(picture.y, (0, 0, picture.width, picture.height))
        if marker is None:
            self.seen.unreadable += 1
            return
        self.seen.shown.append((now_ns, marker.counter))
        true = drawn(picture.width, picture.height, marker.counter)
        error = float(np.abs(true.y.astype(np.int16) - picture.y).mean())
        self.seen.worst_error = max(self.seen.worst_error, error)

    def capture_ns(self, number: int) -> int:
        """When a picture was drawn that is newer than the last pause."""
        return BEGIN_NS + self.paused_ns + number * self._every[self._send_picture]
