"""Packets of a real encoder over a lossy line into a real decoder."""

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.egress.sender import RtpSender
from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.receiver import RtpAudioReceiver, RtpVideoReceiver
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_MS, ManualClock
from mcu_core.media.codec import H264, OPUS, PCMU, VP8, Codec
from mcu_core.media.sound import BLOCK_NS, SAMPLE_RATE
from mcu_core.media.units import AudioForm
from mcu_core.protocol.loss import LONGEST_PATIENCE_NS
from mcu_core.protocol.rtp import RtpPacket, parse
from tests.fakes.bursts import one_by_one
from tests.fakes.moving import FRAME_NS, form_of, noisy
from tests.fakes.tones import blocks, tone
from tests.fakes.waiting import until

CODECS = pytest.mark.parametrize("codec", [H264, VP8], ids=lambda codec: codec.name)
Lost = Callable[[RtpPacket], bool]


class Line:
    """An encoder, its sender, a line that loses what it is told to, and a receiver behind it."""

    def __init__(self, codec: Codec) -> None:
        self.clock = ManualClock(10**9)
        self.ingress = VideoIngress(self.clock, "far")
        self.ingress.on_keyframe_needed = self._wanted
        self.ingress.start()
        self.receiver = RtpVideoReceiver(codec, self.clock, self.ingress, own_ssrc=5)
        self.encoder = VideoEncoder(form_of(codec, bps=2_000_000))
        self.sender = RtpSender(99, 96, codec, self.clock, one_by_one(self._carry))
        self.lost: Lost = lambda packet: False
        self.keyframes_wanted = 0
        self.carried = 0

    def _wanted(self) -> None:
        self.keyframes_wanted += 1

    def _carry(self, data: bytes) -> None:
        packet = parse(data)
        if not self.lost(packet):
            self.carried += 1
            self.receiver.push(packet, self.clock.now_ns())

    async def picture(self, n: int, keyframe: bool = False) -> None:
        self.clock.advance_ns(FRAME_NS)
        self.sender.send(self.encoder.encode(noisy(320, 180, n), keyframe))
        await until(lambda: len(self.ingress._units) == 0)

    async def shown(self, n: int) -> int:
        """How long picture `n` was on its way until a tick showed it, ns."""
        self.clock.advance_ns(FRAME_NS - 10 * NS_PER_MS)
        captured = replace(noisy(320, 180, n), stamp_ns=self.clock.now_ns())
        self.sender.send(self.encoder.encode(captured, n == 0))
        await until(lambda: self.ingress.stats.frames > n)
        self.clock.advance_ns(10 * NS_PER_MS)
        assert self.ingress.take(self.clock.now_ns(), FRAME_NS) is not None
        return 10 * NS_PER_MS

    def stats(self) -> tuple[int, int]:
        return self.ingress.stats.frames, self.ingress.stats.broken


@pytest.fixture
async def opened() -> AsyncIterator[Callable[[Codec], Line]]:
    lines: list[Line] = []

    def make(codec: Codec) -> Line:
        lines.append(Line(codec))
        return lines[-1]

    yield make
    for line in lines:
        await line.ingress.stop()


@CODECS
async def test_a_clean_line_shows_every_picture(
    opened: Callable[[Codec], Line], codec: Codec
) -> None:
    line = opened(codec)
    for n in range(1, 31):
        await line.picture(n)
    await until(lambda: line.stats() == (30, 0))
    assert line.receiver.poll(line.clock.now_ns()) == []
    assert line.keyframes_wanted == 0


@CODECS
async def test_a_lost_packet_is_asked_for_and_repaired(
    opened: Callable[[Codec], Line], codec: Codec
) -> None:
    line = opened(codec)
    chance = random.Random(3)
    again: set[int] = set()

    def lost(packet: RtpPacket) -> bool:
        if packet.sequence in again:
            return False
        again.add(packet.sequence)
        return chance.random() < 0.1

    line.sender.send(line.encoder.encode(noisy(320, 180, 1), True))
    line.lost = lost
    for n in range(2, 62):
        await line.picture(n)
        for _ in range(2):
            line.clock.advance_ns(10 * NS_PER_MS)
            for nack in line.receiver.poll(line.clock.now_ns()):
                assert (nack.sender_ssrc, nack.media_ssrc) == (5, 99)
                line.sender.resend(nack.lost)
    await until(lambda: line.stats() == (61, 0))
    assert line.sender.resent > 5
    assert line.keyframes_wanted == 0
    counters = line.receiver.counters()
    assert counters.repaired == counters.asked == line.sender.resent
    assert (counters.lost, counters.broken, counters.late) == (0, 0, 0)
    assert counters.received == line.carried


@CODECS
async def test_what_cannot_be_repaired_costs_pictures_until_a_keyframe(
    opened: Callable[[Codec], Line], codec: Codec
) -> None:
    line = opened(codec)
    for n in range(1, 6):
        await line.picture(n)
    line.lost = lambda packet: True
    await line.picture(6)
    line.lost = lambda packet: False
    await line.picture(7)
    assert line.stats()[1] == 0, "still hoped for"
    line.clock.advance_ns(LONGEST_PATIENCE_NS)
    line.receiver.poll(line.clock.now_ns())
    await until(lambda: line.keyframes_wanted == 1)
    assert line.receiver.counters().broken == 1
    assert line.receiver.counters().lost > 0
    frames = line.stats()[0]
    await line.picture(8)
    await line.picture(9, keyframe=True)
    await until(lambda: line.stats()[0] == frames + 1)


