"""One receiver's stream: continuous whatever encoder made its units, repeatable, reported."""

from dataclasses import replace

from mcu_core.egress.history import (
    HISTORY_BYTES,
    HISTORY_NS,
    HISTORY_PACKETS,
    MOST_SAVED,
    RESEND_EVERY_NS,
)
from mcu_core.egress.parity import Parity
from mcu_core.egress.sender import RtpSender
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.codec import H264, L16_STEREO, OPUS, Codec
from mcu_core.media.sound import BLOCK_NS
from mcu_core.media.units import EncodedUnit
from mcu_core.protocol.rtp import RtpPacket, parse
from mcu_core.protocol.rtx import unwrapped
from mcu_core.protocol.sequence import sequence_delta, timestamp_delta
from tests.fakes.bursts import one_by_one

FRAME_NS = 33_333_333


def unit(codec: Codec, stamp_ns: int, *payloads: bytes, encoder_start: int = 0) -> EncodedUnit:
    return EncodedUnit(codec, b"".join(payloads), stamp_ns, encoder_start, True, payloads, FRAME_NS)


class Receiver:
    """A sender, and what came out of it."""

    def __init__(self, codec: Codec) -> None:
        self.clock = ManualClock(NS_PER_SECOND)
        self.packets: list[RtpPacket] = []
        self.sender = RtpSender(77, 96, codec, self.clock, one_by_one(self._take))

    def _take(self, data: bytes) -> None:
        self.packets.append(parse(data))


def test_sequence_counts_on_and_the_marker_ends_a_picture() -> None:
    line = Receiver(H264)
    for n in range(3):
        line.sender.send(unit(H264, n * FRAME_NS, b"a", b"b", b"c"))
    assert [packet.marker for packet in line.packets] == [False, False, True] * 3
    first = line.packets[0].sequence
    assert [sequence_delta(p.sequence, first) for p in line.packets] == list(range(9))
    assert {(p.ssrc, p.payload_type) for p in line.packets} == {(77, 96)}
    assert b"".join(p.payload for p in line.packets) == b"abc" * 3
    stamps = [p.timestamp for p in line.packets]
    assert stamps[0] == stamps[1] == stamps[2]
    assert abs(timestamp_delta(stamps[3], stamps[0]) - 3000) <= 1


def test_another_encoder_goes_on_where_the_first_one_was() -> None:
    """Two groups have random starts of their own; the receiver must not see the change."""
    line = Receiver(H264)
    line.sender.send(unit(H264, FRAME_NS, b"a", encoder_start=123))
    line.sender.send(unit(H264, 2 * FRAME_NS, b"b", encoder_start=4_000_000_000))
    line.sender.send(unit(H264, 3 * FRAME_NS, b"c", encoder_start=9))
    steps = [
        timestamp_delta(b.timestamp, a.timestamp)
        for a, b in zip(line.packets, line.packets[1:], strict=False)
    ]
    assert all(abs(step - 3000) <= 1 for step in steps)
    assert sequence_delta(line.packets[2].sequence, line.packets[0].sequence) == 2


def test_a_stamp_that_goes_back_still_moves_the_stream_on() -> None:
    line = Receiver(H264)
    for stamp in (5 * FRAME_NS, 4 * FRAME_NS, 4 * FRAME_NS):
        line.sender.send(unit(H264, stamp, b"x"))
    first = line.packets[0].timestamp
    assert [timestamp_delta(p.timestamp, first) for p in line.packets] == [0, 1, 2]


def test_sound_moves_by_exactly_one_block_and_marks_its_beginning() -> None:
    line = Receiver(OPUS)
    start = 1_234_567_891
    for n in range(200):
        line.sender.send(unit(OPUS, start + n * BLOCK_NS, b"x"))
    first = line.packets[0].timestamp
    assert [timestamp_delta(p.timestamp, first) for p in line.packets] == [
        960 * n for n in range(200)
    ]
    assert [p.marker for p in line.packets] == [True] + [False] * 199


def test_lost_packets_are_sent_again_as_they_were() -> None:
    line = Receiver(H264)
    line.sender.send(unit(H264, 0, b"a", b"b", b"c"))
    wanted = line.packets[1]
    line.sender.resend([wanted.sequence, (wanted.sequence + 5000) & 0xFFFF])
    assert line.packets[3:] == [wanted]
    assert line.sender.resent == 1
    assert line.sender.packets == 3


