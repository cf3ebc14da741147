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
