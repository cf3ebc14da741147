"""One rate for all receivers of a class."""

from mcu_core.adaptation.shared_rate import shared_bitrate, worth_changing


def test_nobody_advises_the_configured_rate_stays() -> None:
    assert shared_bitrate(2_000_000, []) == 2_000_000


def test_the_weakest_receiver_decides() -> None:
    assert shared_bitrate(2_000_000, [5_000_000, 900_000]) == 900_000


def test_one_bad_link_does_not_ruin_the_picture() -> None:
    assert shared_bitrate(2_000_000, [10_000]) == 500_000


def test_small_changes_are_not_worth_telling() -> None:
    assert not worth_changing(1_000_000, 1_050_000)
    assert worth_changing(1_000_000, 850_000)