def test_each_packet_of_the_history_comes_again_as_it_was() -> None:
    parts = HISTORY_PACKETS // (2 * MOST_SAVED) + 1  # no more is sent again at once
    for part in range(parts):
        line = Receiver(H264)
        for n in range(300):
            line.sender.send(unit(H264, n * FRAME_NS, *(bytes((n % 256, k)) for k in range(n % 7))))
        for packet in line.packets[-HISTORY_PACKETS:][::2][part::parts]:
            line.clock.advance_ns(NS_PER_MS)
            line.sender.resend([packet.sequence])
            assert line.packets[-1] == packet


def test_late_sound_is_not_sent_again_and_nothing_of_it_is_kept() -> None:
    line = Receiver(OPUS)
    for n in range(10):
        line.sender.send(unit(OPUS, n * BLOCK_NS, b"x"))
    line.sender.resend([packet.sequence for packet in line.packets])
    assert line.sender.resent == 0
    assert len(line.packets) == 10


def test_impatient_requests_are_answered_once() -> None:
    line = Receiver(H264)
    line.sender.send(unit(H264, 0, b"a"))
    sequence = line.packets[0].sequence
    for _ in range(5):
        line.sender.resend([sequence, sequence])
    assert line.sender.resent == 1
    line.clock.advance_ns(RESEND_EVERY_NS)
    line.sender.resend([sequence])
    assert line.sender.resent == 2


def test_a_request_is_answered_once_in_a_round_trip_sooner_where_that_was_in_vain() -> None:
    line = Receiver(H264)
    line.sender.history.round_trip_ns = 100 * NS_PER_MS
    line.sender.send(unit(H264, 0, b"a"))
    sequence, answered = line.packets[0].sequence, []
    for ms in range(0, 300, 10):
        before = len(line.packets)
        line.sender.resend([sequence])
        if len(line.packets) > before:
            answered.append(ms)
        line.clock.advance_ns(10 * NS_PER_MS)
    assert answered == [0, 100, 140, 180, 220, 260]


def test_history_is_bounded_over_the_wrap_of_sequence_numbers() -> None:
    line = Receiver(H264)
    for n in range(70):
        line.sender.send(unit(H264, n * FRAME_NS, *[b"x"] * 1000))
        assert line.sender.history.packets <= HISTORY_PACKETS + 1000  # whole units
    oldest = line.packets[-HISTORY_PACKETS]
    gone = line.packets[-HISTORY_PACKETS - 1]
    count = len(line.packets)
    line.sender.resend([oldest.sequence, gone.sequence])
    assert line.packets[count:] == [oldest]


