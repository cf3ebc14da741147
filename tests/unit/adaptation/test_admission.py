"""Whether there is room for one more site."""

import pytest

from mcu_core.adaptation.admission import (
    LAST_STEP,
    PIXELS_720P,
    SOUND_CORES,
    Load,
    Spent,
    cost_of,
    refusal,
)

OWN = Load(1, 1, 30 * PIXELS_720P)


def test_a_site_costs_what_the_others_cost() -> None:
    spent = Spent(1.0, 2.0, decoders=(0.1, 0.3, 0.0), encode_ms=10.0)
    assert cost_of(spent, Load(1, 1)) == pytest.approx(0.2 + SOUND_CORES)
    assert cost_of(spent, OWN) == pytest.approx(0.5 + SOUND_CORES)
    small = Load(1, 1, 15 * PIXELS_720P // 4)
    assert cost_of(spent, small) == pytest.approx(0.2 + 0.3 / 8 + SOUND_CORES)


def test_who_sends_no_picture_needs_no_decoder() -> None:
    assert cost_of(Spent(0.0, 2.0), Load(1)) == SOUND_CORES


def test_what_needs_less_than_before_is_free() -> None:
    assert cost_of(Spent(0.0, 2.0), Load(coded_pixels_s=-PIXELS_720P)) == 0


def test_before_anything_is_measured_a_site_costs_what_is_usual() -> None:
    assert 0.02 < cost_of(Spent(0.0, 2.0), Load(1, 1)) < 0.1
    assert 0.15 < cost_of(Spent(0.0, 2.0), OWN) < 0.3


def test_who_fits_is_let_in_who_does_not_is_told_why() -> None:
    assert refusal(Spent(1.0, 2.0), 0.5) == ""
    reason = refusal(Spent(1.6, 2.0), 0.5)
    assert "0.30 of 2 cores left" in reason
    assert "one more site takes about 0.50" in reason
    assert "a picture takes" in refusal(Spent(1.6, 2.0), 0.5, "a picture")


def test_an_engine_that_has_overloaded_itself_takes_nobody() -> None:
    assert "overloaded" in refusal(Spent(1.5, 2.0, step=LAST_STEP), 0.01)
    assert refusal(Spent(1.5, 2.0, step=1), 0.01) == ""
    assert refusal(Spent(0.3, 2.0, step=LAST_STEP), 0.01) == "", "others keep the machine busy"
