"""Still images: the colours of a PNG file on a canvas, and files that are none."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcu_core.compositor.colors import web_color
from mcu_core.compositor.still import read_still
from mcu_core.errors import BadInput
from mcu_core.media.color import CANVAS_COLOR

FIELD = "content.still.path"


def saved(folder: Path, image: Image.Image) -> Path:
    path = folder / "still.png"
    image.save(path)
    return path


def test_greys_stay_grey_and_in_order(tmp_path: Path) -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (130, 1))
    picture = read_still(saved(tmp_path, Image.fromarray(ramp)), 7, FIELD)
    assert np.all(picture.u == 128)
    assert np.all(picture.v == 128)
    wanted = np.round(16 + np.arange(256) * 219 / 255)
    assert np.array_equal(picture.y, np.tile(wanted, (130, 1)))
    assert (picture.stamp_ns, picture.color) == (7, CANVAS_COLOR)


@pytest.mark.parametrize("color", ["#ff0000", "#00ff00", "#0000ff", "#ffffff", "#804020"])
def test_colours_are_those_of_the_canvas(tmp_path: Path, color: str) -> None:
    picture = read_still(saved(tmp_path, Image.new("RGB", (6, 4), color)), 0, FIELD)
    found = [int(plane[0, 0]) for plane in (picture.y, picture.u, picture.v)]
    assert np.abs(np.array(found) - web_color(color)).max() <= 1


def test_odd_sizes_lose_the_last_line(tmp_path: Path) -> None:
    picture = read_still(saved(tmp_path, Image.new("L", (65, 131))), 0, FIELD)
    assert picture.y.shape == (130, 64)
    assert picture.u.shape == picture.v.shape == (65, 32)


def test_what_is_no_such_picture_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(saved(tmp_path, Image.effect_noise((300, 200), 50)).read_bytes()[:2000])
    jpeg = tmp_path / "jpeg.png"
    Image.new("RGB", (8, 8)).save(jpeg, "JPEG")
    large = saved(tmp_path, Image.new("1", (1922, 100)))
    thin = tmp_path / "thin.png"
    Image.new("L", (1, 9)).save(thin)
    for path in (broken, jpeg, large, thin, tmp_path / "none.png", tmp_path):
        with pytest.raises(BadInput, match=FIELD):
            read_still(path, 0, FIELD)
