"""Which rungs a view's receivers are given, where there is room for more of them and where not."""

from dataclasses import replace

from mcu_core.adaptation.overload import Effort
from mcu_core.conference.direction import CONFERENCE, ViewKey
from mcu_core.engine.rungs import shared
from mcu_core.media.codec import H264, VP8
from mcu_core.media.units import VideoForm

FULL = VideoForm(H264, 640, 360, 30, 1_000_000)
LOW = replace(FULL, bitrate_bps=500_000)
LEAST = replace(FULL, width=320, height=180, bitrate_bps=200_000)
EFFORT = Effort()
ONE = {(CONFERENCE, FULL)}


def wanted(*forms: VideoForm) -> list[tuple[str, ViewKey, VideoForm]]:
    return [(f"s{k}", CONFERENCE, form) for k, form in enumerate(forms)]


class Till:
    """Affords so much, and notes what it was asked for."""

    def __init__(self, *, open: bool) -> None:
        self.open = open
        self.asked: list[int] = []

    def __call__(self, pixels_s: int) -> bool:
        self.asked.append(pixels_s)
        return self.open


def test_one_more_rung_is_asked_for_and_given_where_there_is_room() -> None:
    till = Till(open=True)
    assert shared(wanted(FULL, LEAST), EFFORT, ONE, till) == {"s0": FULL, "s1": LEAST}
    assert till.asked == [320 * 180 * 30]


def test_without_room_a_view_has_as_many_rungs_as_it_had_and_nobody_more_than_he_bears() -> None:
    till = Till(open=False)
    assert shared(wanted(FULL, LOW), EFFORT, ONE, till) == {"s0": LOW, "s1": LOW}
    two = {(CONFERENCE, FULL), (CONFERENCE, LEAST)}
    given = shared(wanted(FULL, FULL, LOW, LEAST), EFFORT, two, till)
    assert given == {"s0": FULL, "s1": FULL, "s2": LEAST, "s3": LEAST}


def test_who_only_moves_needs_no_room() -> None:
    till = Till(open=False)
    assert shared(wanted(LOW, LOW), EFFORT, ONE, till) == {"s0": LOW, "s1": LOW}
    assert shared(wanted(FULL, LOW), EFFORT, (), till) == {"s0": FULL, "s1": LOW}, "it begins"
    assert not till.asked


def test_views_and_codecs_are_asked_for_apart() -> None:
    till = Till(open=False)
    own = ViewKey("own", "s1")
    vp8 = replace(LOW, codec=VP8)
    others = [("s0", CONFERENCE, FULL), ("s1", own, LOW), ("s2", CONFERENCE, vp8)]
    running = {*ONE, (own, FULL), (CONFERENCE, vp8)}
    assert shared(others, EFFORT, running, till) == {"s0": FULL, "s1": LOW, "s2": vp8}
    assert not till.asked
