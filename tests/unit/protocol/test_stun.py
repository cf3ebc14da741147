"""Whom a STUN message is for."""

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.protocol.stun import Check, read_check


def message(kind: stun.Class, **attributes: object) -> bytes:
    made = stun.Message(stun.Method.BINDING, kind, b"transaction!")
    made.attributes.update({name.replace("_", "-"): one for name, one in attributes.items()})
    made.add_message_integrity(b"password")
    return bytes(made)


def test_a_request_names_whom_it_is_for() -> None:
    data = message(stun.Class.REQUEST, PRIORITY=7, USERNAME="ours:theirs")
    assert read_check(data) == Check(b"transaction!", b"ours")


@pytest.mark.parametrize("kind", [stun.Class.RESPONSE, stun.Class.ERROR])
def test_an_answer_is_known_by_its_transaction(kind: stun.Class) -> None:
    assert read_check(message(kind)) == Check(b"transaction!")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        message(stun.Class.REQUEST),
        message(stun.Class.REQUEST, USERNAME="a:b")[:-1],
        message(stun.Class.RESPONSE).replace(b"\x21\x12\xa4\x42", b"\x21\x12\xa4\x43"),
        b"\x40" + message(stun.Class.RESPONSE)[1:],
    ],
)
def test_what_is_no_check_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_check(data)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_check_or_one_error(rest: bytes) -> None:
    head = b"\0\1" + len(rest).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12)
    for data in (rest, head + rest):
        try:
            found = read_check(data)
        except MalformedInput:
            continue
        assert len(found.transaction) == 12
        assert len(found.ufrag) <= len(data)