def test_history_is_bounded_by_bytes_and_age() -> None:
    line = Receiver(H264)
    for n in range(100):
        line.sender.send(unit(H264, n * FRAME_NS, bytes(HISTORY_BYTES // 10)))
    assert line.sender.history.packets == 10
    last = line.packets[-1].sequence
    line.clock.advance_ns(HISTORY_NS + 1)
    line.sender.resend([last])
    assert line.sender.resent == 0


def test_what_is_sent_again_may_have_a_stream_of_its_own() -> None:
    line = Receiver(H264)
    line.sender.resend_by(97, 4711)
    line.sender.send(unit(H264, 0, b"a", b"b", b"c"))
    for wanted in line.packets[1:3]:
        line.sender.resend([wanted.sequence])
        repeated = line.packets[-1]
        assert (repeated.payload_type, repeated.ssrc) == (97, 4711)
        assert unwrapped(repeated, 96, 77) == wanted
    assert sequence_delta(line.packets[-1].sequence, line.packets[-2].sequence) == 1


def test_a_report_puts_the_stream_s_clock_beside_the_wall_clock() -> None:
    line = Receiver(H264)
    line.sender.send(unit(H264, 5 * NS_PER_SECOND, b"abc", b"de"))
    report = line.sender.sender_report(7 * NS_PER_SECOND)
    assert timestamp_delta(report.rtp_timestamp, line.packets[0].timestamp) == 2 * 90_000
    assert (report.ssrc, report.packet_count, report.octet_count) == (77, 2, 5)
    assert report.ntp_time >> 32 > 3_900_000_000, "seconds since 1900"


def test_nobody_gets_more_sent_again_than_a_stream_has() -> None:
    """Else one small request after the other, its sender forged, would flood a third party."""
    line = Receiver(H264)
    line.sender.send(unit(H264, FRAME_NS, *(bytes([n % 256]) for n in range(HISTORY_PACKETS))))
    everything = [packet.sequence for packet in line.packets]
    for _ in range(10):
        line.sender.resend(everything)
        line.clock.advance_ns(RESEND_EVERY_NS)
    assert line.sender.resent <= MOST_SAVED * 1.2
    assert line.sender.history.refused > 0
    line.clock.advance_ns(NS_PER_SECOND)
    before = line.sender.resent
    line.sender.resend(everything[:20])
    assert line.sender.resent == before + 20


def test_pieces_of_one_sound_frame_follow_each_other_in_time() -> None:
    line = Receiver(L16_STEREO)
    for n in range(3):
        line.sender.send(replace(unit(L16_STEREO, n * BLOCK_NS, b"a", b"b"), payload_ticks=480))
    first = line.packets[0].timestamp
    steps = [timestamp_delta(packet.timestamp, first) for packet in line.packets]
    assert steps == [0, 480, 960, 1440, 1920, 2400]
    assert [packet.marker for packet in line.packets] == [True] + [False] * 5


def test_after_silence_that_was_not_sent_a_talk_spurt_is_marked() -> None:
    line = Receiver(OPUS)
    for n, payloads in enumerate(((b"a",), (b"b",), (), (), (b"c",), (b"d",))):
        line.sender.send(unit(OPUS, n * BLOCK_NS, *payloads))
    assert [packet.marker for packet in line.packets] == [True, False, True, False]
    assert timestamp_delta(line.packets[2].timestamp, line.packets[1].timestamp) == 3 * 960


def test_what_was_forsaken_is_asked_for_in_vain_until_a_keyframe() -> None:
    line = Receiver(H264)
    for n in range(3):
        line.sender.send(replace(unit(H264, n * FRAME_NS, b"a"), keyframe=n == 0))
    missed = line.packets[2].sequence
    assert not line.sender.resend([missed])
    line.sender.forsake()
    line.clock.advance_ns(RESEND_EVERY_NS)
    assert line.sender.resend([missed])
    assert not line.sender.resend([missed + 1]), "not sent yet"
    line.sender.send(unit(H264, 4 * FRAME_NS, b"k"))
    assert not line.sender.resend([missed]), "there is a keyframe since"
    assert line.sender.resent == 1


def test_repair_packets_are_numbered_on_and_asked_for_as_nothing() -> None:
    line = Receiver(H264)
    parity = line.sender.parity = Parity(117, 116)
    line.sender.send(unit(H264, 0, b"a", b"b", b"c"))
    parity.share = 0.34
    line.sender.send(unit(H264, FRAME_NS, b"a", b"b", b"c"))
    first = line.packets[0].sequence
    assert [sequence_delta(p.sequence, first) for p in line.packets] == list(range(7))
    assert [p.payload_type for p in line.packets] == [96] * 3 + [116] * 4
    assert [p.payload[:1] for p in line.packets[3:]] == [b"\x60"] * 3 + [b"\x75"]
    assert line.packets[6].timestamp == line.packets[5].timestamp
    line.sender.resend([line.packets[6].sequence, line.packets[5].sequence])
    assert [(p.payload_type, p.payload) for p in line.packets[7:]] == [(96, b""), (96, b"c")]
    report = line.sender.sender_report(0)
    octets = sum(len(packet.payload) for packet in line.packets[:7])
    assert (report.packet_count, report.octet_count) == (7, octets)


def test_on_a_narrow_path_what_is_asked_for_is_given_time_to_leave_its_queue() -> None:
    line = Receiver(H264)
    line.sender.history.round_trip_ns, line.sender.history.narrow = 20 * NS_PER_MS, True
    line.sender.send(unit(H264, 0, b"a"))
    sequence, answered = line.packets[0].sequence, []
    for ms in range(0, 600, 10):
        before = len(line.packets)
        line.sender.resend([sequence])
        if len(line.packets) > before:
            answered.append(ms)
        line.clock.advance_ns(10 * NS_PER_MS)
    assert answered == [0, 170, 340, 510]
