"""Which layer of a sender is decoded, by the largest tile that shows it."""

import pytest

from mcu_core.adaptation.layer_choice import (
    ENOUGH,
    GONE_NS,
    SILENT_NS,
    STEADY_NS,
    LayerChoice,
    LayerSeen,
    smallest_serving,
)
from mcu_core.adaptation.sender_rate import HOLD_NS
from mcu_core.media.clock import NS_PER_SECOND

LOW, MIDDLE, HIGH = 320 * 180, 640 * 360, 1280 * 720
SIZES = (LOW, MIDDLE, HIGH)
START_NS = 10 * NS_PER_SECOND


def seen(*came_ns: int | None, since_ns: int = 0) -> list[LayerSeen]:
    return [LayerSeen(size, since_ns, came) for size, came in zip(SIZES, came_ns, strict=False)]


def all_here(now_ns: int) -> list[LayerSeen]:
    return seen(now_ns, now_ns, now_ns)


@pytest.mark.parametrize(
    ("sizes", "pixels", "place"),
    [
        (SIZES, 0.0, 0),
        (SIZES, float(LOW), 0),
        (SIZES, LOW / ENOUGH, 0),
        (SIZES, LOW / ENOUGH + 1, 1),
        (SIZES, 640.0 * 400, 1),
        (SIZES, float(HIGH), 2),
        (SIZES, 1920.0 * 1080, 2),
        (SIZES, None, 2),
        (SIZES[::-1], 0.0, 2),
        (SIZES[::-1], None, 0),
        ((0, MIDDLE, 0), 0.0, 1),
        ((LOW, 0, HIGH), float(MIDDLE), 2),
        ((LOW, MIDDLE, 0), float(HIGH), 1),
        ((0, 0), 1.0, None),
        ((), None, None),
    ],
)
def test_the_smallest_that_serves(
    sizes: tuple[int, ...], pixels: float | None, place: int | None
) -> None:
    assert smallest_serving(sizes, pixels) == place


def test_up_at_once_and_down_after_a_while() -> None:
    choice, now_ns = LayerChoice(), START_NS
    assert choice.look(all_here(now_ns), 0.0, now_ns) == 0
    assert choice.look(all_here(now_ns), float(HIGH), now_ns) == 2
    assert choice.look(all_here(now_ns), float(LOW), now_ns) == 2
    now_ns += HOLD_NS - 1
    assert choice.look(all_here(now_ns), 0.0, now_ns) == 2
    assert choice.look(all_here(now_ns + 1), 0.0, now_ns + 1) == 0


def test_down_only_as_far_as_was_wanted_meanwhile() -> None:
    choice, now_ns = LayerChoice(), START_NS
    choice.look(all_here(now_ns), None, now_ns)
    choice.look(all_here(now_ns), 0.0, now_ns)
    choice.look(all_here(now_ns), float(MIDDLE), now_ns)
    now_ns += HOLD_NS
    assert choice.look(all_here(now_ns), 0.0, now_ns) == 1


def test_who_becomes_large_again_in_time_stays_as_it_is() -> None:
    choice, now_ns = LayerChoice(), START_NS
    choice.look(all_here(now_ns), None, now_ns)
    for _ in range(4):
        now_ns += HOLD_NS - 1
        assert choice.look(all_here(now_ns), 0.0, now_ns) == 2
        assert choice.look(all_here(now_ns), None, now_ns) == 2


def test_a_layer_that_others_go_on_without_is_gone() -> None:
    choice, now_ns = LayerChoice(), START_NS
    choice.look(all_here(now_ns), None, now_ns)
    last_ns, now_ns = now_ns, now_ns + SILENT_NS - 1
    assert choice.look(seen(now_ns, now_ns, last_ns), None, now_ns) == 2
    now_ns += 1
    assert choice.look(seen(now_ns, now_ns, last_ns), None, now_ns) == 1
    assert choice.look(seen(now_ns, last_ns, last_ns), None, now_ns) == 0


def test_one_whose_packets_come_is_given_longer_to_make_a_picture() -> None:
    choice, now_ns = LayerChoice(), START_NS
    choice.look(all_here(now_ns), None, now_ns)
    last_ns, now_ns = now_ns, now_ns + GONE_NS - 1
    mending = LayerSeen(HIGH, 0, last_ns, heard_ns=now_ns)
    assert choice.look([*seen(now_ns, now_ns), mending], None, now_ns) == 2
    assert choice.look([*seen(now_ns + 1, now_ns + 1), mending], None, now_ns + 1) == 1


def test_where_all_are_silent_none_is_gone() -> None:
    choice, now_ns = LayerChoice(), START_NS
    choice.look(all_here(now_ns), None, now_ns)
    assert choice.look(all_here(now_ns), None, now_ns + 100 * GONE_NS) == 2


def test_a_layer_that_returns_has_to_be_steady() -> None:
    choice, now_ns = LayerChoice(), START_NS
    layers = seen(now_ns, now_ns, None)
    assert choice.look(layers, None, now_ns) == 1
    layers[2] = LayerSeen(HIGH, now_ns, now_ns)
    assert choice.look(layers, None, now_ns + STEADY_NS - 1) == 1
    assert choice.look(layers, None, now_ns + STEADY_NS) == 2


def test_what_has_no_size_yet_is_not_chosen() -> None:
    choice = LayerChoice()
    unknown = [LayerSeen(0, 0, START_NS)] * 3
    assert choice.look(unknown, None, START_NS) is None
    assert choice.look([LayerSeen(LOW, 0, START_NS), *unknown[1:]], None, START_NS) == 0
