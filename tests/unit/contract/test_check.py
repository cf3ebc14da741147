"""What makes a definition wrong, field by field."""

import msgspec
import pytest

from mcu_core.contract.check import check
from mcu_core.contract.definition import (
    MAX_SITES,
    ConferenceDefinition,
    FileSource,
    Group,
    LayoutChoice,
    LayoutRect,
    Logo,
    OwnLayout,
    Pane,
    SiteDefinition,
    SiteKind,
    TextStrip,
    VideoLimit,
    View,
    VoiceSwitching,
)
from mcu_core.errors import BadInput

GOOD = ConferenceDefinition("c", "conference")
RTP = SiteDefinition("s", "site", SiteKind.RTP)


def test_defaults_are_right() -> None:
    check(GOOD)
    check(msgspec.structs.replace(GOOD, width=1920, height=1080, fps=60, sites=(RTP,)))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"width": 1281}, "width"),
        ({"width": 126}, "width"),
        ({"height": 4320}, "height"),
        ({"fps": 0}, "fps"),
        ({"fps": 61}, "fps"),
        ({"video_bitrate_bps": 1}, "video_bitrate_bps"),
        ({"panes": (Pane(),) * 101}, "panes"),
        ({"sites": (RTP, RTP)}, "sites[1].id"),
        ({"sites": (SiteDefinition("", "x", SiteKind.RTP),)}, "sites[0].id"),
        ({"sites": (SiteDefinition("f", "x", SiteKind.FILE),)}, "sites[0].file"),
        ({"sites": (SiteDefinition("p", "x", SiteKind.PATTERN),)}, "sites[0].pattern"),
        (
            {"sites": (msgspec.structs.replace(RTP, gain_db=float("nan")),)},
            "sites[0].gain_db",
        ),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        check(msgspec.structs.replace(GOOD, **change))
    assert caught.value.field == field


def test_a_file_site_with_its_file_is_right() -> None:
    site = SiteDefinition("f", "x", SiteKind.FILE, file=FileSource("a.mp4"))
    check(msgspec.structs.replace(GOOD, sites=(site,)))


PIN_SELF = View(panes=(Pane(), Pane(kind="site", site="s")))
NO_LAYOUT = OwnLayout((LayoutRect(0, 0, 1, 1), LayoutRect(0.5, 0, 0.5, 1)))


