"""A receiver on a link that becomes narrow, in moved time: bar 3 over as many dice as wanted.

What the engine runs is here what runs in it - RtpCall with its streams, reports, pacer and path,
the ladder - and at the other end a receiver that asks, reports and estimates. Only pictures and
sound are sizes without content, so that half a minute takes a second.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.load.faults import Faults, FaultyWay
from benchmarks.load.moved_time import Act, MovedTime
from mcu_core.adaptation.ladder import follows_in_place
from mcu_core.egress.keyframe_requests import KeyframeRequests
from mcu_core.endpoints.endpoint import EndpointStats, Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms, RtpCall
from mcu_core.endpoints.rtp_stream import RtpStream
from mcu_core.endpoints.stream_group import StreamGroup
from mcu_core.engine.rungs import Rungs
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.keyframe_wish import KeyframeWish
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.codec import H264, OPUS, Codec
from mcu_core.media.units import AccessUnit, AudioForm, EncodedUnit, VideoForm
from mcu_core.negotiation.agreement import NO_PROTECTION, MediaAgreement, Protection
from mcu_core.protocol import rtcp
from mcu_core.protocol.payload.base import payloader
from mcu_core.protocol.rtp import Burst

FULL = VideoForm(H264, 1280, 720, 30, 2_000_000)
SOUND = AudioForm(OPUS, 2, 64_000)
WIDE = Faults(delay_ms=10, rate_bps=2_000_000, queue_ms=100)
NARROW = Faults(delay_ms=10, rate_bps=300_000, queue_ms=100)
RTX = Protection(rtx=98)

BEGIN_NS = 10 * NS_PER_SECOND
BEAT_NS, LOOK_NS, SETTLE_NS = 20 * NS_PER_MS, 4 * NS_PER_MS, 200 * NS_PER_MS
SOUND_NS = 20 * NS_PER_MS
UDP_BYTES = 28
VIDEO_TYPE, SOUND_TYPE, PATH_ID = 96, 111, 3
FREEZE_NS, STEP_NS, LASTING_NS = 200 * NS_PER_MS, 50 * NS_PER_MS, 1500 * NS_PER_MS

SPREAD = 0.3
"""Of the sizes of pictures, as of a moving scene: standard deviation of their logarithms."""

KEYFRAME, THIN_KEYFRAME, THIN_BPS = 3.3, 6.0, 512_000
"""Keyframes in usual pictures: thin streams give them more of their buffer."""


SETS = b"\0\0\0\1\x67\x42\xe0\x2a\x8d\0\0\0\1\x68\xce\x3c\x80"
IDR, SLICE = b"\0\0\0\1\x65", b"\0\0\0\1\x41"


@dataclass(frozen=True, slots=True)
class LadderPlan:
    """`tells`: "transport-cc", "REMB" or "reports" alone; `look_ns`: how often the receiver asks
    for what it misses."""

    tells: str = "reports"
    seed: int = 1
    protection: Protection = NO_PROTECTION
    look_ns: int = LOOK_NS
    wide: Faults = WIDE


class Sizes:
    """Pictures of no content, as large as a rate control makes them."""

    def __init__(self, form: VideoForm, dice: random.Random) -> None:
        self.form = form
        self.opened_bps = form.bitrate_bps
        self._dice = dice
        self._payloader = payloader(form.codec)
        self._over = 0.0

    def unit(self, stamp_ns: int, keyframe: bool) -> EncodedUnit:
        """The next one; after large ones come smaller ones."""
        usual = self.form.bitrate_bps / 8 / self.form.fps
        size = usual * self._dice.lognormvariate(-SPREAD * SPREAD / 2, SPREAD)
        if keyframe:
            size *= THIN_KEYFRAME if self.form.bitrate_bps < THIN_BPS else KEYFRAME
        else:
            size = max(0.3 * size, size - min(self._over, 0.35 * usual))
        self._over = max(0.0, self._over + size - usual)
        data = (SETS + IDR if keyframe else SLICE) + b"\x80" * int(size)
        payloads = self._payloader.payloads(data, keyframe)
        duration_ns = NS_PER_SECOND // self.form.fps
        return EncodedUnit(H264, data, stamp_ns, 0, keyframe, payloads, duration_ns)


class Watched(VideoIngress):
    """Notes when pictures come that a decoder could show, and asks for keyframes as it would."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, "watched")
        self.shown_ns: list[int] = []
        self._awaits = KeyframeWish()

    def push(self, unit: AccessUnit) -> None:
        """The next unit."""
        now_ns = self._clock.now_ns()
        if unit.broken:
            self._awaits.lost()
        elif unit.keyframe:
            self._awaits.came()
        if not self._awaits.waiting:
            self.shown_ns.append(now_ns)
        elif self._awaits.due(now_ns):
            self.on_keyframe_needed()


