"""Who hears which mix."""

from mcu_core.conference.audibility import EVERYTHING, HANGOVER_NS, NOTHING, mix_of

NOW = 10_000_000_000


def test_a_site_that_sounds_hears_its_own_mix() -> None:
    assert mix_of("a", False, NOW, NOW) == "a"
    assert mix_of("a", False, NOW - HANGOVER_NS, NOW) == "a"


def test_silent_sites_share_the_whole_mix() -> None:
    assert mix_of("a", False, None, NOW) == EVERYTHING
    assert mix_of("a", False, NOW - HANGOVER_NS - 1, NOW) == EVERYTHING


def test_a_quiet_site_hears_nothing() -> None:
    assert mix_of("a", True, NOW, NOW) == NOTHING
