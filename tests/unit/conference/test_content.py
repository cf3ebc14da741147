"""The content token: every transition of its table, and what holds whatever happens."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.conference.content import (
    MOST_SENDERS,
    OWN,
    Rules,
    Token,
    ask,
    end,
    give,
    rules_of,
    senders,
    settle,
)
from mcu_core.contract.content import ContentRules
from mcu_core.contract.definition import ConferenceDefinition

FREE = Rules()
ONLY_A = Rules(only="a")
LOCKED = Rules(locked=True)
HELD = Token("b", False, "b")


@pytest.mark.parametrize(
    ("token", "rules", "holder", "waiting"),
    [
        (Token(), FREE, "a", ()),
        (Token(), ONLY_A, "a", ()),
        (Token(), Rules(only="b"), "", ("a",)),
        (Token(), LOCKED, "", ("a",)),
        (Token(last="a"), LOCKED, "a", ()),
        (HELD, FREE, "a", ("b",)),
        (HELD, ONLY_A, "a", ("b",)),
        (HELD, LOCKED, "b", ("a",)),
        (HELD, Rules(only="b"), "b", ("a",)),
        (give(HELD, "c"), FREE, "c", ("b", "a")),
        (Token("a", False, "a", ("b",)), FREE, "a", ("b",)),
    ],
)
def test_a_site_that_asks(
    token: Token, rules: Rules, holder: str, waiting: tuple[str, ...]
) -> None:
    now = ask(token, "a", rules)
    assert (now.holder, now.waiting) == (holder, waiting)


def test_who_asks_again_is_the_newest_of_those_who_wait() -> None:
    token = ask(ask(ask(give(Token(), "z"), "a", FREE), "b", FREE), "a", FREE)
    assert token.waiting == ("b", "a")


def test_who_ends_gives_it_to_the_last_who_may_have_it() -> None:
    token = Token("a", False, "a", ("b", "c"))
    assert end(token, "a", FREE).holder == "c"
    assert end(token, "a", Rules(only="b")).holder == "b"
    assert end(token, "a", LOCKED) == Token("", False, "a", ("b", "c"))
    assert end(token, "c", FREE) == Token("a", False, "a", ("b",))


def test_locked_only_who_had_it_comes_back() -> None:
    gone = end(HELD, "b", LOCKED)
    assert ask(gone, "a", LOCKED).holder == ""
    assert ask(ask(gone, "a", LOCKED), "b", LOCKED).holder == "b"


def test_what_the_conference_shows_itself_goes_before_all_and_gives_it_back() -> None:
    shown = give(HELD, OWN)
    assert shown.holder == OWN
    assert ask(shown, "a", FREE).holder == OWN
    assert end(shown, OWN, LOCKED).holder == "b"
    assert end(end(shown, "b", FREE), OWN, FREE) == Token("", False, "b")


def test_new_rules_take_it_from_who_may_send_no_more_but_not_from_whom_it_was_given_by_hand() -> (
    None
):
    token = Token("b", False, "b", ("a",))
    assert settle(token, ONLY_A).holder == "a"
    assert settle(token, LOCKED) == token
    assert settle(give(token, "b"), ONLY_A).holder == "b"
    assert settle(Token("", False, "b", ("a",)), FREE).holder == "a", "unlocked: who waits comes in"


def test_where_several_may_send_all_who_wait_and_are_admitted_are_seen_the_newest_first() -> None:
    token = ask(ask(ask(Token(), "a", FREE), "b", FREE), "c", FREE)
    assert senders(token, FREE, several=True) == ("c", "b", "a")
    assert senders(token, FREE, several=False) == ("c",)
    assert senders(token, LOCKED, several=True) == ("c",), "locked, nobody else comes in"
    assert senders(give(token, OWN), FREE, several=True) == ()
    assert senders(Token(), FREE, several=True) == ()
    crowd = Token()
    for number in range(20):
        crowd = ask(crowd, str(number), FREE)
    assert len(senders(crowd, FREE, several=True)) == MOST_SENDERS


def test_the_rules_are_those_of_the_conference() -> None:
    plain = ConferenceDefinition("c", "c", chair="x")
    assert rules_of(plain) == Rules(None, False)
    chair = msgspec.structs.replace(plain, content=ContentRules("chair", locked=True))
    assert rules_of(chair) == Rules("x", True)
    assert rules_of(msgspec.structs.replace(plain, content=ContentRules("site", "y"))).only == "y"


names = st.sampled_from("abc")
steps = st.one_of(
    st.tuples(st.sampled_from(["ask", "end", "give"]), st.sampled_from(["a", "b", "c", OWN])),
    st.tuples(st.just("settle"), st.just("")),
)
rules = st.builds(Rules, only=st.none() | names, locked=st.booleans())


@given(st.lists(st.tuples(steps, rules)))
def test_whatever_happens_nobody_waits_for_what_he_has_or_sends_against_the_rules(
    course: list[tuple[tuple[str, str], Rules]],
) -> None:
    token = Token()
    sending: set[str] = set()
    for (step, site), now in course:
        if step == "ask" and site != OWN:
            sending.add(site)
            token = ask(token, site, now)
        elif step == "end":
            sending.discard(site)
            token = end(token, site, now)
        elif step == "give":
            if site == OWN or site in sending:
                token = give(token, site)
        else:
            token = settle(token, now)
            assert token.by_hand or token.holder in ("", now.only) or now.only is None
        assert token.holder not in token.waiting
        assert len(set(token.waiting)) == len(token.waiting)
        assert {token.holder, *token.waiting} - {"", OWN} == sending, "every sender is known once"