class Estimate:
    """What a receiver takes its path to bear (REMB), in the manner of browsers: less than came
    lately while packets wait, else slowly more, half as much again as comes at most."""

    FULL_NS, WINDOW_NS = 25 * NS_PER_MS, NS_PER_SECOND // 2
    CUT, GROWTH, AHEAD = 0.85, 1.08, 1.5

    def __init__(self) -> None:
        self.bitrate_bps = 300_000.0
        self._came: list[tuple[int, int, int]] = []
        self._base_ns: int | None = None
        self._cut_ns = self._looked_ns = 0

    def came(self, size: int, transit_ns: int, now_ns: int) -> None:
        """A packet came that was so long on its way."""
        self._came.append((now_ns, size, transit_ns))
        self._base_ns = min(transit_ns, self._base_ns or transit_ns)

    def look(self, now_ns: int) -> bool:
        """True where it is to be told: each second, and at once where it has become less."""
        self._came = [one for one in self._came if one[0] > now_ns - self.WINDOW_NS]
        rate = sum(size for _, size, _ in self._came) * 8 * NS_PER_SECOND / self.WINDOW_NS
        lately = [transit for at, _, transit in self._came if at > now_ns - 100 * NS_PER_MS]
        waits = bool(lately) and min(lately) - (self._base_ns or 0) > self.FULL_NS
        if waits and now_ns > self._cut_ns + 200 * NS_PER_MS:
            less = self.CUT * rate < self.bitrate_bps
            self.bitrate_bps = min(self.bitrate_bps, self.CUT * rate)
            self._cut_ns = now_ns
            return less
        if now_ns - self._looked_ns < NS_PER_SECOND:
            return False
        self._looked_ns = now_ns
        self.bitrate_bps = min(self.GROWTH * self.bitrate_bps, max(self.AHEAD * rate, 1e5))
        return True


class OurCall(RtpCall):
    """The engine's side of a call that was agreed on, without a socket."""

    def join(
        self, agreed: MediaAgreement, ssrc: int, send: Callable[[Burst], None],
        tell: Callable[[bytes], None],
    ) -> RtpStream:  # fmt: skip
        """A stream of it."""
        self._open = True
        return self._carry(agreed, ssrc, send, tell)

    def beat(self, now_ns: int) -> None:
        """What its pulse does."""
        self._beat(now_ns)


@dataclass(frozen=True, slots=True)
class Fall:
    """What became of it, s: pauses of over 200 ms while the link was narrow, the first of them,
    the longest pause of the sound, when what is sent came within the narrow rate for LASTING_NS,
    and when the rung of before was reached again, None for never."""

    freezes: int
    first_freeze_s: float
    longest_freeze_s: float
    sound_gap_s: float
    within_s: float
    back_s: float | None


