"""What makes a definition wrong, field by field."""

import msgspec
import pytest

from mcu_core.contract.check import check
from mcu_core.contract.definition import (
    ConferenceDefinition,
    FileSource,
    Pane,
    SiteDefinition,
    SiteKind,
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
