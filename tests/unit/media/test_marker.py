"""The marker reads back what was drawn, survives scaling, and never reads what was not drawn."""

import numpy as np
import pytest

from mcu_core.media import marker
from mcu_core.media.picture import Picture, Plane, blank_picture

SIZES = [(160, 96), (176, 144), (320, 180), (352, 288), (640, 360), (1280, 720), (1918, 1078)]


def marked(width: int, height: int, counter: int, source: int = 7) -> Picture:
    picture = blank_picture(width, height, luma=90)
    marker.draw((picture.y, picture.u, picture.v), counter, source)
    return picture


def quarter(luma: Plane) -> Plane:
    height, width = luma.shape
    cells = luma[: height // 4 * 4, : width // 4 * 4].reshape(height // 4, 4, width // 4, 4)
    small: Plane = cells.mean(axis=(1, 3)).astype(np.uint8)
    return small


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("counter", [0, 1, 0x5A5A5A, marker.COUNTERS - 1])
def test_reads_back_at_every_size(width: int, height: int, counter: int) -> None:
    assert marker.read(marked(width, height, counter).y) == marker.Marker(counter, 7)


def test_reads_after_scaling_down_to_a_sixteenth() -> None:
    assert marker.read(quarter(marked(1280, 720, 123_456, 255).y)) == marker.Marker(123_456, 255)
    assert marker.read(quarter(marked(640, 360, 654_321, 0).y)) == marker.Marker(654_321, 0)


def test_reads_inside_a_pane_and_when_the_pane_crops_the_sides() -> None:
    canvas = blank_picture(1280, 720)
    canvas.y[360:540, 640:960] = marked(320, 180, 99).y
    assert marker.read(canvas.y, (640, 360, 320, 180)) == marker.Marker(99, 7)
    square = marked(320, 180, 98).y[:, 70:250]
    assert marker.read(square, (-70, 0, 320, 180)) == marker.Marker(98, 7)


def test_reads_after_low_contrast_and_noise() -> None:
    noise = np.random.default_rng(1).normal(0, 12, (360, 640))
    luma = marked(640, 360, 4242).y * 0.4 + 60 + noise
    assert marker.read(luma.clip(0, 255).astype(np.uint8)) == marker.Marker(4242, 7)


def test_counter_wraps() -> None:
    assert marker.read(marked(320, 180, marker.COUNTERS + 5).y) == marker.Marker(5, 7)


def test_what_holds_no_marker_reads_as_none() -> None:
    rng = np.random.default_rng(2)
    assert marker.read(blank_picture(320, 180).y) is None
    for _ in range(200):
        assert marker.read(rng.integers(0, 256, (96, 160), np.uint8)) is None


def test_a_damaged_cell_is_noticed() -> None:
    luma = marked(320, 180, 1000).y
    luma[23:30, 80:90] ^= 0xFF
    assert marker.read(luma) is None


def test_a_rect_outside_the_picture_reads_as_none() -> None:
    assert marker.read(marked(320, 180, 1).y, (-200, 0, 320, 180)) is None
    assert marker.read(marked(320, 180, 1).y, (0, 100, 320, 180)) is None


def test_a_source_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="source 256"):
        marked(320, 180, 1, 256)


def test_nothing_but_the_marker_is_touched() -> None:
    picture = marked(640, 360, 77)
    outside = np.ones(picture.y.shape, bool)
    outside[30:90, 160:480] = False
    assert (picture.y[outside] == 90).all()
    assert (picture.u == 128).all()
