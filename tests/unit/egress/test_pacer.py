"""Packets that wait for their path, on a clock that the test moves."""

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.egress.pacer import AT_ONCE_BYTES, WIRE_BYTES, Pacer, divided
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.protocol.rtp import Burst

KEYFRAME = Burst(96, 11, 65_530, 900, 7, 0, tuple(bytes([n]) * 1000 for n in range(12)), 12_000)


class Wire:
    def __init__(self, bitrate_bps: int) -> None:
        self.left: list[tuple[int, Burst]] = []
        self.pacer = Pacer(lambda burst, now_ns: self.left.append((now_ns, burst)))
        self.pacer.bitrate_bps = bitrate_bps

    def packets(self) -> list[bytes]:
        return [packet for _, burst in self.left for packet in burst.packets()]

    def bits(self, from_ns: int, to_ns: int) -> int:
        return sum(
            8 * (len(payload) + WIRE_BYTES)
            for now_ns, burst in self.left
            if from_ns <= now_ns < to_ns
            for payload in burst.payloads
        )


def test_without_a_rate_all_leaves_at_once() -> None:
    wire = Wire(0)
    assert wire.pacer.send(KEYFRAME, NS_PER_SECOND)
    assert wire.left == [(NS_PER_SECOND, KEYFRAME)]


def test_a_keyframe_is_spread_and_arrives_whole_and_in_order() -> None:
    wire = Wire(300_000)
    now_ns = NS_PER_SECOND
    assert wire.pacer.send(KEYFRAME, now_ns)
    while wire.pacer.waits:
        now_ns += 20 * NS_PER_MS
        wire.pacer.tick(now_ns)
    assert wire.packets() == KEYFRAME.packets()
    assert 250 * NS_PER_MS < now_ns - NS_PER_SECOND < 350 * NS_PER_MS
    for start in range(NS_PER_SECOND, now_ns, 20 * NS_PER_MS):
        end = start + 100 * NS_PER_MS
        assert wire.bits(start, end) <= 30_000 + 8 * 2 * AT_ONCE_BYTES


def test_what_waits_too_long_is_gone_and_counted() -> None:
    wire = Wire(64_000)
    now_ns = NS_PER_SECOND
    assert wire.pacer.send(KEYFRAME, now_ns)
    assert not wire.pacer.send(KEYFRAME, now_ns)
    assert not wire.pacer.waits
    assert wire.pacer.dropped == 24 - len(wire.packets())


def test_a_path_that_is_wide_again_lets_all_go() -> None:
    wire = Wire(64_000)
    wire.pacer.send(KEYFRAME, NS_PER_SECOND)
    wire.pacer.bitrate_bps = 0
    wire.pacer.tick(NS_PER_SECOND + 1)
    assert wire.packets() == KEYFRAME.packets()


@given(st.integers(0, 12), st.integers(-1, 11), st.integers(0, 1000))
def test_a_burst_in_two_is_the_same_packets(count: int, marked: int, step: int) -> None:
    whole = KEYFRAME._replace(marked=marked, step=step, timestamp=0xFFFF_FF00)
    first, rest = divided(whole, count)
    both = first.packets() + (rest.packets() if rest is not None else [])
    assert both == whole.packets()
    assert first.octets + (rest.octets if rest is not None else 0) == whole.octets


def test_what_is_sent_again_goes_before_all_that_waits_and_has_little_room() -> None:
    wire = Wire(300_000)
    again = [Burst(97, 0, n, 900, 8, 0, (bytes([100 + n]) * 1000,), 1000) for n in range(6)]
    wire.pacer.send(KEYFRAME, NS_PER_SECOND)
    sent_at_once = len(wire.packets())
    room = [wire.pacer.send_again(burst, NS_PER_SECOND) for burst in again]
    assert room == [True, True, True, False, False, False]
    now_ns = NS_PER_SECOND
    while wire.pacer.waits:
        now_ns += 20 * NS_PER_MS
        wire.pacer.tick(now_ns)
    repaired = [packet for burst in again[:3] for packet in burst.packets()]
    whole = KEYFRAME.packets()
    assert wire.packets() == whole[:sent_at_once] + repaired + whole[sent_at_once:]


def test_without_a_rate_what_is_sent_again_leaves_at_once() -> None:
    wire = Wire(0)
    assert wire.pacer.send_again(KEYFRAME, NS_PER_SECOND)
    assert wire.left == [(NS_PER_SECOND, KEYFRAME)]


def test_a_rest_lets_nothing_leave_and_then_as_before() -> None:
    wire = Wire(300_000)
    now_ns = NS_PER_SECOND
    wire.pacer.tick(now_ns)
    wire.pacer.rest(150 * NS_PER_MS, now_ns)
    assert wire.pacer.send(KEYFRAME, now_ns)
    for _ in range(7):
        now_ns += 20 * NS_PER_MS
        wire.pacer.tick(now_ns)
    assert not wire.left
    while wire.pacer.waits:
        now_ns += 20 * NS_PER_MS
        wire.pacer.tick(now_ns)
    assert wire.packets() == KEYFRAME.packets()
    assert now_ns - NS_PER_SECOND < 550 * NS_PER_MS
