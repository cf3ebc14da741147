"""When a receiver of sound counts as one that loses packets."""

from mcu_core.adaptation.sound_loss import CALM_NS, LOSSY_FRACTION, SoundLoss
from mcu_core.media.clock import NS_PER_SECOND


def test_one_lost_packet_in_five_seconds_is_nothing() -> None:
    loss = SoundLoss()
    assert not any(loss.heard(1, k * NS_PER_SECOND) for k in range(100))
    assert not loss.lossy


def test_loss_is_believed_at_once_and_told_once() -> None:
    loss = SoundLoss()
    assert [loss.heard(fraction, 0) for fraction in (0, LOSSY_FRACTION, 200)] == [
        False,
        True,
        False,
    ]
    assert loss.lossy


def test_calm_must_last() -> None:
    loss = SoundLoss()
    loss.heard(25, 0)
    told = [k for k in range(1, 100) if loss.heard(10 if k == 20 else 0, k * NS_PER_SECOND)]
    assert told == [20 + CALM_NS // NS_PER_SECOND]
    assert not loss.lossy
