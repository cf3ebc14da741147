"""Whose packets count."""

import pytest

from mcu_core.endpoints.learning import Follow
from mcu_core.endpoints.udp import SOURCE_SILENT_NS, SourcePin

SENDER = ("192.0.2.1", 4000)
REBOUND = (SENDER[0], 4002)
"""The same host after its NAT has forgotten the mapping."""
STRANGER = ("192.0.2.66", 4000)
SILENT = SOURCE_SILENT_NS + 1


def test_the_first_source_is_pinned_and_strangers_are_kept_out() -> None:
    pin = SourcePin()
    assert pin.admits(SENDER, 0)
    pin.heard(SENDER, 0)
    assert pin.admits(SENDER, 1)
    assert not pin.admits(STRANGER, 1)
    assert not pin.admits(STRANGER, 1, known=True)
    assert not pin.admits(REBOUND, 1)


def test_the_same_host_goes_on_from_another_port_after_a_silence() -> None:
    pin = SourcePin()
    pin.heard(SENDER, 0)
    assert not pin.admits(REBOUND, SOURCE_SILENT_NS)
    assert pin.admits(REBOUND, SILENT)


@pytest.mark.parametrize("follow", Follow)
def test_a_silence_lets_no_stranger_in_unless_anybody_may_follow(follow: Follow) -> None:
    pin = SourcePin(SENDER[0], follow)
    pin.heard(SENDER, 0)
    assert pin.admits(STRANGER, SILENT) is (follow is Follow.ANYBODY)
    assert pin.admits(STRANGER, SILENT, known=True) is (follow is not Follow.NAMED)


def test_who_went_into_another_network_is_known_by_its_ssrc() -> None:
    pin = SourcePin()
    pin.heard(SENDER, 0)
    assert not pin.admits(STRANGER, SILENT)
    assert pin.admits(STRANGER, SILENT, known=True)
    pin.heard(STRANGER, SILENT)
    assert pin.hosts[0] == STRANGER[0]


def test_who_was_merely_first_does_not_keep_out_whom_the_offer_named() -> None:
    pin = SourcePin(named=SENDER[0])
    assert pin.admits(STRANGER, 0)
    pin.heard(STRANGER, 0)
    assert pin.admits(SENDER, 1)
    pin.heard(SENDER, 1)
    assert not pin.admits(STRANGER, 2)
    assert not pin.admits(STRANGER, 2 * SILENT)


def test_only_the_named_host_is_ever_heard_where_that_is_asked_for() -> None:
    pin = SourcePin(SENDER[0], Follow.NAMED)
    assert not pin.admits(STRANGER, 0)
    assert pin.admits(REBOUND, 0)
    hidden = SourcePin("10.0.0.7", Follow.NAMED)
    hidden.hidden = True
    assert hidden.admits(SENDER, 0)
    hidden.heard(SENDER, 0)
    assert not hidden.admits(STRANGER, SILENT)
    assert hidden.admits(REBOUND, SILENT)


def test_after_a_goodbye_its_host_may_follow_at_once_and_nobody_else() -> None:
    pin = SourcePin()
    pin.heard(SENDER, 0)
    pin.release()
    assert pin.admits(REBOUND, 1)
    assert not pin.admits(STRANGER, 1)
    pin.follow = Follow.ANYBODY
    assert pin.admits(STRANGER, 1)


def test_who_moved_by_its_own_word_is_learnt_anew() -> None:
    pin = SourcePin(SENDER[0])
    pin.heard(SENDER, 0)
    pin.named = "192.0.2.2"
    pin.forget()
    assert pin.admits(STRANGER, 1)
