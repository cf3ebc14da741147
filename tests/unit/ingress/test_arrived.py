"""When packets of a path came, as their sender is told of it."""

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.ingress.arrived import TELL_EVERY_NS, Arrived
from mcu_core.media.clock import NS_PER_MS
from mcu_core.protocol.transport_cc import TransportFeedback

OURS, THEIRS = 1, 2


def came(arrived: Arrived, *numbers: int, at_ms: int = 0) -> None:
    for k, number in enumerate(numbers):
        arrived.note((number & 0xFFFF).to_bytes(2, "big"), (at_ms + k) * NS_PER_MS)


def told(arrived: Arrived, at_ms: int) -> TransportFeedback | None:
    return arrived.told(OURS, THEIRS, at_ms * NS_PER_MS)


def test_all_that_came_is_told_once_and_what_did_not_is_named() -> None:
    arrived = Arrived()
    assert told(arrived, 1000) is None
    came(arrived, 0xFFFE, 0xFFFF, 1, 0, 3, at_ms=1000)
    first = told(arrived, 1100)
    assert first == TransportFeedback(
        OURS, THEIRS, 0xFFFE, 1,
        (1_000_000, 1_001_000, 1_003_000, 1_002_000, None, 1_004_000),
    )  # fmt: skip
    assert told(arrived, 1300) is None
    came(arrived, 6, at_ms=1400)
    second = told(arrived, 1400)
    assert second is not None
    assert (second.first, second.arrivals_us) == (4, (None, None, 1_400_000))
    came(arrived, 2, 7, at_ms=1500)
    late = told(arrived, 1500)
    assert late is not None
    assert (late.first, late.arrivals_us[0], late.arrivals_us[-1]) == (2, 1_500_000, 1_501_000)


def test_it_is_told_now_and_then() -> None:
    arrived, count = Arrived(), 0
    for ms in range(1000, 2000):
        came(arrived, ms, at_ms=ms)
        count += told(arrived, ms) is not None
    assert count == -(-1000 * NS_PER_MS // TELL_EVERY_NS)


def test_a_packet_without_a_number_is_not_told_of() -> None:
    arrived = Arrived()
    for value in (None, b"", b"x", b"abc"):
        arrived.note(value, 0)
    assert told(arrived, 1000) is None


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 10_000)), max_size=60))
def test_any_numbers_make_a_message_that_can_be_read(packets: list[tuple[int, int]]) -> None:
    arrived, now_ms = Arrived(), 0
    for number, later_ms in packets:
        now_ms += later_ms
        came(arrived, number, at_ms=now_ms)
        message = told(arrived, now_ms)
        if message is not None:
            assert TransportFeedback.read(message.serialize()[4:]).first == message.first
