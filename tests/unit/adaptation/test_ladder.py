"""Which picture suits a rate, and which rungs are shared."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.adaptation.ladder import RATES, follows_in_place, least_bps, merged, next_up, rung
from mcu_core.media.codec import H263, H264, VP8
from mcu_core.media.units import VideoForm

HD = VideoForm(H264, 1280, 720, 30, 2_000_000)
FULL_HD = VideoForm(H264, 1920, 1080, 60, 6_000_000)
CIF = VideoForm(H264, 352, 288, 30, 768_000)
SLIDES = VideoForm(H264, 1920, 1080, 15, 2_000_000, sharp=True)

fulls = st.builds(
    VideoForm,
    st.sampled_from([H264, VP8, H263]),
    st.sampled_from([1920, 1280, 640, 352]),
    st.sampled_from([1080, 720, 360, 288]),
    st.sampled_from([60, 50, 30, 25, 15, 1]),
    st.sampled_from([64_000, 384_000, 2_000_000, 8_000_000]),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("full", "bitrate_bps", "expected"),
    [
        (FULL_HD, 9_000_000, (1920, 1080, 60, 6_000_000)),
        (FULL_HD, 800_000, (1920, 1080, 60, 768_000)),
        (FULL_HD, 600_000, (1920, 1080, 30, 512_000)),
        (FULL_HD, 450_000, (1280, 720, 30, 384_000)),
        (HD, 340_000, (960, 540, 30, 256_000)),
        (HD, 200_000, (640, 360, 30, 192_000)),
        (HD, 100_000, (640, 360, 15, 96_000)),
        (HD, 1, (320, 180, 15, 16_000)),
        (CIF, 45_000, (352, 288, 15, 40_000)),
        (CIF, 35_000, (352, 288, 10, 32_000)),
        (SLIDES, 100_000, (1920, 1080, 15, 96_000)),
        (replace(CIF, codec=H263), 17_000, (352, 288, 10, 16_000)),
    ],
)
def test_a_rate_carries(full: VideoForm, bitrate_bps: int, expected: tuple[int, ...]) -> None:
    form = rung(full, bitrate_bps)
    assert (form.width, form.height, form.fps, form.bitrate_bps) == expected


@pytest.mark.parametrize(
    ("size", "fps", "call_bps"),
    [((1920, 1080), 60, 768_000), ((1920, 1080), 30, 512_000), ((1280, 720), 30, 384_000)],
)
def test_the_least_rates_of_calls_leave_room_for_sound(
    size: tuple[int, int], fps: int, call_bps: int
) -> None:
    """545 8.2.3: those are the rates of whole calls."""
    assert least_bps(*size, fps) <= call_bps - 64_000


@given(fulls, st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_more_bits_never_carry_less(full: VideoForm, one: int, other: int) -> None:
    low, high = rung(full, min(one, other)), rung(full, max(one, other))
    assert low.bitrate_bps <= high.bitrate_bps <= full.bitrate_bps
    assert low.width * low.height * low.fps <= high.width * high.height * high.fps
    assert high.width <= full.width
    assert high.height <= full.height
    assert 1 <= high.fps <= full.fps
    assert low.bitrate_bps <= max(min(one, other), RATES[0])


@given(fulls, st.integers(0, 10_000_000))
def test_rungs_lead_to_the_top(full: VideoForm, bitrate_bps: int) -> None:
    form = rung(full, bitrate_bps)
    for _ in range(len(RATES)):
        above = next_up(form, full)
        assert above.bitrate_bps > form.bitrate_bps or form.bitrate_bps == full.bitrate_bps
        form = above
    assert form == rung(full, full.bitrate_bps)


@given(
    st.dictionaries(st.text(max_size=3), st.builds(rung, fulls, st.integers(0, 9_000_000))),
    st.integers(1, 6),
)
def test_sharing_gives_nobody_more_than_wanted(wanted: dict[str, VideoForm], most: int) -> None:
    given_forms = merged(wanted, most)
    assert given_forms.keys() == wanted.keys()
    for reader, form in given_forms.items():
        asked = wanted[reader]
        assert form.codec is asked.codec
        assert form.bitrate_bps <= asked.bitrate_bps
        assert (form.width, form.height) <= (asked.width, asked.height)
        assert form.fps <= asked.fps
    if len(set(wanted.values())) <= most:
        assert given_forms == wanted


def test_where_encoders_are_few_those_who_lose_least_stand_lower() -> None:
    rates = {"a": 2_000_000, "b": 1_500_000, "c": 1_500_000, "d": 384_000, "e": 192_000}
    wanted = {name: rung(HD, rate) for name, rate in rates.items()}
    bits = {name: form.bitrate_bps for name, form in merged(wanted, 3).items()}
    assert bits == rates | {"a": 1_500_000, "b": 1_500_000, "c": 1_500_000}
    assert len({form for form in merged(wanted, 1).values()}) == 1


def test_only_x264_changes_its_rate_in_place_and_within_bounds() -> None:
    lower = replace(HD, bitrate_bps=1_500_000)
    assert follows_in_place(HD, lower, 2_000_000)
    assert follows_in_place(lower, HD, 2_000_000)
    assert not follows_in_place(lower, HD, 1_500_000)
    assert not follows_in_place(HD, replace(HD, bitrate_bps=1_000_000), 2_000_000)
    assert not follows_in_place(HD, replace(lower, width=640), 2_000_000)
    assert not follows_in_place(replace(HD, codec=VP8), replace(lower, codec=VP8), 2_000_000)
