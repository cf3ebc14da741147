"""What was on a screen, judged by machine: the judge is right about made-up screens."""

import pytest

from benchmarks.screen import Shown
from benchmarks.skew import content_skews, delays_ms, first_shown, settled, sound_skews
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

FRAME_NS = NS_PER_SECOND // 30


def shown(content_late_ms: float = 0.0, sound_late_ms: float = 0.0) -> Shown:
    """Four seconds, each picture on the screen twice; the loop is 240 pictures long."""
    main = [(k * FRAME_NS // 2, (k // 2 + 200) % 240) for k in range(240)]
    late_ns = round(content_late_ms * NS_PER_MS)
    content = [(at_ns + late_ns, counter) for at_ns, counter in main]
    whole = [at_ns for at_ns, counter in first_shown(main) if counter % 30 == 0]
    chirps = [at_ns + round(sound_late_ms * NS_PER_MS) for at_ns in whole]
    return Shown(main, content, chirps, 0, 0)


def test_a_picture_counts_when_it_comes_first() -> None:
    assert len(first_shown(shown().main)) == 120
    delays = delays_ms(shown().main, lambda counter, before_ns: before_ns - 70 * NS_PER_MS)
    assert delays == [70.0] * 120
    assert delays_ms(shown().main, lambda counter, before_ns: None) == []


@pytest.mark.parametrize("late_ms", [-40.0, 0.0, 33.0, 250.0])
def test_content_and_sound_are_compared_with_their_own_moment(late_ms: float) -> None:
    seen = shown(late_ms, late_ms)
    assert [skew for _, skew in content_skews(seen)] == pytest.approx([late_ms] * 120)
    assert [skew for _, skew in sound_skews(seen)] == pytest.approx([late_ms] * 4, abs=0.01)


def test_a_second_whose_picture_was_skipped_is_told_by_its_neighbour() -> None:
    whole = shown(sound_late_ms=10.0)
    gone = [(at_ns, counter) for at_ns, counter in whole.main if counter != 210]
    seen = Shown(gone, [], whole.chirps_ns, 0, 0)
    assert [skew for _, skew in sound_skews(seen)] == pytest.approx([10.0] * 4, abs=0.01)


def test_what_comes_soon_after_an_event_is_told_apart() -> None:
    skews = [(k * NS_PER_SECOND // 2, float(-k)) for k in range(8)]
    soon, others = settled(skews, [NS_PER_SECOND])
    assert (soon, others) == ([4.0, 5.0], [0.0, 1.0, 6.0, 7.0])
