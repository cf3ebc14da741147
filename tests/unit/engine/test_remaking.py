"""How long a conference that goes on breaking rests."""

from mcu_core.engine.remaking import HELD_NS, LONGEST_REST_S, Rests
from mcu_core.media.clock import NS_PER_SECOND


def test_it_comes_back_at_once_and_then_ever_later() -> None:
    rests, now_ns, rested = Rests(), 0, []
    for _ in range(9):
        rest_s = rests.broke("a", now_ns)
        rested.append(rest_s)
        now_ns += int(rest_s * NS_PER_SECOND) + NS_PER_SECOND
    assert rested == [0, 1, 2, 4, 8, 16, 32, LONGEST_REST_S, LONGEST_REST_S]


def test_others_are_not_held_up_by_it() -> None:
    rests = Rests()
    assert [rests.broke("a", 0), rests.broke("a", 1), rests.broke("b", 2)] == [0, 1, 0]


def test_who_has_held_for_a_minute_has_mended() -> None:
    rests = Rests()
    rests.broke("a", 0)
    assert rests.broke("a", HELD_NS - 1) == 1
    later = HELD_NS - 1 + NS_PER_SECOND + HELD_NS
    assert rests.broke("a", later - 1) == 2
    assert rests.broke("a", later - 1 + 2 * NS_PER_SECOND + HELD_NS) == 0
