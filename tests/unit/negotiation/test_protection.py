"""What is agreed on against lost packets."""

import pytest

from mcu_core.negotiation.agreement import Protection
from tests.unit.negotiation.test_codec_answers import answered

VP8 = ("rtpmap:96 VP8/90000", "rtcp-fb:96 nack", "rtcp-fb:96 nack pli")
REPEATS = ("rtpmap:97 RTX/90000", "fmtp:97 apt=96;rtx-time=1000")


def test_a_stream_of_repeats_is_answered_in_kind() -> None:
    agreed, section = answered("video", *VP8, *REPEATS)
    assert agreed.protection == Protection(rtx=97)
    assert section.formats == ("96", "97")
    assert section.rtpmaps[97].serialize() == "rtx/90000"
    assert section.fmtp(97) == {"apt": "96"}


@pytest.mark.parametrize(
    "lines",
    [
        VP8,
        ("rtpmap:96 VP8/90000", *REPEATS),
        (*VP8, "rtpmap:97 rtx/90000", "fmtp:97 apt=98"),
        (*VP8, "rtpmap:97 rtx/90000"),
    ],
)
def test_what_nobody_asks_for_or_what_belongs_to_others_is_not_taken(lines: list[str]) -> None:
    agreed, section = answered("video", *lines)
    assert agreed.protection == Protection()
    assert section.formats == ("96",)


@pytest.mark.parametrize(
    ("coding", "told"),
    [("opus/48000/2", "red/48000/2"), ("PCMA/8000", "red/8000"), ("PCMU/8000", "red/8000")],
)
def test_sound_may_come_several_times(coding: str, told: str) -> None:
    lines = (f"rtpmap:111 {coding}", f"rtpmap:63 {told}", "fmtp:63 111/111")
    agreed, section = answered("audio", *lines)
    assert agreed.protection == Protection(red=63)
    assert section.formats == ("111", "63")
    assert section.rtpmaps[63].serialize() == told
    assert "63 111/111" in section.values("fmtp")


@pytest.mark.parametrize(
    "lines",
    [
        ("rtpmap:111 opus/48000/2", "rtpmap:63 red/48000/2", "fmtp:63 96/111"),
        ("rtpmap:111 opus/48000/2", "rtpmap:63 red/8000"),
        ("rtpmap:9 G722/8000", "rtpmap:63 red/8000", "fmtp:63 9/9"),
    ],
)
def test_redundancy_of_other_things_is_left_out(lines: list[str]) -> None:
    agreed, _ = answered("audio", *lines)
    assert agreed.protection == Protection()


MENDS = ("rtpmap:116 red/90000", "rtpmap:117 ulpfec/90000")
TIMES = (
    "extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "extmap:5/sendrecv urn:ietf:params:rtp-hdrext:toffset",
    "extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid",
    "extmap:x urn:ietf:params:rtp-hdrext:toffset",
)


def test_what_mends_pictures_is_answered_as_browsers_offer_it() -> None:
    agreed, section = answered("video", *VP8, *REPEATS, *MENDS, *TIMES)
    expected = Protection(rtx=97, red=116, ulpfec=117, moving=frozenset({2, 5}))
    assert agreed.protection == expected
    assert section.formats == ("96", "97", "116", "117")
    assert section.rtpmaps[116].serialize() == "red/90000"
    assert section.rtpmaps[117].serialize() == "ulpfec/90000"
    assert not section.fmtp(116)


def test_it_may_go_without_a_wrapper_but_a_wrapper_alone_is_no_use() -> None:
    agreed, section = answered("video", *VP8, MENDS[1])
    assert agreed.protection == Protection(ulpfec=117)
    assert section.formats == ("96", "117")
    agreed, _ = answered("video", *VP8, MENDS[0])
    assert agreed.protection == Protection()
