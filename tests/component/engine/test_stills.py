"""Stills of one site or of the content: what it sends now, also where nobody sees that."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from mcu_core.contract.commands import StillTaken
from mcu_core.contract.definition import Pane, SiteDefinition, SiteKind
from mcu_core.engine import stills
from mcu_core.engine.stills import Stills
from mcu_core.errors import NotFound, Refused
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.picture import Picture
from tests.component.engine.test_content import MAGENTA, is_color, still
from tests.component.engine.test_content_channels import CYAN, present
from tests.component.engine.test_views import FULL, PINS, Room, room
from tests.fakes.screen import quarters
from tests.fakes.waiting import DEADLINE_S, until


def seen(taken: StillTaken) -> Picture:
    half = ((taken.height + 1) // 2, (taken.width + 1) // 2)
    sizes = ((taken.height, taken.width), half, half)
    y, u, v = (
        np.frombuffer(data, np.uint8).reshape(size)
        for data, size in zip((taken.y, taken.u, taken.v), sizes, strict=True)
    )
    return Picture(y, u, v)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """How soon a keyframe is there and decoded is the machine's business."""
    monkeypatch.setattr(stills, "PATIENCE_NS", round(DEADLINE_S) * NS_PER_SECOND)


@asynccontextmanager
async def showing_a() -> AsyncIterator[tuple[Room, Stills]]:
    async with room("ab", layout=FULL, panes=(Pane("site", "a"),)) as made:
        await made.shows("b", *"aaaa")
        yield made, Stills(made.clock)


async def test_a_site_that_is_seen_and_one_that_is_not() -> None:
    async with showing_a() as (made, take):
        await until(lambda: not made.conference.seat("b").video.watched)
        for name in "ab":
            began_ns = made.clock.now_ns()
            taken = await take.take(made.conference, name, False)
            took_s = (made.clock.now_ns() - began_ns) / NS_PER_SECOND
            assert set(quarters(seen(taken))) == {name}
            assert taken.age_s < 1 + took_s, "a slow machine's while does not count"
        seat = made.conference.seat("b")
        assert not seat.video.watched, "it is left alone again"
        await made.change(panes=(Pane("site", "b"),))
        await made.shows("a", *"bbbb")


async def test_it_is_decoded_on_where_somebody_looks_meanwhile() -> None:
    async with showing_a() as (made, _):
        video = made.conference.seat("b").video
        await until(lambda: not video.watched)
        with video.held(), video.held():
            await until(lambda: video.latest() is not None)
            video.watch(False)
            assert video.latest() is not None
        assert video.latest() is None
        with video.held():
            await made.change(panes=(Pane("site", "b"),))
            await made.shows("a", *"bbbb")
        assert video.latest() is not None


async def test_content_of_whom_it_is_shown_of_a_site_and_an_image(tmp_path: Path) -> None:
    async with room("ab", panes=PINS) as made:
        take, sender = Stills(made.clock), await present(made, "a", takes=False)
        with pytest.raises(Refused, match="no content"):
            await take.take(made.conference, "", True)
        with pytest.raises(Refused, match="sends no content"):
            await take.take(made.conference, "a", True)
        sender.slides.share(CYAN)
        await until(lambda: made.conference.content.source is not None)
        for site in ("", "a"):
            assert is_color(seen(await take.take(made.conference, site, True)), 0.5, 0.5, CYAN)
        await made.change(content=still(tmp_path))
        assert is_color(seen(await take.take(made.conference, "", True)), 0.5, 0.5, MAGENTA)


async def test_who_is_not_there_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    off = (
        SiteDefinition("a", "a", SiteKind.RTP),
        SiteDefinition("b", "b", SiteKind.RTP, video_off=True),
    )
    async with room("ab", sites=off) as made:
        take = Stills(made.clock)
        await until(lambda: made.conference.seat("b").video.units > 0)
        with pytest.raises(Refused, match="switched off"):
            await take.take(made.conference, "b", False)
        with pytest.raises(NotFound):
            await take.take(made.conference, "c", False)
        await made.conference.disconnect("a-screen")
        with pytest.raises(Refused, match="not here"):
            await take.take(made.conference, "a", False)
        await made.join("a")
        seat = made.conference.seat("a")
        await until(lambda: seat.video.units > 0)
        monkeypatch.setattr(stills, "PATIENCE_NS", -1)
        monkeypatch.setattr(seat.video, "latest", lambda: None)
        with pytest.raises(Refused, match="sends no picture"):
            await take.take(made.conference, "a", False)
