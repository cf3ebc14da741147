"""What a receiver is sent, within its limits: sizes, rates and bit rates of short lists."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.contract.definition import VideoLimit
from mcu_core.media.codec import H264, VP8, Codec
from mcu_core.media.units import VideoForm
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.receivable import NO_LIMIT, receivable

HD = VideoForm(H264, 1280, 720, 30, 2_000_000)
FULL_HD = VideoForm(H264, 1920, 1080, 60, 6_000_000)
CIF4 = VideoForm(H264, 704, 576, 25, 1_000_000)


def theirs(codec: Codec = H264, **told: object) -> MediaAgreement:
    """A receiver that tells these limits; underscores stand for the hyphens of parameters."""
    agreed = MediaAgreement(codec, 96, 96, "192.0.2.1", 5004, 5005, True, True, True, {}, None)
    fields = {name: told.pop(name) for name in list(told) if hasattr(agreed, name)}
    fmtp = {name.replace("_", "-"): str(value) for name, value in told.items()}
    return replace(agreed, fmtp=fmtp, **fields)  # type: ignore[arg-type]


def sent(form: VideoForm, agreed: MediaAgreement, limit: VideoLimit = NO_LIMIT) -> tuple[int, ...]:
    made = receivable(form, agreed, limit)
    return made.width, made.height, made.fps, made.bitrate_bps


@pytest.mark.parametrize("form", [HD, FULL_HD, CIF4], ids=["720p", "1080p", "4CIF"])
def test_without_limits_the_conference_s_own_form_is_sent(form: VideoForm) -> None:
    assert receivable(form, theirs(), NO_LIMIT) == form
    assert receivable(form, theirs(VP8), NO_LIMIT) == replace(form, codec=VP8)


@pytest.mark.parametrize(
    ("form", "level", "expected"),
    [
        (HD, "42e01f", (1280, 720, 30)),
        (FULL_HD, "42e01f", (1280, 720, 30)),
        (FULL_HD, "42e020", (1280, 720, 60)),
        (FULL_HD, "42e028", (1920, 1080, 30)),
        (FULL_HD, "64002a", (1920, 1080, 60)),
        (HD, "42e01e", (640, 360, 30)),
        (HD, "42000d", (320, 180, 30)),
        (CIF4, "42e01e", (704, 576, 25)),
        (CIF4, "42e00c", (352, 288, 12)),
        (CIF4, "42e00b", (176, 144, 25)),
    ],
)
def test_an_h264_level_bounds_size_and_rate(
    form: VideoForm, level: str, expected: tuple[int, int, int]
) -> None:
    """H.264 table A-1: macroblocks in a picture, and in a second."""
    assert sent(form, theirs(profile_level_id=level))[:3] == expected


def test_parameters_may_allow_more_than_the_level() -> None:
    small = theirs(profile_level_id="42e00d", max_fs=3600, max_mbps=108_000, max_br=4000)
    assert sent(HD, small) == (1280, 720, 30, 2_000_000)
    slow = theirs(profile_level_id="42e00d", max_fs=3600)  # large pictures, but few a second
    assert sent(HD, slow)[:3] == (320, 180, 30)


def test_vp8_tells_macroblocks_and_rate() -> None:
    """RFC 7741 6.1."""
    assert sent(HD, theirs(VP8, max_fs=3600, max_fr=30))[:3] == (1280, 720, 30)
    assert sent(HD, theirs(VP8, max_fs=1200, max_fr=15))[:3] == (640, 360, 15)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (VideoLimit(height=720), (1280, 720, 60)),
        (VideoLimit(width=1000), (960, 540, 60)),
        (VideoLimit(width=1000, height=300), (320, 180, 60)),
        (VideoLimit(fps=30), (1920, 1080, 30)),
        (VideoLimit(fps=25), (1920, 1080, 15)),
        (VideoLimit(fps=1), (1920, 1080, 1)),
        (VideoLimit(width=16, height=16), (320, 180, 60)),
    ],
)
def test_a_site_s_own_limit(limit: VideoLimit, expected: tuple[int, int, int]) -> None:
    assert sent(FULL_HD, theirs(), limit)[:3] == expected


def test_bit_rates_are_round_so_that_receivers_share_encoders() -> None:
    rates = {
        sent(HD, theirs(max_bitrate_bps=1_000_000 + 1000 * n), VideoLimit(bitrate_bps=n))[3]
        for n in range(1_400_000, 1_499_000, 7000)
    }
    assert rates == {1_400_000}
    assert sent(HD, theirs(max_bitrate_bps=2_100_000))[3] == 2_000_000
    assert sent(HD, theirs(max_bitrate_bps=10_000))[3] == 16_000
    odd = replace(HD, bitrate_bps=1_234_567)
    assert sent(odd, theirs(max_bitrate_bps=4_000_000))[3] == 1_234_567


def test_a_smaller_picture_has_fewer_bits() -> None:
    assert sent(HD, theirs(), VideoLimit(height=360))[3] == 700_000
    assert sent(HD, theirs(), VideoLimit(fps=15))[3] == 1_100_000


def test_imageattr_bounds_the_size() -> None:
    assert sent(HD, theirs(max_width=1024, max_height=768))[:2] == (960, 540)


forms = st.builds(
    VideoForm,
    st.sampled_from((H264, VP8)),
    st.integers(64, 960).map(lambda n: 2 * n),
    st.integers(48, 540).map(lambda n: 2 * n),
    st.integers(1, 60),
    st.integers(64_000, 8_000_000),
)
limits = st.builds(
    VideoLimit,
    st.integers(0, 2000),
    st.integers(0, 1200),
    st.integers(0, 60),
    st.integers(0, 9_000_000),
)


@given(forms, limits, st.binary(min_size=3, max_size=3), st.integers(0, 5000))
def test_whatever_is_told_gives_a_form_that_an_encoder_takes(
    form: VideoForm, limit: VideoLimit, level: bytes, max_fs: int
) -> None:
    agreed = theirs(form.codec, profile_level_id=level.hex(), max_fs=max_fs)
    made = receivable(form, agreed, limit)
    assert made.width % 2 == made.height % 2 == 0
    assert 16 <= made.width <= form.width
    assert 16 <= made.height <= form.height
    assert 1 <= made.fps <= form.fps
    assert 16_000 <= made.bitrate_bps <= form.bitrate_bps
    assert receivable(form, agreed, limit) == made


def test_who_has_fewer_bits_gets_the_best_profile_that_it_takes() -> None:
    high = theirs(profile_level_id="640028")
    assert receivable(HD, high, NO_LIMIT) == HD
    thin = receivable(HD, replace(high, max_bitrate_bps=500_000), NO_LIMIT)
    assert (thin.profile, thin.bitrate_bps) == ("high", 500_000)
    plain = receivable(HD, theirs(profile_level_id="42e01f", max_bitrate_bps=500_000), NO_LIMIT)
    assert plain.profile == "baseline"


def test_mode_0_has_whole_slices() -> None:
    assert receivable(HD, theirs(packetization_mode="0"), NO_LIMIT).whole_slices
    assert not receivable(HD, theirs(packetization_mode="1"), NO_LIMIT).whole_slices
    assert not receivable(HD, theirs(VP8, packetization_mode="0"), NO_LIMIT).whole_slices