async def test_without_repairs_a_gap_is_given_up_soon(opened: Callable[[Codec], Line]) -> None:
    line = opened(H264)
    line.receiver.repairs = False
    await line.picture(1)
    line.lost = lambda packet: True
    await line.picture(2)
    line.lost = lambda packet: False
    await line.picture(3)
    line.clock.advance_ns(31 * NS_PER_MS)
    assert line.receiver.poll(line.clock.now_ns()) == []
    await until(lambda: line.keyframes_wanted == 1)
    assert line.receiver.counters().lost > 0


async def test_another_source_begins_anew(opened: Callable[[Codec], Line]) -> None:
    line = opened(H264)
    for n in range(1, 4):
        await line.picture(n)
    line.sender = RtpSender(100, 96, H264, line.clock, one_by_one(line._carry))
    await line.picture(4, keyframe=True)
    await line.picture(5)
    await until(lambda: line.stats() == (5, 0))
    assert line.receiver.counters().received == line.carried, "counted on over senders"
    block = line.receiver.report_block()
    assert block is not None
    assert block.ssrc == 100


async def test_the_report_tells_the_loss(opened: Callable[[Codec], Line]) -> None:
    line = opened(H264)
    assert line.receiver.report_block() is None
    line.lost = lambda packet: packet.sequence % 4 == 0
    for n in range(1, 30):
        await line.picture(n)
    block = line.receiver.report_block()
    assert block is not None
    assert 0.15 < block.fraction_lost / 256 < 0.35


@pytest.mark.parametrize("codec", [OPUS, PCMU], ids=lambda codec: codec.name)
def test_sound_arrives_in_time_over_the_wrap_of_timestamps(codec: Codec) -> None:
    clock = ManualClock(10**9)
    ingress = AudioIngress(clock, "far")
    receiver = RtpAudioReceiver(codec, clock, ingress)
    encoder = AudioEncoder(AudioForm(codec, codec.channels, 64_000))
    sender = RtpSender(
        7, 0, codec, clock, one_by_one(lambda data: receiver.push(parse(data), clock.now_ns()))
    )
    wrap_ns = (2**32 - sender._stream_clock.first) * 10**9 // codec.rtp_clock
    pulled = []
    for k, block in enumerate(blocks(tone(400, 3 * SAMPLE_RATE))):
        clock.advance_ns(BLOCK_NS)
        unit = encoder.encode(block, wrap_ns + (k - 75) * BLOCK_NS)
        assert unit is not None
        sender.send(unit)
        pulled.append(ingress.pull(clock.now_ns()))
    assert all(block is not None for block in pulled[5:])
    assert ingress.stats.concealed_ms == 0
    report = receiver.report_block()
    assert report is not None
    assert report.packets_lost == 0


async def test_by_sender_reports_picture_and_sound_are_on_one_clock(
    opened: Callable[[Codec], Line],
) -> None:
    """Each has its own random RTP start; by their reports the lags of both can be compared."""
    line = opened(H264)
    assert line.ingress.lag() is None
    for n in range(30):
        waited_ns = await line.shown(n)
    lag = line.ingress.lag()
    assert lag is not None
    assert lag.capture_ns is None
    assert lag.arrival_ns == pytest.approx(waited_ns, abs=NS_PER_MS)

    audio = AudioIngress(line.clock, "far")
    receiver = RtpAudioReceiver(PCMU, line.clock, audio)
    carry = one_by_one(lambda data: receiver.push(parse(data), line.clock.now_ns()))
    sender = RtpSender(7, 0, PCMU, line.clock, carry)
    encoder = AudioEncoder(AudioForm(PCMU, 1, 64_000))
    for block in blocks(tone(400, SAMPLE_RATE)):
        unit = encoder.encode(block, line.clock.now_ns())
        line.clock.advance_ns(BLOCK_NS)  # a frame leaves when it is full
        assert unit is not None
        sender.send(unit)
        audio.pull(line.clock.now_ns() + 7 * NS_PER_MS)
    line.receiver.sender_report(line.sender.sender_report(line.clock.now_ns()))
    receiver.sender_report(sender.sender_report(line.clock.now_ns()))
    pictures, sound = line.ingress.lag(), audio.lag()
    assert pictures is not None
    assert pictures.capture_ns is not None
    assert sound.capture_ns is not None
    # Frame, wait, and the resampler's 2 ms, against the wait of pictures.
    expected = BLOCK_NS + 2 * NS_PER_MS + audio.delay_ns - waited_ns
    assert sound.capture_ns - pictures.capture_ns == pytest.approx(expected, abs=3 * NS_PER_MS)
    line.ingress.restart()
    audio.reset()
    assert line.ingress.lag() is None
    assert audio.lag().capture_ns is None
