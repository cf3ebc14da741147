"""One of several sizes of a picture goes into the ingress, and changes without a gap."""

from itertools import pairwise

import pytest

from mcu_core.adaptation.layer_choice import GONE_NS, STEADY_NS
from mcu_core.ingress.layers import ASK_AGAIN_NS, MOST_ASKED_UNSEEN, Layer, LayerSwitch
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_SECOND, ManualClock
from mcu_core.media.codec import VP8
from mcu_core.media.units import AccessUnit

FRAME_NS = NS_PER_SECOND // 30
WIDTHS = {"l": 320, "m": 640, "h": 1280}


class Ingress(VideoIngress):
    """Notes what comes in instead of decoding."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, "site")
        self.taken: list[AccessUnit] = []
        self.repairs: list[int] = []

    def push(self, unit: AccessUnit) -> None:
        self.taken.append(unit)

    def expect_repairs(self, late_ns: int, now_ns: int) -> None:
        self.repairs.append(late_ns)


class Rig:
    """A sender's camera: every picture in all sizes that it sends, each with a clock of its own."""

    def __init__(self) -> None:
        self.clock = ManualClock(10 * NS_PER_SECOND)
        self.ingress = Ingress(self.clock)
        self.switch = LayerSwitch(tuple(WIDTHS), self.ingress, self.clock)
        self.l, self.m, self.h = self.switch.layers
        self.began_ns = {"l": 0, "m": 5 * NS_PER_SECOND, "h": 70 * NS_PER_SECOND}
        self.sending = "lmh"
        self.asked: list[str] = []

    def unit(self, layer: Layer, keyframe: bool = False, broken: bool = False) -> AccessUnit:
        width = WIDTHS[layer.rid]
        size = width.to_bytes(2, "little") + (width * 9 // 16).to_bytes(2, "little")
        data = (b"\x10\x00\x00\x9d\x01\x2a" if keyframe else b"\x11\x00\x00") + size
        now_ns = self.clock.now_ns()
        media_ns = now_ns + self.began_ns[layer.rid]
        return AccessUnit(VP8, data, now_ns, keyframe, broken, media_ns=media_ns)

    def picture(self, keyframes: str = "") -> None:
        """The next picture; whose is to be a keyframe."""
        self.clock.advance_ns(FRAME_NS)
        for layer in self.switch.layers:
            if layer.rid in self.sending:
                layer.push(self.unit(layer, layer.rid in keyframes))
        self.asked += [one.rid for one in self.switch.tick(self.clock.now_ns())]

    def run(self, length_ns: int) -> None:
        for _ in range(length_ns // FRAME_NS + 1):
            self.picture()

    @property
    def widths(self) -> list[int]:
        """What went in, by size."""
        found = []
        for unit in self.ingress.taken:
            place = 6 if unit.keyframe else 3
            found.append(int.from_bytes(unit.data[place : place + 2], "little"))
        return found

    @property
    def shown(self) -> str:
        return self.switch.current.rid if self.switch.current is not None else ""


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.picture("lmh")
    rig.run(STEADY_NS)
    return rig


def test_it_begins_with_whatever_can_be_decoded_and_goes_on_to_what_is_wanted(rig: Rig) -> None:
    assert rig.shown == "l"
    assert "h" in rig.asked
    rig.picture("lm")
    assert rig.shown == "l", "h alone is wanted"
    rig.picture("h")
    assert rig.shown == "h"
    assert set(rig.widths[:-1]) == {320}
    assert rig.widths[-1] == 1280


def test_the_picture_goes_on_while_the_other_layer_gives_no_keyframe(rig: Rig) -> None:
    before = len(rig.ingress.taken)
    rig.run(3 * NS_PER_SECOND)
    assert len(rig.ingress.taken) - before == 3 * NS_PER_SECOND // FRAME_NS + 1
    assert rig.shown == "l"
    assert 2 <= rig.asked.count("h") <= 5, "asked again, and ever more seldom"


def test_a_broken_keyframe_is_no_way_in(rig: Rig) -> None:
    rig.h.push(rig.unit(rig.h, keyframe=True, broken=True))
    assert rig.shown == "l"


def test_moments_go_on_over_a_change_by_when_they_came(rig: Rig) -> None:
    rig.picture("h")
    rig.run(FRAME_NS)
    moments = [unit.media_ns or 0 for unit in rig.ingress.taken]
    steps = {after - before for before, after in pairwise(moments)}
    assert steps <= {0, FRAME_NS}, "the keyframe shows the moment of the picture before it"
    assert moments[-1] == rig.clock.now_ns()


def test_what_the_sender_tells_of_moments_counts_more(rig: Rig) -> None:
    late_ns = 40_000_000  # the large one needs longer on its way
    rig.l.wall_less_media_ns = 7
    rig.h.wall_less_media_ns = 7 - rig.began_ns["h"] + late_ns
    assert rig.ingress.wall_less_media_ns == 7
    rig.picture("h")
    moment = rig.ingress.taken[-1].media_ns
    assert moment == rig.clock.now_ns() + late_ns
    assert rig.ingress.wall_less_media_ns == 7, "lips go on as they were"


def test_nonsense_about_moments_is_not_believed(rig: Rig) -> None:
    rig.l.wall_less_media_ns, rig.h.wall_less_media_ns = 0, 1 << 60
    rig.picture("h")
    assert rig.ingress.taken[-1].media_ns == rig.clock.now_ns()


def test_a_layer_that_is_gone_is_followed_by_the_next_best(rig: Rig) -> None:
    rig.picture("h")
    rig.sending, rig.asked = "lm", []
    rig.run(GONE_NS)
    assert "m" in rig.asked
    assert rig.shown == "h"
    rig.picture("m")
    assert rig.shown == "m"
    rig.sending = "lmh"
    rig.picture("h")
    assert rig.shown == "m", "it has to be steady"
    rig.run(STEADY_NS)
    rig.picture("h")
    assert rig.shown == "h"


def test_another_source_of_the_layer_that_is_shown_enters_by_a_keyframe(rig: Rig) -> None:
    rig.picture("h")
    rig.h.restart()
    before = len(rig.ingress.taken)
    rig.run(FRAME_NS)
    assert len(rig.ingress.taken) == before
    assert rig.switch.needed(), "somebody is asked for a keyframe"
    rig.picture("lmh")
    assert len(rig.ingress.taken) > before


def test_only_the_shown_ones_lateness_counts(rig: Rig) -> None:
    rig.h.expect_repairs(100, 0)
    rig.l.expect_repairs(200, 0)
    assert rig.ingress.repairs == [200]


def test_a_layer_that_never_tells_its_size_is_not_asked_for_ever() -> None:
    rig = Rig()
    rig.run(200 * ASK_AGAIN_NS)
    assert rig.asked.count("h") == MOST_ASKED_UNSEEN
    assert rig.switch.needed() == list(rig.switch.layers)
