"""What is learnt from when frames come."""

import random

from mcu_core.ingress.arrivals import (
    FIRST_DELAY_NS,
    JUMP_NS,
    LEAST_DELAY_NS,
    LONGEST_DELAY_NS,
    Arrivals,
)
from mcu_core.media.clock import NS_PER_MS
from mcu_core.media.sound import BLOCK_NS

START = 50_000 * NS_PER_MS


def feed(arrivals: Arrivals, lateness_ms: list[float], first: int = 0) -> None:
    for k, late in enumerate(lateness_ms, first):
        stamp = k * BLOCK_NS
        arrivals.note(stamp, START + stamp + int(late * NS_PER_MS))


def test_a_new_stream_is_given_some_room() -> None:
    arrivals = Arrivals()
    assert arrivals.timing.target_ns == FIRST_DELAY_NS
    feed(arrivals, [0.0] * 10)
    assert arrivals.timing.target_ns == FIRST_DELAY_NS


def test_a_calm_network_needs_little_more_than_a_block() -> None:
    arrivals = Arrivals()
    feed(arrivals, [0.0] * 100)
    assert arrivals.timing.target_ns == 25 * NS_PER_MS
    assert arrivals.timing.base_ns == START


def test_the_target_covers_the_jitter_and_comes_down_again() -> None:
    chance = random.Random(1)
    arrivals = Arrivals()
    feed(arrivals, [chance.uniform(0, 60) for _ in range(400)])
    assert 75 * NS_PER_MS < arrivals.timing.target_ns < 90 * NS_PER_MS
    feed(arrivals, [0.0] * 250, 400)
    assert arrivals.timing.target_ns == 25 * NS_PER_MS


def test_bounds_hold_whatever_comes() -> None:
    chance = random.Random(2)
    for _ in range(20):
        arrivals = Arrivals()
        for _ in range(300):
            arrivals.note(chance.randrange(10**10), chance.randrange(10**10))
            assert LEAST_DELAY_NS <= arrivals.timing.target_ns <= LONGEST_DELAY_NS


def test_one_frame_in_a_hundred_moves_nothing() -> None:
    arrivals = Arrivals()
    feed(arrivals, [150.0 if k % 100 == 50 else 0.0 for k in range(300)])
    assert arrivals.timing.target_ns == 25 * NS_PER_MS


def test_a_clock_that_drifts_is_followed() -> None:
    """A sender 200 ppm slow is 24 ms behind after two minutes; the reference moves along."""
    arrivals = Arrivals()
    feed(arrivals, [k * 20 * 200e-6 for k in range(6000)])
    assert arrivals.timing.base_ns > START + 21 * NS_PER_MS
    assert arrivals.timing.target_ns < 30 * NS_PER_MS


def test_a_longer_way_moves_what_is_heard_once() -> None:
    """Its reference follows ten seconds later: what is due must not wait for both meanwhile."""
    arrivals = Arrivals()
    feed(arrivals, [0.0] * 600)
    feed(arrivals, [50.0] * 100, 600)
    due_ns = START + 75 * NS_PER_MS
    for k in range(700, 1500):
        feed(arrivals, [50.0], k)
        assert arrivals.timing.base_ns + arrivals.timing.target_ns == due_ns
    assert arrivals.timing.base_ns == START + 50 * NS_PER_MS, "it has followed"


def test_a_jump_begins_another_timeline() -> None:
    arrivals = Arrivals()
    feed(arrivals, [30.0 * (k % 2) for k in range(100)])
    stamp = 100 * BLOCK_NS + 2 * JUMP_NS
    assert not arrivals.note(stamp, START + 100 * BLOCK_NS)
    assert arrivals.timing.base_ns == START + 100 * BLOCK_NS - stamp
    assert arrivals.note(stamp + BLOCK_NS, START + 101 * BLOCK_NS)
