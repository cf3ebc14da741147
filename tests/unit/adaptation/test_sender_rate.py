"""What senders are asked for: by the largest tile, up at once, down after a while."""

import pytest

from mcu_core.adaptation.sender_rate import HOLD_NS, STEPS, UNBOUNDED_BPS, SenderRate, rate_of
from mcu_core.media.clock import NS_PER_MS

STEP_NS = 250 * NS_PER_MS
FULL, QUARTER, SIXTEENTH = 1280 * 720, 640 * 360, 320 * 180


@pytest.mark.parametrize(
    ("pixels", "bps"),
    [
        (None, UNBOUNDED_BPS),
        (0, 300_000),
        (SIXTEENTH, 300_000),
        (QUARTER, 768_000),
        (960 * 540, 2_048_000),
        (FULL, UNBOUNDED_BPS),
    ],
)
def test_a_tile_has_use_for_so_much(pixels: float | None, bps: int) -> None:
    assert rate_of(pixels) == bps
    assert bps in (*STEPS, UNBOUNDED_BPS)


def test_a_small_tile_bounds_after_a_while_and_a_large_one_frees_at_once() -> None:
    rate, now_ns = SenderRate(), 0
    asked = []
    while now_ns <= HOLD_NS:
        asked.append(rate.want(SIXTEENTH, now_ns))
        now_ns += STEP_NS
    assert set(asked[:-1]) == {UNBOUNDED_BPS}
    assert asked[-1] == 300_000
    assert rate.want(FULL, now_ns) == UNBOUNDED_BPS


def test_who_is_large_now_and_then_is_asked_for_the_largest_of_a_while() -> None:
    rate = SenderRate()
    asked = set()
    for k in range(400):
        large = k % 16 == 0  # once in four seconds
        asked.add(rate.want(FULL if large else SIXTEENTH, k * STEP_NS))
    assert asked == {UNBOUNDED_BPS}
    now_ns, middle = 400 * STEP_NS, set()
    for k in range(80):
        middle.add(rate.want(QUARTER if k % 8 == 0 else SIXTEENTH, now_ns + k * STEP_NS))
    assert middle == {UNBOUNDED_BPS, 768_000}


def test_what_is_passed_through_is_not_bounded() -> None:
    rate = SenderRate()
    for k in range(100):
        rate.want(0, k * STEP_NS)
    assert rate.want(None, 100 * STEP_NS) == UNBOUNDED_BPS
