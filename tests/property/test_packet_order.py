"""Packets late, lost and doubled in any pattern: order is kept, and everything is counted."""

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.ingress.reception import Reception
from mcu_core.media.clock import NS_PER_MS
from mcu_core.protocol.loss import MAX_TRIES, NackSchedule
from mcu_core.protocol.reorder import ReorderBuffer
from mcu_core.protocol.rtp import RtpPacket
from mcu_core.protocol.sequence import Unwrapper

STEP_NS = 5 * NS_PER_MS
WAIT_NS = 60 * NS_PER_MS

# For each packet: how many steps late it comes; None: not at all. The network may also double it.
deliveries = st.lists(
    st.tuples(st.none() | st.integers(0, 20), st.booleans()), min_size=1, max_size=120
)


def arrivals(pattern: list[tuple[int | None, bool]]) -> list[tuple[int, int]]:
    """(arrival in ns, index) of each packet that comes, in the order of arrival."""
    found: list[tuple[int, int]] = []
    for index, (delay, doubled) in enumerate(pattern):
        if delay is not None:
            at_ns = (index + delay) * STEP_NS
            found += [(at_ns, index)] * (2 if doubled else 1)
    return sorted(found, key=lambda arrival: arrival[0])


@given(deliveries, st.integers(0, 0xFFFF))
def test_the_buffer_keeps_order_and_counts_everything(
    pattern: list[tuple[int | None, bool]], first: int
) -> None:
    buffer = ReorderBuffer(WAIT_NS)
    counter = Unwrapper(16)
    counter.unwrap(first)
    out: list[int] = []
    pushed = 0
    now_ns = 0
    for now_ns, index in arrivals(pattern):
        pushed += 1
        buffer.push(RtpPacket(96, (first + index) & 0xFFFF, 0, 1, False, b"x"), now_ns)
        out += [counter.unwrap(packet.sequence) - first for packet in buffer.pop(now_ns)]
    out += [counter.unwrap(packet.sequence) - first for packet in buffer.pop(now_ns + WAIT_NS)]
    assert out == sorted(set(out))
    assert len(buffer) == 0
    assert pushed == len(out) + buffer.late + buffer.duplicate
    if out:
        assert buffer.lost == out[-1] - out[0] + 1 - len(out)


@given(deliveries, st.integers(0, 0xFFFF), st.integers(0, 300))
def test_only_what_is_missing_is_asked_for_and_only_so_often(
    pattern: list[tuple[int | None, bool]], first: int, rtt_ms: int
) -> None:
    schedule = NackSchedule()
    asked: dict[int, int] = {}
    here: set[int] = set()
    for now_ns, index in arrivals(pattern):
        schedule.push((first + index) & 0xFFFF, now_ns)
        here.add((first + index) & 0xFFFF)
        for sequence in schedule.due(now_ns, rtt_ms * NS_PER_MS):
            assert sequence not in here
            asked[sequence] = asked.get(sequence, 0) + 1
    assert all(count <= MAX_TRIES for count in asked.values())


@given(deliveries, st.integers(0, 0xFFFF))
def test_a_report_adds_up(pattern: list[tuple[int | None, bool]], first: int) -> None:
    reception = Reception(1, 90_000)
    indices = [index for _, index in arrivals(pattern)]
    for now_ns, index in arrivals(pattern):
        reception.push((first + index) & 0xFFFF, index * 3000, 10, now_ns)
    block = reception.report_block(10**9)
    assert reception.received == len(indices)
    if indices:
        assert block.packets_lost == max(indices) - indices[0] + 1 - len(indices)
        assert 0 <= block.fraction_lost <= 255
