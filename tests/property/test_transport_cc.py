"""Transport-wide feedback: what is written is read again, and no bytes break the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.protocol import rtcp
from mcu_core.protocol.transport_cc import MAX_PACKETS, TICK_US

numbers = st.integers(0, 0xFFFF)
gaps = st.lists(st.none() | st.integers(-30_000, 32_000), max_size=200)


def message(body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return bytes((0x80 | 15, 205)) + (len(body) // 4).to_bytes(2) + body


@given(numbers, st.integers(0, 255), st.integers(0, 1_000_000), gaps)
def test_what_is_written_is_read_again(
    first: int, number: int, began: int, steps: list[int | None]
) -> None:
    now, times = 10_000_000 + began, list[int | None]()
    for step in steps:
        now += step or 0
        times.append(now * TICK_US if step is not None else None)
    told = rtcp.TransportFeedback(1, 2, first, number, tuple(times))
    (read,) = rtcp.parse(told.serialize())
    assert read == told


def test_a_browser_s_padding_is_taken() -> None:
    """As Chromium writes it: one byte, against RFC 3550 6.4.1."""
    data = bytes.fromhex("afcd0005000000018eaeb49400000001063942002001c901")
    (read,) = rtcp.parse(data)
    assert isinstance(read, rtcp.TransportFeedback)
    assert read.arrivals_us == (0x063942 * 64_000 + 0xC9 * 250,)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_value_or_one_error(body: bytes) -> None:
    try:
        (read,) = rtcp.parse(message(body))
    except MalformedInput:
        return
    assert isinstance(read, rtcp.TransportFeedback)
    assert len(read.arrivals_us) <= MAX_PACKETS


HEAD = bytes(8) + b"\x00\x07"


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (b"\x00\x03\x00\x00\x01\x09\x20\x03\x04\x08\x00", (64_000 + 1000, 67_000, 67_000)),
        (b"\x00\x03\x00\x00\x00\x00\xa0\x00\x04", (1000, None, None)),
        (b"\x00\x02\x00\x00\x00\x00\xf4\x00\x04\xff\xfe", None),
        (b"\x00\x02\x00\x00\x00\x00\xd8\x00\x04\xff\xfe", (1000, 500)),
        (b"\x00\x02\x00\x00\x00\x00\x00\x02", (None, None)),
    ],
)
def test_chunks_of_each_kind(rest: bytes, expected: tuple[int | None, ...] | None) -> None:
    """Runs, one-bit and two-bit vectors of the draft's 3.1.3 and 3.1.4."""
    if expected is None:
        with pytest.raises(MalformedInput):
            rtcp.TransportFeedback.read(HEAD + rest)
        return
    assert rtcp.TransportFeedback.read(HEAD + rest).arrivals_us == expected


@pytest.mark.parametrize(
    "rest", [b"\xff\xff\x00\x00\x00\x00\x1f\xff", b"\x00\x01\x00\x00\x00\x00\x00\x00", b"\x00\x01"]
)
def test_what_would_take_long_or_for_ever_is_refused(rest: bytes) -> None:
    with pytest.raises(MalformedInput):
        rtcp.TransportFeedback.read(HEAD + rest)
