"""Whose packets count."""

from mcu_core.endpoints.udp import SOURCE_SILENT_NS, SourcePin

SENDER = ("192.0.2.1", 4000)
STRANGER = ("192.0.2.66", 4000)


def test_the_first_source_is_pinned_and_strangers_are_kept_out() -> None:
    pin = SourcePin()
    assert pin.admits(SENDER, 0)
    pin.heard(SENDER, 0)
    assert pin.admits(SENDER, 1)
    assert not pin.admits(STRANGER, 1)
    assert not pin.admits((SENDER[0], 4002), 1)


def test_another_source_is_learnt_after_a_silence_only() -> None:
    pin = SourcePin()
    pin.heard(SENDER, 0)
    assert not pin.admits(STRANGER, SOURCE_SILENT_NS)
    assert pin.admits(STRANGER, SOURCE_SILENT_NS + 1)


def test_who_was_merely_first_does_not_keep_out_whom_the_offer_named() -> None:
    pin = SourcePin(named=SENDER[0])
    pin.heard(STRANGER, 0)
    assert pin.admits(SENDER, 1)
    pin.heard(SENDER, 1)
    assert not pin.admits(STRANGER, 2)


def test_after_a_goodbye_the_next_source_may_follow_at_once() -> None:
    pin = SourcePin()
    pin.heard(SENDER, 0)
    pin.release()
    assert pin.admits(STRANGER, 1)
