"""Sound has its part of a rate first; limits of site and conference hold together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.contract.definition import VideoLimit
from mcu_core.negotiation.rate_shares import (
    LEAST_PICTURES_BPS,
    narrower,
    picture_limit,
    sound_share,
)

rates = st.just(0) | st.integers(64_000, 20_000_000)
limits = st.builds(
    VideoLimit, st.integers(0, 1920), st.integers(0, 1200), st.integers(0, 60), rates, rates
)


@pytest.mark.parametrize(
    ("rate_bps", "sound_bps"),
    [
        (64_000, 16_000),
        (128_000, 24_000),
        (384_000, 48_000),
        (512_000, 64_000),
        (8_000_000, 64_000),
    ],
)
def test_sound_first(rate_bps: int, sound_bps: int) -> None:
    assert sound_share(rate_bps) == sound_bps
    assert picture_limit(VideoLimit(rate_bps=rate_bps), sound_bps).bitrate_bps == (
        rate_bps - sound_bps
    )


@given(limits, st.integers(0, 128_000))
def test_pictures_and_sound_are_within_the_rate(limit: VideoLimit, sound_bps: int) -> None:
    bound = picture_limit(limit, sound_bps).bitrate_bps
    if limit.bitrate_bps:
        assert 0 < bound <= limit.bitrate_bps
    if limit.rate_bps:
        assert bound > 0
        assert bound + sound_bps <= max(limit.rate_bps, sound_bps + LEAST_PICTURES_BPS)


@given(limits, limits)
def test_of_two_limits_both_hold(one: VideoLimit, other: VideoLimit) -> None:
    both = narrower(one, other)
    assert both == narrower(other, one)
    for name in VideoLimit.__struct_fields__:
        values = [v for v in (getattr(one, name), getattr(other, name)) if v]
        assert getattr(both, name) == (min(values) if values else 0)
