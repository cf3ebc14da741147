"""Content of sites: who shares it, who gets it by a channel of its own, and who in its picture."""

from pathlib import Path

from mcu_core.contract.content import ContentRules
from mcu_core.contract.snapshots import ContentSnapshot
from mcu_core.media.picture import Picture
from tests.component.engine.test_content import MAGENTA, is_color, still
from tests.component.engine.test_views import FORM, PINS, Room, room
from tests.fakes.content import Presenter
from tests.fakes.screen import NOTHING
from tests.fakes.waiting import until

CYAN = "#10a0c0"


async def present(
    made: Room, name: str, *, takes: bool = True, streams: bool = False, fps: int = 30
) -> Presenter:
    """Let a site come back with a second channel."""
    await made.conference.disconnect(f"{name}-screen")
    seat = made.conference.seat(name)
    site = Presenter(name, seat.intake, made.clock, FORM, takes=takes, streams=streams, fps=fps)
    made.screens[name] = site
    await made.conference.connect(name, site)
    return site


def shows(picture: Picture | None, color: str) -> bool:
    return is_color(picture, 0.4, 0.5, color)


def rate(site: Presenter) -> int:
    assert site.video_out is not None
    return site.video_out.bitrate_bps


def content(made: Room) -> ContentSnapshot | None:
    return made.conference.snapshot().content


async def test_who_has_a_channel_gets_it_there_and_who_has_none_in_the_picture() -> None:
    async with room("abc", panes=PINS) as made:
        sender, taker = await present(made, "a", takes=False), await present(made, "b")
        sender.slides.share(MAGENTA)
        await until(lambda: shows(taker.slides.picture, MAGENTA))
        await until(lambda: shows(made.screens["c"].picture, MAGENTA))
        await made.shows("b", "a", "b", NOTHING, NOTHING)
        await made.shows("a", "a", "b", NOTHING, NOTHING)
        assert content(made) == ContentSnapshot("site", "a", "a", 320, 180)
        form = taker.slides.video_out
        assert form is not None
        assert (form.width, form.height, form.sharp) == (320, 180, True)
        assert form.bitrate_bps == rate(taker) == 500_000, "half of its rate each"
        await sender.slides.rest()
        await until(lambda: content(made) is None)
        await made.shows("c", "a", "b", NOTHING, NOTHING)
        await until(lambda: rate(taker) == 1_000_000)
        count = len(taker.slides.units)
        await until(
            lambda: not any("AUX1" in out.view for out in made.conference.views.outputs.snapshots())
        )
        assert len(taker.slides.units) <= count + 2


async def test_an_image_goes_by_the_channel_too(tmp_path: Path) -> None:
    async with room("ab", panes=PINS) as made:
        taker = await present(made, "a")
        await made.change(content=still(tmp_path))
        await until(lambda: shows(taker.slides.picture, MAGENTA))
        await until(lambda: shows(made.screens["b"].picture, MAGENTA))
        await made.shows("a", "a", "b", NOTHING, NOTHING)


async def test_a_second_sender_takes_over_and_gives_it_back() -> None:
    async with room("abc", panes=PINS) as made:
        first, second = await present(made, "a"), await present(made, "b")
        first.slides.share(MAGENTA)
        await until(lambda: shows(made.screens["c"].picture, MAGENTA))
        second.slides.share(CYAN)
        await until(lambda: shows(made.screens["c"].picture, CYAN))
        await until(lambda: shows(first.slides.picture, CYAN))
        await made.conference.disconnect("b-screen")
        await until(lambda: shows(made.screens["c"].picture, MAGENTA))


async def test_locked_nobody_takes_it_until_it_is_given_by_hand_and_ended() -> None:
    async with room("abc", panes=PINS) as made:
        first, second = await present(made, "a"), await present(made, "b")
        first.slides.share(MAGENTA)
        await until(lambda: shows(made.screens["c"].picture, MAGENTA))
        await made.change(content=ContentRules(locked=True))
        second.slides.share(CYAN)
        await until(lambda: made.conference.seat("b").content.units > 10)
        assert (now := content(made)) is not None
        assert now.site == "a"
        made.conference.content.take("b")
        await until(lambda: shows(made.screens["c"].picture, CYAN))
        made.conference.content.finish("b")
        await until(lambda: content(made) is None)
        await until(lambda: made.conference.seat("b").content.units > 60)
        assert content(made) is None, "it sends on, but was ended"


async def test_content_that_nobody_sees_is_not_decoded() -> None:
    async with room("a", panes=PINS) as made:
        sender = await present(made, "a")
        ingress = made.conference.seat("a").content
        sender.slides.share(MAGENTA)
        await until(lambda: ingress.units > 20)
        assert ingress.stats.frames == 0
        await made.conference.disconnect("a-screen")


async def test_content_passes_through_to_who_can_take_it_as_it_is() -> None:
    async with room("ab", panes=PINS) as made:
        sender, taker = await present(made, "a"), await present(made, "b", streams=True)
        sender.slides.share(MAGENTA)
        await until(lambda: made.conference.views.outputs.passed_through(taker.slides))
        await until(lambda: not made.conference.seat("a").content.watched)
        await until(lambda: shows(taker.slides.picture, MAGENTA))
        await made.shows("b", "a", "b", NOTHING, NOTHING)


async def test_what_passes_through_is_the_first_sender_s_again_when_it_is_given_back() -> None:
    async with room("abc", panes=PINS) as made:
        first, second = await present(made, "a"), await present(made, "b")
        taker = await present(made, "c", streams=True)

        def passed(color: str) -> bool:
            outputs = made.conference.views.outputs
            return outputs.passed_through(taker.slides) and shows(taker.slides.picture, color)

        first.slides.share(MAGENTA)
        await until(lambda: passed(MAGENTA))
        second.slides.share(CYAN)
        await until(lambda: passed(CYAN))
        made.conference.content.take("a")
        await until(lambda: passed(MAGENTA))