def seen(**wanted: object) -> dict[str, object]:
    """A change to a conference of one site that has these wishes."""
    return {"sites": (msgspec.structs.replace(RTP, **wanted),)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"layout": LayoutChoice(mode=50)}, "layout.mode"),
        ({"layout": LayoutChoice(own=NO_LAYOUT)}, "layout.own.panes[1]"),
        ({"panes": (Pane(kind="site"),)}, "panes[0].site"),
        ({"panes": (Pane(), Pane(kind="poll", interval_s=0))}, "panes[1].interval_s"),
        ({"panes": (Pane(kind="poll", interval_s=float("nan")),)}, "panes[0].interval_s"),
        ({"panes": (Pane(kind="poll", sites=("a", "a")),)}, "panes[0].sites[1]"),
        ({"panes": (Pane(kind="poll", sites=("",)),)}, "panes[0].sites[0]"),
        ({"poll_s": 0.5}, "poll_s"),
        ({"poll_s": 3601}, "poll_s"),
        (seen(view=View(sources=("a", "a"))), "sites[0].view.sources[1]"),
        (seen(view=View(layout=LayoutChoice(mode=-1))), "sites[0].view.layout.mode"),
        (seen(view=PIN_SELF), "sites[0].view.panes[1].site"),
        (seen(watch="s"), "sites[0].watch"),
        (seen(watch="nobody"), "sites[0].watch"),
        (seen(limit=VideoLimit(width=8)), "sites[0].limit.width"),
        (seen(limit=VideoLimit(height=-2)), "sites[0].limit.height"),
        (seen(limit=VideoLimit(fps=61)), "sites[0].limit.fps"),
        (seen(limit=VideoLimit(bitrate_bps=1)), "sites[0].limit.bitrate_bps"),
        ({"groups": (Group(-1, (), View()),)}, "groups[0].id"),
        ({"groups": (Group(3, (), View()), Group(3, (), View()))}, "groups[1].id"),
        ({"groups": (Group(3, ("a", "a"), View()),)}, "groups[0].sites[1]"),
        (
            {"groups": (Group(3, ("a",), View()), Group(4, ("b", "a"), View()))},
            "groups[1].sites[1]",
        ),
        ({"groups": (Group(3, (), View(poll_s=-1)),)}, "groups[0].view.poll_s"),
        ({"groups": tuple(Group(k, (), View()) for k in range(101))}, "groups"),
        ({"broadcast": "nobody"}, "broadcast"),
        ({"lecturer": "nobody"}, "lecturer"),
        ({"voice": VoiceSwitching(gate=101)}, "voice.gate"),
        ({"voice": VoiceSwitching(attack_s=0)}, "voice.attack_s"),
        ({"voice": VoiceSwitching(hold_s=61)}, "voice.hold_s"),
        ({"loudest": 201}, "loudest"),
        ({"banner": TextStrip("x" * 501)}, "banner.text"),
        ({"banner": TextStrip("two\nlines")}, "banner.text"),
        ({"banner": TextStrip("read \u202esdrawkcab")}, "banner.text"),
        ({"caption": TextStrip(size=0.3)}, "caption.size"),
        ({"caption": TextStrip(color="#ffffff80")}, "caption.color"),
        ({"caption": TextStrip(background="red")}, "caption.background"),
        ({"logo": Logo("/etc/logo.png")}, "logo.path"),
        ({"logo": Logo("a/../../logo.png")}, "logo.path"),
        ({"logo": Logo("")}, "logo.path"),
        ({"logo": Logo("x.png", size=0.31)}, "logo.size"),
    ],
)
def test_what_is_wrong_about_pictures_and_voices_is_named(
    change: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        check(msgspec.structs.replace(GOOD, **change))
    assert caught.value.field == field


def test_a_conference_with_everything_is_right() -> None:
    other = msgspec.structs.replace(
        RTP, id="o", watch="s", limit=VideoLimit(1280, 720, 30, 512_000)
    )
    own = msgspec.structs.replace(
        RTP, view=msgspec.structs.replace(PIN_SELF, show_self=True, poll_s=3600, sources=("z",))
    )
    check(
        ConferenceDefinition(
            "c",
            "conference",
            sites=(own, other),
            panes=(Pane(kind="poll", sites=("s", "away"), interval_s=1),),
            groups=(Group(0, ("s", "away"), View(layout=LayoutChoice(mode=49))),),
            broadcast="s",
            lecturer="o",
            voice=VoiceSwitching(gate=0, attack_s=0.3, hold_s=0, to="broadcast"),
            loudest=200,
            banner=TextStrip("北京协和医院 远程会诊", color="#AABBCC", background="#00000000"),
            caption=TextStrip("x" * 500, "bottom", 0.2),
            logo=Logo("logos/hospital.png", "bottom-left"),
        )
    )


def test_all_pictures_together_name_a_bounded_number_of_sites() -> None:
    ids = tuple(f"s{k}" for k in range(MAX_SITES))
    large = View(panes=(Pane("poll", sites=ids),) * 50)
    sites = tuple(
        msgspec.structs.replace(RTP, id=name, view=View(sources=ids)) for name in ids[:50]
    )
    check(msgspec.structs.replace(GOOD, sites=sites))
    groups = (Group(1, (), large), Group(2, (), large))
    with pytest.raises(BadInput, match="all pictures") as caught:
        check(msgspec.structs.replace(GOOD, sites=sites, groups=groups))
    assert caught.value.field == "groups[1].view"
