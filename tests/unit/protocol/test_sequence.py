"""Wrapping counters."""

from mcu_core.protocol.sequence import Unwrapper, sequence_delta, timestamp_delta


def test_delta_is_signed_and_wraps() -> None:
    assert sequence_delta(5, 3) == 2
    assert sequence_delta(3, 5) == -2
    assert sequence_delta(1, 0xFFFF) == 2
    assert sequence_delta(0xFFFF, 1) == -2
    assert sequence_delta(0x8000, 0) == -0x8000
    assert timestamp_delta(10, 0xFFFF_FFF6) == 20
    assert timestamp_delta(0xFFFF_FFF6, 10) == -20


def test_unwrapper_goes_on_over_the_end_of_its_range() -> None:
    counter = Unwrapper(16)
    assert [counter.unwrap(value) for value in (0xFFFE, 0xFFFF, 0, 1)] == [
        0xFFFE,
        0xFFFF,
        0x10000,
        0x10001,
    ]


def test_unwrapper_goes_back_for_a_late_value() -> None:
    counter = Unwrapper(16)
    assert counter.unwrap(0) == 0
    assert counter.unwrap(0xFFFF) == -1
    assert counter.unwrap(1) == 1


def test_reset_forgets() -> None:
    counter = Unwrapper(32)
    counter.unwrap(0xFFFF_FFFF)
    counter.reset()
    assert counter.unwrap(7) == 7