class LadderedCall:
    """One call; `run` as long as wanted, `out.faults` may be replaced between runs."""

    def __init__(self, plan: LadderPlan) -> None:
        self.plan = plan
        self._time = MovedTime(BEGIN_NS)
        self.clock = self._time.clock
        self.dice = random.Random(plan.seed)
        self.out, self.back = FaultyWay(plan.wide, plan.seed), FaultyWay(plan.wide, plan.seed + 1)
        self.sent: list[tuple[int, int]] = []
        """Moment and bytes of each packet that left, with its headers."""
        self.rungs: list[tuple[int, int]] = []
        self.heard_ns: list[int] = []
        self.keyframes = 0
        self._ours, self._theirs = StreamGroup(EndpointStats()), StreamGroup(EndpointStats())
        self.seen = Watched(self.clock)
        self._join()
        self._ladder = Rungs(self.clock)
        self._requests = KeyframeRequests()
        self._coder = Sizes(FULL, self.dice)
        self._now: Sizes | None = self._coder
        self._estimate = Estimate()
        self._next_picture = 0
        acts: dict[Act, int] = {
            self._picture: 0, self._say: SOUND_NS, self._beat: BEAT_NS,
            self._look: plan.look_ns, self._move: SETTLE_NS,
        }  # fmt: skip
        self._every = acts
        self._time.due = {
            act: BEGIN_NS + self.dice.randrange(max(every, SOUND_NS)) for act, every in acts.items()
        }

    # ------------------------------------------------------------------------------------ wiring

    def _join(self) -> None:
        terms = CallTerms("ours", Intake(None, None), NetworkOptions(), self.clock, FULL, SOUND)
        self.call = OurCall(terms)
        plan = self.plan
        told = plan.tells == "transport-cc"
        for codec, number in ((H264, VIDEO_TYPE), (OPUS, SOUND_TYPE)):
            shown = codec is H264
            agreed = MediaAgreement(
                codec, number, number, "", 0, 0, send=True, receive=False, rtcp_mux=True,
                fmtp={"packetization-mode": "1", "profile-level-id": "42e02a"} if shown else {},
                max_bitrate_bps=None, feedback=("nack", "nack pli") if shown else (),
                transport_id=PATH_ID if told and shown else 0,
                protection=plan.protection if shown else NO_PROTECTION,
            )  # fmt: skip
            ours = self.call.join(
                agreed, number, self._rtp_to(self._theirs, codec), self._rtcp_by(self.out)
            )
            ours._sender._first = ours._sender._stream_clock.first = 30_000
            self._ours.add(ours)
            theirs = RtpStream(
                codec, (number, number), number + 1000, self.clock,
                lambda burst: None, self._rtcp_by(self.back),
            )  # fmt: skip
            theirs.arrived.extension = agreed.transport_id
            theirs.protect(agreed.protection)
            theirs.rate.remb = False
            theirs.receive_into(Intake(self.seen, AudioIngress(self.clock, "theirs")))
            self._theirs.add(theirs)
            if shown:
                self._their_pictures = theirs
                self.seen.on_keyframe_needed = theirs.ask_keyframe
        self.call.feedback.keyframe_wanted = lambda: self._requests.request()
        self.call.feedback.bitrate_advised = self._advised

    def _rtp_to(self, group: StreamGroup, codec: Codec) -> Callable[[Burst], None]:
        def send(burst: Burst) -> None:
            for packet in burst.packets():
                self._carry(self.out, packet, self._taker(group, codec, self.clock.now_ns()))

        return send

    def _taker(self, group: StreamGroup, codec: Codec, left_ns: int) -> Callable[[bytes], object]:
        def take(packet: bytes) -> None:
            now_ns = self.clock.now_ns()
            if codec is OPUS:
                self.heard_ns.append(now_ns)
            else:
                self._estimate.came(len(packet) + UDP_BYTES, now_ns - left_ns, now_ns)
            group.rtp_received(packet, now_ns)

        return take

    def _rtcp_by(self, way: FaultyWay) -> Callable[[bytes], None]:
        def tell(packet: bytes) -> None:
            group = self._theirs if way is self.out else self._ours
            self._carry(way, packet, lambda data: group.rtcp_received(data, self.clock.now_ns()))

        return tell

    def _carry(self, way: FaultyWay, packet: bytes, take: Callable[[bytes], object]) -> None:
        size, now_ns = len(packet) + UDP_BYTES, self.clock.now_ns()
        if way is self.out:
            self.sent.append((now_ns, size))
        for at_ns in way.carry(size, now_ns):
            self._time.arrives(at_ns, lambda: take(packet))

    # ------------------------------------------------------------------------------------ ladder

    def _advised(self, bitrate_bps: int) -> None:
        if self._ladder.advise(self.call, bitrate_bps):
            self._move()

    def _move(self) -> None:
        full = self.call.video_out
        if full is None:
            return
        wanted, current = self._ladder.of(self.call, full), self._coder.form
        if wanted == current:
            return
        if follows_in_place(current, wanted, self._coder.opened_bps):
            self._coder.form = wanted
        else:
            if self._ladder.falling(self.call, self._now.form if self._now else None):
                self._now = None
            self._coder = Sizes(wanted, self.dice)
            self._requests = KeyframeRequests()
        self.rungs.append((self.clock.now_ns(), wanted.bitrate_bps))

    # ------------------------------------------------------------------------------------ time

    def run(self, seconds: float) -> int:
        """Let that much time go by; the moment at which it began."""
        return self._time.run(
            seconds, lambda act: self._every[act] or NS_PER_SECOND // self._coder.form.fps
        )

    def _picture(self) -> None:
        now_ns = self.clock.now_ns()
        keyframe = self._requests.due(now_ns)
        if keyframe:
            self._requests.fulfilled(now_ns)
            self.keyframes += 1
        self._now = self._coder
        self.call.send_video(self._coder.unit(now_ns, keyframe))

    def _say(self) -> None:
        form = self.call.audio_out
        size = (form.bitrate_bps if form is not None else 0) // 400
        payload = bytes(size)
        stamp_ns = self.clock.now_ns()
        self.call.send_audio(EncodedUnit(OPUS, payload, stamp_ns, 0, True, (payload,), SOUND_NS))

    def _beat(self) -> None:
        self.call.beat(self.clock.now_ns())

    def _look(self) -> None:
        now_ns = self.clock.now_ns()
        for stream in self._theirs.streams:
            stream.tick(now_ns)
        if self.plan.tells == "REMB" and self._estimate.look(now_ns):
            told = rtcp.Remb(1, int(self._estimate.bitrate_bps), (VIDEO_TYPE,))
            self._rtcp_by(self.back)(rtcp.compound([rtcp.ReceiverReport(1), told]))

    def most(self, from_ns: int, to_ns: int) -> float:
        """The most that was sent in half a second of that time, bit/s, headers included."""
        half = NS_PER_SECOND // 2
        sent = [(at, size) for at, size in self.sent if from_ns <= at < to_ns]
        return max(
            sum(16.0 * size for at, size in sent if begin <= at < begin + half)
            for begin in range(from_ns, to_ns - half + 1, STEP_NS)
        )


