"""The pattern's picture, sound and checks, without codecs."""

import numpy as np
import pytest

from mcu_core.contract.definition import PatternSource
from mcu_core.endpoints.pattern import (
    PatternPicture,
    PatternSound,
    check,
    limited_yuv,
    marker_source,
)
from mcu_core.errors import BadInput
from mcu_core.media import marker


@pytest.mark.parametrize(
    ("color", "yuv"),
    [
        ("#000000", (16, 128, 128)),
        ("#ffffff", (235, 128, 128)),
        ("#ff0000", (63, 102, 240)),
        ("#0000ff", (32, 240, 118)),
    ],
)
def test_colours_become_bt709_limited(color: str, yuv: tuple[int, int, int]) -> None:
    assert limited_yuv(color) == yuv


@pytest.mark.parametrize(
    ("source", "field"),
    [
        (PatternSource(width=641), "pattern.width"),
        (PatternSource(width=64), "pattern.width"),
        (PatternSource(height=4000), "pattern.height"),
        (PatternSource(fps=0), "pattern.fps"),
        (PatternSource(tone_hz=-1), "pattern.tone_hz"),
        (PatternSource(color="green"), "pattern.color"),
        (PatternSource(color="#12"), "pattern.color"),
    ],
)
def test_a_wrong_pattern_is_refused_by_field(source: PatternSource, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        check(source)
    assert caught.value.field == field


def test_counter_advances_and_the_edges_and_centre_keep_the_colour() -> None:
    pictures = PatternPicture(PatternSource(color="#206080"), "site-a", 9)
    luma = limited_yuv("#206080")[0]
    for counter in (0, 1, 59, 100_000):
        picture = pictures.draw(counter)
        assert marker.read(picture.y) == marker.Marker(counter, 9)
        edges = [picture.y[0], picture.y[-1], picture.y[:, 0], picture.y[:, -1]]
        assert all((edge == luma).all() for edge in edges)
        assert (picture.y[170:190, 300:340] == luma).all()


def test_the_bar_moves_and_leaves_nothing_behind() -> None:
    pictures = PatternPicture(PatternSource(), "a", 0)
    first = pictures.draw(0).y[280:290].copy()
    later = pictures.draw(20).y[280:290].copy()
    assert (first != later).any()
    assert (later == 200).sum() == (first == 200).sum() > 0


def test_sound_is_continuous_and_chirps_once_a_second() -> None:
    sound = PatternSound(440.0)
    samples = np.concatenate([sound.block(number) for number in range(100)])
    assert np.abs(np.diff(samples)).max() < 0.2
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(len(samples)) / 48_000)
    chirp = np.flatnonzero(np.abs(samples - tone) > 0.01)
    assert chirp.min() < 0.01 * 48_000
    assert set(np.unique(chirp // 2400)) == {0, 20}


def test_a_site_has_the_same_number_in_every_run() -> None:
    assert marker_source("site-1") == marker_source("site-1")
    assert 0 <= marker_source("北京协和医院") <= 255
