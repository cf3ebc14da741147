"""Who hears which mix."""

from mcu_core.conference.audibility import EVERYTHING, HANGOVER_NS, NOTHING, Apart, mix_of

NOW = 10_000_000_000


def test_a_site_that_sounds_hears_its_own_mix() -> None:
    assert mix_of("a", False, True) == "a"


def test_silent_sites_share_the_whole_mix() -> None:
    assert mix_of("a", False, False) == EVERYTHING


def test_a_quiet_site_hears_nothing() -> None:
    assert mix_of("a", True, True) == NOTHING


def test_who_has_sounded_stays_apart_for_a_while() -> None:
    apart = Apart()
    assert apart.note((), NOW) == frozenset()
    assert apart.note({"a", "b"}, NOW) == {"a", "b"}
    assert apart.note({"b"}, NOW + HANGOVER_NS) == {"a", "b"}
    assert apart.note((), NOW + HANGOVER_NS + 1) == {"b"}
