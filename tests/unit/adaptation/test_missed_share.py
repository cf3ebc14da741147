"""A path that collapses, seen in what is asked for again."""

import random

from mcu_core.adaptation.missed_share import (
    COLLAPSE,
    FULL_MISSING,
    FULL_WINDOW,
    WINDOW,
    MissedShare,
)


def test_a_collapse_is_found_once_and_told_as_it_is_now() -> None:
    share = MissedShare()
    assert share.asked([0, 50]) == 0
    lost = [number for number in range(100, 200) if number % 8]
    found = [told for number in lost if (told := share.asked([number]))]
    assert len(found) == 1
    assert found[0] > 0.8
    later = [number for number in range(200, 230) if number % 8]
    assert not any(share.asked([number]) for number in later)


def test_asking_again_and_again_is_no_loss() -> None:
    share = MissedShare()
    for _ in range(50):
        assert share.asked(range(int(COLLAPSE * WINDOW) - 1)) == 0


def test_old_numbers_say_nothing() -> None:
    share = MissedShare()
    assert share.asked([5000]) == 0
    assert share.asked(range(5000 - WINDOW)) == 0
    assert share.asked([-7]) == 0


def test_bursts_of_a_bad_network_are_no_collapse() -> None:
    dice, share, burst, lost = random.Random(3), MissedShare(), False, []
    for number in range(20_000):
        burst = dice.random() >= 0.2 if burst else dice.random() < 0.05
        if burst:
            lost.append(number)
    assert len(lost) > 3500
    assert sum(share.asked([number]) > 0 for number in lost) <= 1


def test_a_way_that_was_broken_for_a_while_is_no_narrower() -> None:
    share = MissedShare()
    assert share.asked([5]) == 0
    assert not any(share.asked([number]) for number in range(100, 400))


def test_a_queue_that_is_full_is_told_from_a_burst_by_what_passes_one_by_one() -> None:
    burst, full = MissedShare(), MissedShare()
    assert not any(burst.asked([number]) for number in range(100, 100 + FULL_MISSING + 5))
    lost = [number for number in range(100, 100 + FULL_WINDOW) if number % 6]
    found = [told for number in lost if (told := full.asked([number]))]
    assert found == [FULL_MISSING / FULL_WINDOW]
