"""Whatever callers send, control's decisions about it end in a value or in the one right error."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from control_api.auth.invitations import Invitation, invite, read_invitation
from control_api.errors import NotLoggedIn
from control_api.rest.ranges import span_of
from control_api.rest.shields import is_cross_site
from control_api.services.names import LONGEST, clean_name
from mcu_core.contract.choosing import choose_mode, choose_own
from mcu_core.errors import BadInput

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["panes", "x", "y", "w", "h", "z", "name", "main", "overlap", "?"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@given(JSON)
def test_a_layout_is_understood_or_refused(value: object) -> None:
    with contextlib.suppress(BadInput):
        choose_own(value)
    with contextlib.suppress(BadInput):
        choose_mode(value)


@given(st.text(max_size=100))
def test_a_name_is_clean_or_refused(text: str) -> None:
    try:
        name = clean_name(text)
    except BadInput:
        return
    assert 1 <= len(name) <= LONGEST
    assert clean_name(name) == name


@given(st.text(max_size=60) | st.from_regex(r"bytes=\d*-\d*"), st.integers(0, 50))
def test_a_span_lies_inside_the_file(header: str, size: int) -> None:
    span = span_of(header, size)
    if span is None:
        return
    assert 0 <= span.start <= span.end <= size
    assert span.partial or (span.start, span.end) == (0, size)


GOOD = invite("secret", Invitation("c", "s", 10.0))


@given(st.text(max_size=80))
def test_nobody_guesses_an_invitation(text: str) -> None:
    for token in {text, f"v1.{text}", f"{GOOD}{text}"} - {GOOD}:
        with pytest.raises(NotLoggedIn):
            read_invitation("secret", token, 0.0)


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=40))
def test_another_origin_is_another_site(origin: str) -> None:
    assert is_cross_site("POST", Headers({"origin": f"http://{origin}.x", "host": "mcu.example"}))
    assert not is_cross_site("GET", Headers({"origin": f"http://{origin}.x", "host": "mcu.x"}))
