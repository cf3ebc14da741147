"""Telephone events (RFC 4733): one press, told once."""

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.protocol.payload.events import KEYS, KeyPresses


def told(event: int, duration: int, end: bool = False) -> bytes:
    """A packet's payload: event, end bit and volume, duration."""
    return bytes((event, 0x80 * end | 10)) + duration.to_bytes(2)


def pressed(*packets: tuple[bytes, int]) -> str:
    presses = KeyPresses()
    return "".join(presses.push(payload, timestamp) for payload, timestamp in packets)


def test_a_press_of_many_packets_is_one() -> None:
    press = [(told(5, 160 * n), 8000) for n in range(1, 6)]
    press += [(told(5, 960, True), 8000)] * 3
    assert pressed(*press) == "5"
    again = [(payload, timestamp + 4000) for payload, timestamp in press]
    assert pressed(*press, *again) == "55"


def test_where_the_beginning_is_lost_the_end_tells_it() -> None:
    assert pressed((told(11, 960, True), 8000), (told(0, 160), 12_000)) == "#0"


def test_what_comes_late_is_no_other_press() -> None:
    assert pressed((told(1, 800), 8000), (told(2, 160), 16_000), (told(1, 960), 8000)) == "12"


def test_a_key_held_for_long_is_one_press() -> None:
    """RFC 4733 2.5.1.3: a segment of 65535 ticks, the next one begins where it ended."""
    held = [(told(3, 160), 8000), (told(3, 0xFFFF), 8000), (told(3, 480), 8000 + 0xFFFF)]
    assert pressed(*held, (told(3, 800, True), 8000 + 0xFFFF)) == "3"


def test_timestamps_wrap() -> None:
    assert pressed((told(1, 160), 2**32 - 100), (told(2, 160), 4000)) == "12"


def test_all_keys_and_no_flash() -> None:
    assert pressed(*((told(n, 160), 8000 * n + 1) for n in range(16))) == KEYS
    assert pressed((told(16, 160), 1)) == ""


@given(st.lists(st.tuples(st.binary(max_size=8), st.integers(0, 2**32 - 1)), max_size=20))
def test_any_bytes_are_a_key_or_none(packets: list[tuple[bytes, int]]) -> None:
    assert set(pressed(*packets)) <= set(KEYS)
