"""Content that moves, and content of several sites at once (presentation mode "live pictures")."""

from dataclasses import replace

from mcu_core.contract.content import ContentRules
from mcu_core.contract.definition import SiteDefinition, SiteKind
from mcu_core.layouts.automatic import layout_for
from mcu_core.media.picture import Picture
from tests.component.engine.test_content import MAGENTA, is_color
from tests.component.engine.test_content_channels import CYAN, present, shows
from tests.component.engine.test_views import PINS, room
from tests.fakes.waiting import until

LIVE = ContentRules(motion=True)


def shows_beside(picture: Picture | None, *colors: str) -> bool:
    """Whether the panes of the layout for so many are those colours, in order."""
    panes = layout_for(len(colors)).panes
    return all(
        is_color(picture, float(pane.x + pane.w / 2), float(pane.y + pane.h / 2), color)
        for pane, color in zip(panes, colors, strict=True)
    )


async def test_what_moves_is_coded_at_the_conference_s_own_rate() -> None:
    async with room("ab", panes=PINS, content=LIVE) as made:
        sender, taker = await present(made, "a", takes=False), await present(made, "b")
        sender.slides.share(MAGENTA, fps=30)
        await until(lambda: shows(taker.slides.picture, MAGENTA))
        form = taker.slides.video_out
        assert form is not None
        assert (form.fps, form.sharp) == (30, False)
        first = taker.slides.units[0]
        assert first.duration_ns == 1_000_000_000 // 30
        await made.change(content=ContentRules())
        await until(lambda: taker.slides.video_out is not None and taker.slides.video_out.sharp)


async def test_sixty_pictures_of_both_streams_of_a_site_are_passed_through() -> None:
    sites = (
        SiteDefinition("a", "a", SiteKind.RTP),
        SiteDefinition("b", "b", SiteKind.RTP, watch="a"),
    )
    async with room("ab", sites=sites, fps=60, video_bitrate_bps=8_000_000, content=LIVE) as made:
        sender = await present(made, "a", takes=False, fps=60)
        taker = await present(made, "b", streams=True)
        taker.abilities = replace(taker.abilities, takes_streams=True)
        sender.slides.share(MAGENTA, fps=60)
        outputs = made.conference.views.outputs
        await until(lambda: outputs.passed_through(taker.slides) and outputs.passed_through(taker))
        seat = made.conference.seat("a")

        def over_thirty() -> bool:
            facts = (seat.video.facts, seat.content.facts)
            return all(one is not None and one.fps > 33 for one in facts)

        await until(over_thirty)
        assert taker.video_out is not None
        assert taker.video_out.fps == 60
        await until(lambda: shows(taker.slides.picture, MAGENTA))


async def test_several_stand_side_by_side_the_newest_first() -> None:
    async with room("abc", panes=PINS, content=ContentRules(several=True)) as made:
        a, b, c = [await present(made, name) for name in "abc"]
        a.slides.share(MAGENTA)
        await until(lambda: shows(c.slides.picture, MAGENTA))
        b.slides.share(CYAN)
        await until(lambda: shows_beside(c.slides.picture, CYAN, MAGENTA))
        await until(lambda: shows_beside(a.slides.picture, CYAN, MAGENTA))
        now = made.conference.snapshot().content
        assert now is not None
        assert now.site == "b"
        await b.slides.rest()
        await until(lambda: shows(c.slides.picture, MAGENTA))
        await made.change(content=ContentRules())
        assert [source.joined_ns > 0 for source in made.conference.content.sources] == [True]
