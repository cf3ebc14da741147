"""What stands in the panes of one composed picture."""

from typing import Any

import pytest

from mcu_core.conference.picture import ComposedPicture
from mcu_core.conference.roster import Roster
from mcu_core.contract.definition import LayoutChoice, Pane, PaneFit, View
from mcu_core.media.clock import NS_PER_SECOND

VOICE = Pane(kind="voice")
POLL = Pane(kind="poll", interval_s=10)
TWO, FOUR, SIX = (LayoutChoice(mode=number) for number in (4, 11, 21))
FIVE = ("a", "b", "c", "d", "e")


def pinned(site: str) -> Pane:
    return Pane(kind="site", site=site)


def roster(present: tuple[str, ...] = FIVE, **known: Any) -> Roster:
    return Roster(present, present, **known)


def panes(
    view: View,
    now: Roster | None = None,
    *,
    follow: tuple[str, ...] = (),
    hidden: str = "",
    picture: ComposedPicture | None = None,
    at_s: float = 0,
) -> tuple[str, ...]:
    picture = picture or ComposedPicture()
    at_ns = round(at_s * NS_PER_SECOND)
    return picture.show(view, hidden, now or roster(), follow, at_ns).panes


def test_who_has_the_floor_stands_in_the_voice_pane_and_nowhere_else() -> None:
    view = View(SIX, (VOICE,))
    assert panes(view, follow=("d", "b")) == ("d", "a", "b", "c", "e", "")


def test_a_second_voice_pane_has_who_spoke_before() -> None:
    assert panes(View(FOUR, (VOICE, VOICE)), follow=("d", "b")) == ("d", "b", "a", "c")


def test_a_voice_pane_without_a_voice_fills_itself() -> None:
    assert panes(View(TWO, (VOICE, Pane()))) == ("a", "b")


def test_a_site_that_was_put_somewhere_by_hand_stays_there_while_it_speaks() -> None:
    view = View(FOUR, (VOICE, pinned("d")))
    assert panes(view, follow=("d", "b")) == ("b", "d", "a", "c")


@pytest.mark.parametrize(
    "now", [roster(camera_off=frozenset("d")), roster(audio_only=frozenset("d"))]
)
def test_the_voice_pane_follows_nobody_without_a_picture(now: Roster) -> None:
    assert panes(View(TWO, (VOICE,)), now, follow=("d", "b"))[0] == "b"


def test_when_the_floor_moves_the_two_change_places() -> None:
    picture, view = ComposedPicture(), View(FOUR, (VOICE,))
    assert panes(view, follow=("a",), picture=picture) == ("a", "b", "c", "d")
    assert panes(view, follow=("c", "a"), picture=picture) == ("c", "b", "a", "d")


def test_who_had_the_floor_stays_when_a_site_that_was_not_shown_takes_it() -> None:
    picture, view = ComposedPicture(), View(FOUR, (VOICE,))
    panes(view, roster(spoke_ns={"b": 5, "c": 3, "d": 4}), follow=("a",), picture=picture)
    now = roster(spoke_ns={"a": 9, "b": 5, "c": 3, "d": 4, "e": 11})
    assert panes(view, now, follow=("e", "a"), picture=picture) == ("e", "b", "d", "a")


def test_the_floor_pushes_out_the_longest_silent_but_a_short_word_does_not() -> None:
    picture, view = ComposedPicture(), View(FOUR)
    spoke = {"a": 1, "b": 2, "c": 4, "d": 3}
    assert panes(view, roster(spoke_ns=spoke), picture=picture) == ("c", "d", "b", "a")
    spoke["e"] = 9
    assert panes(view, roster(spoke_ns=spoke), picture=picture) == ("c", "d", "b", "a")
    shown = panes(view, roster(spoke_ns=spoke), follow=("e", "a"), picture=picture)
    assert shown == ("c", "d", "e", "a")  # a spoke first, but had the floor before e


def test_a_named_list_takes_turns_and_stands_nowhere_else() -> None:
    view = View(FOUR, (Pane(kind="poll", sites=("b", "z", "d", "a"), interval_s=10), pinned("a")))
    picture = ComposedPicture()
    seen = [panes(view, picture=picture, at_s=at) for at in (0, 10, 20)]
    assert seen == [("b", "a", "c", "e"), ("d", "a", "c", "e"), ("b", "a", "c", "e")]


def test_polling_without_a_list_shows_the_others() -> None:
    view = View(FOUR, (Pane(), POLL))
    picture = ComposedPicture()
    assert panes(view, picture=picture) == ("a", "d", "b", "c")
    assert picture.next_ns == 10 * NS_PER_SECOND
    assert panes(view, picture=picture, at_s=10) == ("a", "e", "b", "c")


def test_the_whole_picture_is_polled() -> None:
    view = View(FOUR, (pinned("c"),), poll_s=5)
    picture = ComposedPicture()
    six = roster((*FIVE, "f"))
    seen = [panes(view, six, picture=picture, at_s=at) for at in (0, 5, 10)]
    assert seen == [("c", "a", "b", "d"), ("c", "a", "e", "f"), ("c", "b", "e", "d")]
    assert panes(view, roster(("a", "c")), picture=picture, at_s=15) == ("c", "a", "", "")
    assert picture.next_ns is None


