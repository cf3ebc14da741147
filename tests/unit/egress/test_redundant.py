"""Sound that is sent more than once, and what of it is new at the other end."""

from mcu_core.egress.redundant import CALM_NS, DEPTHS, Redundancy
from mcu_core.ingress.redundant import RedundantSound
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.protocol.red import MAX_OFFSET
from mcu_core.protocol.rtp import RtpPacket

RED, INNER = 63, 111
TICKS = 960


class Path:
    """Frames through a sender and a receiver of redundant packets."""

    def __init__(self, depth: int) -> None:
        self.sender = Redundancy(RED, INNER)
        self.sender.depth = depth
        self.receiver = RedundantSound(RED, INNER)

    def sent(self, n: int) -> RtpPacket:
        timestamp = n * TICKS % 2**32
        frame = bytes([n % 256]) * 40
        wrapped = self.sender.wrapped(timestamp, frame)
        kind, payload = (INNER, frame) if wrapped is None else (RED, wrapped)
        return RtpPacket(kind, n, timestamp, 7, False, payload)

    def got(self, packet: RtpPacket) -> list[int]:
        """Which frames are new by that packet."""
        if packet.payload_type == INNER:
            return [packet.payload[0]]
        found = self.receiver.unpack(packet)
        assert all(one.payload == bytes([one.payload[0]]) * 40 for one in found)
        assert all(one.timestamp == one.payload[0] * TICKS for one in found)
        assert {one.payload_type for one in found} == {INNER}
        return [one.payload[0] for one in found]


def test_each_frame_is_new_once() -> None:
    path = Path(2)
    packets = [path.sent(n) for n in range(6)]
    assert packets[0].payload_type == INNER
    assert [path.got(packet) for packet in packets[1:]] == [[1], [2], [3], [4], [5]]


def test_lost_frames_come_with_later_ones() -> None:
    path = Path(2)
    packets = [path.sent(n) for n in range(8)]
    path.got(packets[1])
    assert path.got(packets[4]) == [4, 2, 3]
    assert path.got(packets[7]) == [7, 5, 6]
    assert path.receiver.recovered == 4
    assert path.got(packets[6]) == [6], "itself was late; what it tells of others is known"


def test_depth_follows_losses_up_at_once_and_down_with_care() -> None:
    sender = Redundancy(RED, INNER)
    for least, depth in DEPTHS[::-1]:
        sender.reported(least - 1, 0)
        assert sender.depth == depth - 1
        sender.reported(least, 0)
        assert sender.depth == depth
    sender.reported(0, CALM_NS - 1)
    assert sender.depth == 3
    for turn, depth in ((1, 2), (2, 1), (3, 0), (4, 0)):
        sender.reported(0, turn * CALM_NS)
        assert sender.depth == depth
    sender.reported(255, 5 * CALM_NS)
    sender.reported(20, 5 * CALM_NS + NS_PER_SECOND)
    assert sender.depth == 3


def test_frames_that_are_too_old_or_too_large_stay_behind() -> None:
    sender = Redundancy(RED, INNER)
    sender.depth = 3
    assert sender.wrapped(0, b"a") is None
    assert sender.wrapped(MAX_OFFSET + 1, b"b") is None, "a pause between them"
    assert sender.wrapped(MAX_OFFSET + 2, bytes(1100)) is not None
    assert sender.wrapped(MAX_OFFSET + 3, b"c") is None, "more than a block holds"


def test_at_the_begin_nothing_from_before_is_played() -> None:
    path = Path(3)
    packets = [path.sent(n) for n in range(5)]
    assert path.got(packets[4]) == [4]


def test_timestamps_wrap() -> None:
    sender, receiver = Redundancy(RED, INNER), RedundantSound(RED, INNER)
    sender.depth = 1
    stamps = [(2**32 - 2 * TICKS + n * TICKS) % 2**32 for n in range(5)]
    payloads = [sender.wrapped(stamp, b"f") for stamp in stamps]
    found = []
    for k in (1, 3, 4):
        payload = payloads[k]
        assert payload is not None
        found += receiver.unpack(RtpPacket(RED, k, stamps[k], 7, False, payload))
    assert [one.timestamp for one in found] == [stamps[1], stamps[3], stamps[2], stamps[4]]
