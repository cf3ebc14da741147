"""Whether there is room for one more site."""

import pytest

from mcu_core.adaptation.admission import (
    LAST_STEP,
    PIXELS_720P,
    SOUND_CORES,
    Newcomer,
    Spent,
    cost_of_site,
    refusal,
)

OWN = Newcomer(True, PIXELS_720P, 30)


def test_a_site_costs_what_the_others_cost() -> None:
    spent = Spent(1.0, 2.0, decoders=(0.1, 0.3, 0.0), encode_ms=10.0)
    assert cost_of_site(spent, Newcomer()) == pytest.approx(0.2 + SOUND_CORES)
    assert cost_of_site(spent, OWN) == pytest.approx(0.5 + SOUND_CORES)
    small = Newcomer(True, PIXELS_720P // 4, 15)
    assert cost_of_site(spent, small) == pytest.approx(0.2 + 0.3 / 8 + SOUND_CORES)


def test_who_sends_no_picture_needs_no_decoder() -> None:
    assert cost_of_site(Spent(0.0, 2.0), Newcomer(sends_video=False)) == SOUND_CORES


def test_before_anything_is_measured_a_site_costs_what_is_usual() -> None:
    assert 0.02 < cost_of_site(Spent(0.0, 2.0), Newcomer()) < 0.1
    assert 0.15 < cost_of_site(Spent(0.0, 2.0), OWN) < 0.3


def test_who_fits_is_let_in_who_does_not_is_told_why() -> None:
    assert refusal(Spent(1.0, 2.0), 0.5) == ""
    reason = refusal(Spent(1.6, 2.0), 0.5)
    assert "0.30 of 2 cores left" in reason
    assert "0.50" in reason


def test_an_engine_that_has_overloaded_itself_takes_nobody() -> None:
    assert "overloaded" in refusal(Spent(1.5, 2.0, step=LAST_STEP), 0.01)
    assert refusal(Spent(1.5, 2.0, step=1), 0.01) == ""
    assert refusal(Spent(0.3, 2.0, step=LAST_STEP), 0.01) == "", "others keep the machine busy"