def test_polling_begins_with_what_was_shown() -> None:
    picture = ComposedPicture()
    view = View(TWO)
    before = panes(view, roster(spoke_ns={"d": 2, "c": 1}), picture=picture)
    assert panes(View(TWO, poll_s=5), picture=picture) == before == ("d", "c")


def test_sites_without_a_picture_come_after_all_others() -> None:
    picture, view = ComposedPicture(), View(TWO)
    silent = frozenset({"a", "b"})
    assert panes(view, roster(("a", "b"), audio_only=silent), picture=picture) == ("a", "b")
    now = roster(("a", "b", "c"), audio_only=silent)
    assert panes(view, now, picture=picture) == ("c", "b")
    now = roster(("a", "b", "c", "d"), audio_only=silent)
    assert set(panes(view, now, follow=("a",), picture=picture)) == {"c", "d"}


def test_an_empty_place_is_taken_before_one_where_sound_only_stands() -> None:
    picture, view = ComposedPicture(), View(TWO)
    panes(view, roster(("a",), audio_only=frozenset("a")), picture=picture)
    now = roster(("a", "c"), audio_only=frozenset("a"))
    assert panes(view, now, picture=picture) == ("a", "c")


def test_a_dark_camera_keeps_its_pane() -> None:
    assert panes(View(TWO), roster(("a", "b"), camera_off=frozenset("a"))) == ("a", "b")


def test_sources_bound_what_fills_itself() -> None:
    view = View(FOUR, (VOICE, pinned("a")), sources=("c", "d"))
    assert panes(view, follow=("e", "d")) == ("d", "a", "c", "")


def test_the_automatic_layout_counts_what_is_shown() -> None:
    def count(view: View, **known: Any) -> int:
        return len(panes(view, **known))

    assert count(View()) == 6
    assert count(View(), hidden="a") == 4
    assert count(View(sources=("a", "b"))) == 2
    assert count(View(sources=("a",), panes=(pinned("z"), pinned("y")))) == 3
    # A list needs one pane, whoever stands on it.
    assert count(View(panes=(Pane(kind="poll", sites=("a", "b", "c")),))) == 3


def test_an_automatic_layout_has_every_pane_that_was_set_by_hand() -> None:
    shown = panes(View(panes=(*[Pane()] * 7, pinned("b"))), roster(("a", "b")))
    assert shown[:8] == ("a", "", "", "", "", "", "", "b")


def test_the_picture_shrinks_by_itself() -> None:
    picture = ComposedPicture()
    assert len(panes(View(), picture=picture)) == 6
    assert len(panes(View(), roster(("a", "b")), picture=picture, at_s=1)) == 6
    assert picture.next_ns == 4 * NS_PER_SECOND
    assert len(panes(View(), roster(("a", "b")), picture=picture, at_s=4)) == 2


def test_the_hidden_site_stands_nowhere() -> None:
    view = View(FOUR, (pinned("a"), Pane(kind="poll", sites=("a", "b")), VOICE))
    assert panes(view, follow=("a", "c"), hidden="a") == ("d", "b", "c", "e")


def test_panes_keep_their_fit() -> None:
    view = View(FOUR, (Pane(kind="voice", fit=PaneFit.CROP), Pane(fit=PaneFit.FILL)))
    fits = ComposedPicture().show(view, "", roster(), ("a",), 0).fits
    assert fits == (PaneFit.CROP, PaneFit.FILL, PaneFit.AUTO, PaneFit.AUTO)


SPEAKER = View(LayoutChoice(policy="speaker"))


def test_who_speaks_stands_large_when_the_picture_is_the_speakers() -> None:
    picture = ComposedPicture()
    shown = picture.show(SPEAKER, "", roster(), ("d",), 0)
    assert shown.layout.id == 19
    assert shown.panes == ("d", "a", "b", "c", "e")
    assert panes(SPEAKER, follow=("b", "d"), picture=picture) == ("b", "a", "d", "c", "e")


def test_few_speakers_are_equal_and_do_not_jump() -> None:
    picture = ComposedPicture()
    two = roster(("a", "b"))
    before = panes(SPEAKER, two, follow=("a", "b"), picture=picture)
    assert panes(SPEAKER, two, follow=("b", "a"), picture=picture) == before


def test_what_was_put_by_hand_stays_in_the_speakers_picture() -> None:
    view = View(SPEAKER.layout, (pinned("c"),))
    assert panes(view, follow=("d",))[0] == "c"


def test_of_two_voice_panes_only_one_changes() -> None:
    view, picture = View(FOUR, (VOICE, VOICE)), ComposedPicture()
    floors = (("a", ""), ("b", "a"), ("c", "b"), ("b", "c"))
    shown = [panes(view, follow=floor, picture=picture)[:2] for floor in floors]
    assert shown == [("a", "b"), ("a", "b"), ("c", "b"), ("c", "b")]
