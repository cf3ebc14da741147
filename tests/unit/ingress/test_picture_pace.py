"""When pictures are shown that come late, on moved clocks."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from mcu_core.ingress.picture_pace import CALM_NS, MOST_NS, PicturePace
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from tests.fakes.sound_call import jitter

INTERVAL_MS = 33
AHEAD_MS = 12_345
"""What the sender's clock is behind ours."""


class Show:
    """Pictures of 30 a second, each so many ms late; when they were shown, after their capture."""

    def __init__(self) -> None:
        self.pace = PicturePace()
        self.shown: list[float] = []
        self._sent = 0

    def play(self, count: int, late: Callable[[int], float | None]) -> list[float]:
        """`count` more; a decoder gives them in order. What it took to show them, ms."""
        came_ms = 0.0
        first = len(self.shown)
        for n in range(count):
            late_ms = late(n)
            media_ms = self._sent * INTERVAL_MS
            self._sent += 1
            if late_ms is None:
                continue
            came_ms = max(came_ms, media_ms + AHEAD_MS + late_ms)
            due_ns = self.pace.due_ns(media_ms * NS_PER_MS, int(came_ms * NS_PER_MS))
            assert due_ns >= int(came_ms * NS_PER_MS)
            self.shown.append(due_ns / NS_PER_MS - media_ms - AHEAD_MS)
        return self.shown[first:]


@pytest.mark.parametrize("most_ms", [0, 15, CALM_NS // NS_PER_MS - 1])
def test_on_a_good_network_pictures_are_shown_when_they_come(most_ms: int) -> None:
    show = Show()
    assert max(show.play(600, jitter(most_ms))) <= most_ms
    assert show.pace.delay_ns == 0


def test_pictures_that_wait_for_repairs_move_evenly_soon() -> None:
    show = Show()
    repaired = jitter(1)
    show.play(60, lambda n: 250 if n % 7 == 3 else repaired(n))
    steady = show.play(300, lambda n: 250 if n % 7 == 3 else repaired(n))
    assert max(steady) - min(steady) < 5
    assert steady[0] == pytest.approx(250, abs=5)


def test_a_second_of_jitter_is_ridden_out_and_given_back() -> None:
    show = Show()
    show.play(60, jitter(5))
    show.play(60, jitter(1000))
    ridden = show.play(240, jitter(1000, seed=2))
    assert max(ridden) - min(ridden) < 200
    back = show.play(5 * 30, jitter(5))
    assert back[-1] <= 6
    pauses = [b - a for a, b in pairwise(back)]
    assert max(pauses) < INTERVAL_MS, "given back without a pause"


def test_time_for_repairs_is_taken_before_they_come_and_given_back() -> None:
    show = Show()
    before = show.play(60, jitter(1))
    show.pace.expect(250 * NS_PER_MS, int((60 * INTERVAL_MS + AHEAD_MS) * NS_PER_MS))
    taken = show.play(45, jitter(1))
    assert taken[-1] == pytest.approx(250, abs=2)
    steps = [b - a for a, b in pairwise(before[-1:] + taken)]
    assert max(steps) < 2 * INTERVAL_MS, "slowly, and without a pause"
    show.play(60, jitter(1))
    assert show.play(30, jitter(1))[-1] < 2


def test_one_pause_of_the_network_leaves_nothing_behind() -> None:
    show = Show()
    show.play(90, jitter(5))
    held = show.play(30, lambda n: max(0.0, 900 - n * INTERVAL_MS))
    assert held[0] == pytest.approx(900, abs=1)
    assert held[-1] < 10, "pictures that waited together do not wait again"


def test_delay_has_an_end() -> None:
    show = Show()
    show.play(60, jitter(5))
    show.play(300, jitter(1900))
    assert show.pace.delay_ns <= MOST_NS


def test_another_timeline_begins_at_once() -> None:
    show = Show()
    show.play(60, jitter(800))
    jump_ns = 3600 * NS_PER_SECOND
    now_ns = 2 * jump_ns
    assert show.pace.due_ns(jump_ns, now_ns) == now_ns
    assert show.pace.due_ns(jump_ns + 33, now_ns + 33) == now_ns + 33


def test_pictures_that_never_come_are_waited_for_by_nobody() -> None:
    show = Show()
    assert max(show.play(300, lambda n: None if n % 3 else 2.0)) == 2.0
