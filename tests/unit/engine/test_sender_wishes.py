"""Whom is asked for how much: by the largest pane in any picture that is coded."""

from types import SimpleNamespace
from typing import Any, cast

from mcu_core.adaptation.sender_rate import HOLD_NS, UNBOUNDED_BPS
from mcu_core.conference.direction import CONFERENCE, Shown, ViewKey
from mcu_core.contract.definition import PaneFit
from mcu_core.engine.sender_wishes import SenderWishes, largest_tiles
from mcu_core.layouts.catalogue import MODES
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm

FOUR = next(mode for mode in MODES[1:] if len(mode.panes) == 4)
HD, SMALL = VideoForm(H264, 1280, 720, 30, 2_000_000), VideoForm(H264, 640, 360, 30, 500_000)
OWN = ViewKey("full", "b")


def shown(layout: Any, *sites: str) -> Shown:
    return Shown(layout, sites, (PaneFit.AUTO,) * len(sites))


VIEWS = {CONFERENCE: shown(FOUR, "a", "b", "", "c"), OWN: shown(MODES[1], "b")}


def test_the_largest_pane_of_all_coded_pictures_counts() -> None:
    panes = [float(pane.w * pane.h) for pane in FOUR.panes]
    tiles = largest_tiles(VIEWS, [(CONFERENCE, SMALL), (CONFERENCE, HD), (OWN, SMALL)])
    assert tiles["a"] == panes[0] * 1280 * 720
    assert tiles["b"] == max(640 * 360, panes[1] * 1280 * 720)
    assert "d" not in tiles
    assert largest_tiles(VIEWS, [(ViewKey("group", "1"), HD)]) == {}


class Asked:
    """An endpoint that notes what it is asked for."""

    def __init__(self) -> None:
        self.bps = 0

    def ask_rate(self, bitrate_bps: int) -> None:
        self.bps = bitrate_bps


def test_each_is_asked_for_its_own_and_a_new_connection_begins_anew() -> None:
    wishes = SenderWishes()
    a, b = Asked(), Asked()
    videos = [SimpleNamespace(shown_pixels=None) for _ in "ab"]
    seats = cast(
        "Any",
        {
            "a": SimpleNamespace(endpoint=a, video=videos[0]),
            "b": SimpleNamespace(endpoint=b, video=videos[1]),
        },
    )
    for now_ns in (0, HOLD_NS):
        wishes.look(seats, {"a": 640 * 360.0}, {"b": 352 * 288.0}, now_ns)
    assert (a.bps, b.bps) == (768_000, UNBOUNDED_BPS)
    assert [one.shown_pixels for one in videos] == [640 * 360, 352 * 288]
    again = Asked()
    seats["a"].endpoint = again
    wishes.look(seats, {"a": 640 * 360.0}, {}, HOLD_NS)
    assert again.bps == UNBOUNDED_BPS
    del seats["a"]
    wishes.look(seats, {}, {}, 3 * HOLD_NS)
    seats["b"].endpoint = None
    wishes.look(seats, {}, {}, 3 * HOLD_NS)
