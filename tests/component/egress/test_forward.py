"""A site's own stream on its way to receivers."""

from mcu_core.egress.forward import LONGEST_NS, SHORTEST_NS, ForwardGroup
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.codec import H264, VP8
from mcu_core.media.units import AccessUnit, EncodedUnit

KEY = b"\x00\x00\x00\x01\x67\x42\xc0\x1f\x00\x00\x00\x01\x65\x88\x80"
DELTA = b"\x00\x00\x00\x01\x41\x9a\x02"


class Rig:
    """A group, what it handed on, and how often it asked the source."""

    def __init__(self) -> None:
        self.clock = ManualClock(NS_PER_SECOND)
        self.asked = 0
        self.units: list[EncodedUnit] = []
        self.group = ForwardGroup(H264, self.clock, self._ask, self.units.append)

    def _ask(self) -> None:
        self.asked += 1

    def push(self, data: bytes, *, keyframe: bool = False, broken: bool = False) -> None:
        self.clock.advance_ns(33 * NS_PER_MS)
        now_ns = self.clock.now_ns()
        self.group.push(AccessUnit(H264, data, now_ns, keyframe, broken))


def test_units_are_handed_on_as_they_are_from_a_keyframe_on() -> None:
    rig = Rig()
    rig.push(DELTA)
    rig.push(KEY, keyframe=True)
    rig.push(DELTA)
    assert [unit.data for unit in rig.units] == [KEY, DELTA]
    assert all(unit.payloads for unit in rig.units)
    assert (rig.group.units, rig.group.keyframes, rig.group.dropped) == (2, 1, 1)
    assert SHORTEST_NS <= rig.units[1].duration_ns <= LONGEST_NS


def test_after_a_loss_it_waits_for_a_keyframe_and_asks_for_one() -> None:
    rig = Rig()
    rig.push(KEY, keyframe=True)
    rig.clock.advance_ns(NS_PER_SECOND)
    before = rig.asked
    rig.push(DELTA, broken=True)
    rig.push(DELTA)
    assert len(rig.units) == 1
    assert rig.asked == before + 1
    rig.push(KEY, keyframe=True)
    rig.push(DELTA)
    assert len(rig.units) == 3


def test_receivers_that_ask_all_at_once_ask_the_source_once_a_second() -> None:
    rig = Rig()
    for _ in range(20):
        rig.group.request_keyframe()
    assert rig.asked == 1
    rig.clock.advance_ns(NS_PER_SECOND)
    rig.push(KEY, keyframe=True)
    assert rig.asked == 2


def test_another_codec_is_not_handed_on() -> None:
    rig = Rig()
    rig.push(KEY, keyframe=True)
    rig.group.push(AccessUnit(VP8, b"\x10\x02\x00", rig.clock.now_ns(), keyframe=True))
    rig.push(DELTA)
    assert len(rig.units) == 1


def test_stamps_wait_for_the_sound_and_slide_where_it_moves() -> None:
    rig = Rig()
    later_ms = [45]
    rig.group = ForwardGroup(
        H264, rig.clock, rig._ask, rig.units.append, lambda: later_ms[0] * NS_PER_MS
    )
    rig.push(KEY, keyframe=True)
    assert rig.units[-1].stamp_ns == rig.clock.now_ns() + 45 * NS_PER_MS
    later_ms[0] = 65
    rig.push(DELTA)
    assert rig.units[-1].stamp_ns == rig.clock.now_ns() + 46 * NS_PER_MS
    for _ in range(30):
        rig.push(DELTA)
    assert rig.units[-1].stamp_ns == rig.clock.now_ns() + 65 * NS_PER_MS
    later_ms[0] = -30
    for _ in range(80):
        rig.push(DELTA)
    assert rig.units[-1].stamp_ns == rig.clock.now_ns(), (
        "a late camera's picture cannot come sooner"
    )


def test_another_sender_is_handed_on_from_its_keyframe() -> None:
    rig = Rig()
    rig.push(KEY, keyframe=True)
    rig.clock.advance_ns(NS_PER_SECOND)
    rig.group.restart()
    rig.push(DELTA)
    assert len(rig.units) == 1
    assert rig.asked > 0
    rig.push(KEY, keyframe=True)
    assert len(rig.units) == 2
