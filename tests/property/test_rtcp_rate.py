"""TMMBR and TMMBN: what is written is read again, and no bytes break the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.protocol import rtcp

words = st.integers(0, 0xFFFF_FFFF)
bounds = st.lists(
    st.builds(rtcp.RateBound, words, st.integers(0, 1 << 50), st.integers(0, 511)), max_size=30
).map(tuple)


@given(words, bounds, st.sampled_from([rtcp.RateRequest, rtcp.RateNotification]))
def test_what_is_written_is_read_again(
    sender: int,
    told: tuple[rtcp.RateBound, ...],
    kind: type[rtcp.RateRequest] | type[rtcp.RateNotification],
) -> None:
    (read,) = rtcp.parse(kind(sender, told).serialize())
    assert isinstance(read, kind)
    assert read.sender_ssrc == sender
    for bound, again in zip(told, read.bounds, strict=True):
        assert (again.ssrc, again.overhead) == (bound.ssrc, bound.overhead)
        assert bound.bitrate_bps * (1 - 2**-16) <= again.bitrate_bps <= bound.bitrate_bps


@given(st.sampled_from([3, 4]), st.binary(max_size=600))
def test_any_bytes_give_a_value_or_one_error(form: int, body: bytes) -> None:
    length = len(body) // 4
    data = bytes((0x80 | form, 205)) + length.to_bytes(2) + body[: 4 * length]
    try:
        found = rtcp.parse(data)
    except MalformedInput:
        return
    assert len(found) == 1


def test_a_bound_as_the_rfc_draws_it() -> None:
    """RFC 5104 4.2.1.1: six bits exponent, seventeen mantissa, nine overhead."""
    bound = rtcp.RateBound(0x01020304, 65_536 * 8, 40)
    assert bound.serialize().hex() == "01020304" + f"{3 << 26 | 65_536 << 9 | 40:08x}"


def test_what_fits_no_form_is_not_written() -> None:
    with pytest.raises(ValueError, match="fits no form"):
        rtcp.RateBound(1, 1000, 512).serialize()
