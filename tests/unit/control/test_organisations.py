"""Organisations are a tree of paths."""

import pytest

from control_api.auth.organisations import check_organisation, within
from control_api.services.register import limit_of
from mcu_core.errors import BadInput


def test_what_is_below_is_within_and_what_is_named_alike_is_not() -> None:
    assert within("一院/放射科", "一院")
    assert within("一院", "一院")
    assert within("一院", "")
    assert within("", "")
    for other in ("一院附属", "二院/一院", "", "一院附属/放射科"):
        assert not within(other, "一院"), other


def test_paths_that_could_be_taken_for_others_are_none() -> None:
    assert check_organisation("") == ""
    assert check_organisation("一院/放射科/CT 2") == "一院/放射科/CT 2"
    for path in ("/a", "a/", "a//b", " a", "a /b", "a\nb", "a" * 65, "a/" * 150 + "a"):
        with pytest.raises(BadInput, match="organisation"):
            check_organisation(path)


def test_the_narrowest_limit_above_counts() -> None:
    limits = {"一院": 2048, "一院/放射科": 768, "二院": 64}
    assert limit_of("一院/放射科/CT", limits) == 768
    assert limit_of("一院/急诊", limits) == 2048
    assert limit_of("一院附属", limits) == 0
    assert limit_of("", limits) == 0
