"""Content in a running conference: an image comes into the picture of all, and goes again."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from mcu_core.adaptation.overload import Effort
from mcu_core.contract.content import CONTENT, ContentRules, StillSource
from mcu_core.contract.definition import LayoutChoice, Pane, SiteDefinition, SiteKind, View
from mcu_core.contract.snapshots import ContentSnapshot
from mcu_core.endpoints.pattern import limited_yuv
from mcu_core.errors import BadInput
from mcu_core.media.picture import Picture
from tests.component.engine.test_views import FOUR, PINS, room
from tests.fakes.screen import COLORS, NOTHING
from tests.fakes.waiting import until

MAGENTA = "#c01080"


def still(folder: Path, color: str = MAGENTA, name: str = "still.png") -> ContentRules:
    path = folder / name
    Image.new("RGB", (320, 180), color).save(path)
    return ContentRules(still=StillSource(str(path), "CT"))


def is_color(picture: Picture | None, x: float, y: float, color: str) -> bool:
    """Whether that colour stands at this place of the picture, given in fractions of it."""
    if picture is None:
        return False
    row, column = int(y * picture.u.shape[0]), int(x * picture.u.shape[1])
    seen = [
        int(np.median(p[row - 3 : row + 3, column - 3 : column + 3]))
        for p in (picture.u, picture.v)
    ]
    return max(abs(a - b) for a, b in zip(seen, limited_yuv(color)[1:], strict=True)) < 16


async def test_an_image_is_large_with_people_beside_it_and_goes_again(tmp_path: Path) -> None:
    async with room("ab", panes=PINS) as made:
        await made.shows("a", "a", "b", NOTHING, NOTHING)
        await made.change(content=still(tmp_path))
        screen = made.screens["a"]

        def composed() -> bool:
            return all(
                is_color(screen.picture, *place)
                for place in (
                    (0.4, 0.5, MAGENTA),
                    (0.05, 0.15, MAGENTA),
                    (0.9, 0.4, COLORS["a"]),
                    (0.9, 0.6, COLORS["b"]),
                )
            )

        await until(composed)
        now = made.conference.snapshot()
        assert now.content == ContentSnapshot("still", "", "CT", 320, 180)
        assert [set(view.panes) for view in now.views] == [{CONTENT, "a", "b"}]
        assert [output.readers for output in now.video_outputs] == [2], "one encoder for all"
        await made.change(content=ContentRules())
        await made.shows("a", "a", "b", NOTHING, NOTHING)
        assert made.conference.snapshot().content is None


async def test_another_image_takes_its_place_without_another_encoder(tmp_path: Path) -> None:
    async with room("ab", panes=PINS) as made:
        await made.change(content=still(tmp_path))
        screen = made.screens["b"]
        await until(lambda: is_color(screen.picture, 0.4, 0.5, MAGENTA))
        await made.calm()
        before = screen.keyframes
        await made.change(content=still(tmp_path, "#10a0c0", "other.png"))
        await until(lambda: is_color(screen.picture, 0.4, 0.5, "#10a0c0"))
        assert screen.keyframes == before


async def test_a_pane_of_a_layout_holds_it(tmp_path: Path) -> None:
    panes = (Pane("site", "a"), Pane("content"), Pane("empty"), Pane("empty"))
    own = SiteDefinition("b", "b", SiteKind.RTP, view=View(FOUR, panes))
    async with room("ab", panes=PINS) as made:
        await made.change(sites=(made.wanted.sites[0], own), content=still(tmp_path))
        screen = made.screens["b"]
        await until(lambda: is_color(screen.picture, 0.75, 0.25, MAGENTA) and screen.now[0] == "a")
        await until(lambda: is_color(made.screens["a"].picture, 0.4, 0.5, MAGENTA))


async def test_an_image_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    async with room("a", layout=LayoutChoice(mode=1)) as made:
        before = made.wanted
        with pytest.raises(BadInput, match=r"content\.still\.path"):
            await made.change(content=ContentRules(still=StillSource(str(tmp_path / "none.png"))))
        assert made.conference.definition == before
        gone = msgspec.structs.replace(before, revision=9)
        await made.conference.apply(gone)
        assert made.conference.snapshot().content is None


async def test_slides_are_not_drafted_however_busy_the_engine_is(tmp_path: Path) -> None:
    path = tmp_path / "stripes.png"
    stripes = np.zeros((576, 1024), np.uint8)
    stripes[::2] = 255
    Image.fromarray(stripes).save(path)
    async with room("ab", panes=PINS) as made:
        made.conference.views.set_effort(Effort(draft_tiles=True))
        await made.change(content=ContentRules(still=StillSource(str(path))))

        def even_grey() -> bool:
            picture = made.screens["b"].picture
            if picture is None:
                return False
            middle = picture.y[60:120, 60:160].astype(float)
            return bool(abs(middle.mean() - 126) < 12 and middle.std() < 12)

        await until(even_grey)
