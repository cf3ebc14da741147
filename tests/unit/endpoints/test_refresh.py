"""Keyframes for a receiver that cannot ask."""

from itertools import pairwise

from mcu_core.endpoints.refresh import AFTER_JOIN_NS, EVERY_NS, Refresh

STEP_NS = 100_000_000


def test_several_soon_then_few() -> None:
    start = 5_000_000_000
    refresh = Refresh(start)
    given = [at for at in range(0, 60_000_000_000, STEP_NS) if refresh.due(start + at)]
    assert given[: len(AFTER_JOIN_NS)] == list(AFTER_JOIN_NS)
    later = given[len(AFTER_JOIN_NS) - 1 :]
    assert {b - a for a, b in pairwise(later)} == {EVERY_NS}
