"""Receivers of codecs that know only some sizes are sent one of these, as often as they say."""

import pytest

from mcu_core.media.codec import H263, H263_1998, H264, VP8
from mcu_core.negotiation.legal_sizes import legal_sizes, own_sizes
from mcu_core.negotiation.receivable import NO_LIMIT, receivable
from tests.unit.negotiation.test_receivable import CIF4, FULL_HD, HD, theirs


def test_what_is_told_counts_largest_first() -> None:
    told = {"qcif": "1", "CIF": "2", "CIF4": "4", "D": "1"}
    assert legal_sizes(H263_1998, told) == [(704, 576, 7), (352, 288, 15), (176, 144, 30)]


@pytest.mark.parametrize("fmtp", [{}, {"CIF": "0"}, {"CIF": "99"}, {"CIF": "x"}])
def test_who_tells_nothing_takes_cif(fmtp: dict[str, str]) -> None:
    assert legal_sizes(H263, fmtp) == [(352, 288, 30), (176, 144, 30)]


def test_other_codecs_know_any_size() -> None:
    assert legal_sizes(VP8, {"CIF": "1"}) == []
    assert own_sizes(H264) == {}
    assert own_sizes(H263)["CIF"] == "1"


def test_a_receiver_is_sent_a_legal_size() -> None:
    for form in (HD, FULL_HD, CIF4):
        made = receivable(form, theirs(H263), NO_LIMIT)
        assert (made.codec, made.width, made.height) == (H263, 352, 288)
        assert made.fps <= 30
        assert made.bitrate_bps < form.bitrate_bps
    assert receivable(HD, theirs(H263, CIF4="1", CIF="1"), NO_LIMIT).height == 576
    assert receivable(HD, theirs(H263, CIF4="4", CIF="2"), NO_LIMIT).fps == 15
