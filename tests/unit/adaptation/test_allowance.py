"""So many per second, whatever is asked for."""

from mcu_core.adaptation.allowance import Allowance
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND


def taken(allowance: Allowance, now_ns: int, asked: int) -> int:
    return sum(allowance.take(now_ns) for _ in range(asked))


def test_a_second_is_allowed_at_once_and_no_more() -> None:
    assert taken(Allowance(50), 0, 1000) == 50


def test_it_comes_back_with_time_but_is_not_saved_up() -> None:
    allowance = Allowance(50)
    taken(allowance, 0, 50)
    assert taken(allowance, 100 * NS_PER_MS, 1000) == 5
    assert taken(allowance, 3600 * NS_PER_SECOND, 1000) == 50