def fallen(plan: LadderPlan, narrow_s: float = 8, wide_s: float = 15) -> Fall:
    """A call whose link falls, and returns after a while."""
    call = LadderedCall(plan)
    call.run(8 + call.dice.random())
    call.out.faults = NARROW
    fell_ns = call.run(narrow_s)
    call.out.faults = plan.wide
    rose_ns = call.run(wide_s)
    shown = [at for at in call.seen.shown_ns if fell_ns - NS_PER_SECOND < at]
    heard = [at for at in call.heard_ns if fell_ns - NS_PER_SECOND < at]
    stills = [b - a for a, b in pairwise(shown) if b - a > FREEZE_NS and a < rose_ns]
    within_ns = next(
        (
            at
            for at in range(fell_ns, rose_ns - LASTING_NS, STEP_NS)
            if call.most(at, at + LASTING_NS) <= 1.02 * NARROW.rate_bps
        ),
        rose_ns,
    )
    had_bps = next((bps for at, bps in reversed(call.rungs) if at < fell_ns), FULL.bitrate_bps)
    back = [at for at, bps in call.rungs if at >= rose_ns and bps >= had_bps]
    return Fall(
        len(stills),
        max(stills[:1], default=0) / NS_PER_SECOND,
        max(stills, default=0) / NS_PER_SECOND,
        max((b - a for a, b in pairwise(heard)), default=0) / NS_PER_SECOND,
        (within_ns - fell_ns) / NS_PER_SECOND,
        (back[0] - rose_ns) / NS_PER_SECOND if back else None,
    )
