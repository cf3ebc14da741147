"""Contract messages as bytes: what goes in comes out, and anything else is one error."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.contract.commands import Attached, AttachRtp, OpenTap, PutConference
from mcu_core.contract.definition import (
    ConferenceDefinition,
    LayoutChoice,
    LayoutRect,
    OwnLayout,
    Pane,
    PatternSource,
    SiteDefinition,
    SiteKind,
)
from mcu_core.contract.events import Levels, TapUnit
from mcu_core.contract.framing import LENGTH_BYTES, MAX_MESSAGE_BYTES, body_length
from mcu_core.contract.wire import ENGINE_FRAMING, Hello, Message, Notice, Reply, Request, Tapped
from mcu_core.errors import MalformedInput

DEFINITION = ConferenceDefinition(
    "c1",
    "远程会诊",
    layout=LayoutChoice(own=OwnLayout((LayoutRect(0, 0, 1, 1),))),
    panes=(Pane("site", "s1"),),
    sites=(SiteDefinition("s1", "喀什", SiteKind.PATTERN, pattern=PatternSource()),),
    revision=7,
)
MESSAGES: list[Message] = [
    Hello(1, "control"),
    Request(1, PutConference(DEFINITION)),
    Request(2, AttachRtp("c1", "s1", "v=0", (5004, 5006))),
    Request(3, OpenTap("c1", 12)),
    Reply(2, Attached("e1", "v=0")),
    Notice(Levels("c1", {"s1": -20.5})),
    Tapped(TapUnit("main", 5, 6, True, b"\x00\xff")),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_wire(message: Message) -> None:
    data = ENGINE_FRAMING.encode(message)
    assert body_length(data[:LENGTH_BYTES]) == len(data) - LENGTH_BYTES
    assert ENGINE_FRAMING.decode(data[LENGTH_BYTES:]) == message


@given(st.binary(max_size=200))
def test_any_bytes_give_a_message_or_one_error(data: bytes) -> None:
    try:
        ENGINE_FRAMING.decode(data)
    except MalformedInput:
        return


@given(st.integers(0, len(ENGINE_FRAMING.encode(MESSAGES[1])) - 1), st.integers(0, 255))
def test_a_changed_byte_gives_a_message_or_one_error(position: int, value: int) -> None:
    data = bytearray(ENGINE_FRAMING.encode(MESSAGES[1]))
    data[position] = value
    try:
        ENGINE_FRAMING.decode(bytes(data[LENGTH_BYTES:]))
    except MalformedInput:
        return


def test_a_length_over_the_limit_is_refused() -> None:
    with pytest.raises(MalformedInput, match="length"):
        body_length((MAX_MESSAGE_BYTES + 1).to_bytes(4, "big"))


def test_unknown_fields_of_a_definition_are_refused() -> None:
    wrong = msgspec.to_builtins(DEFINITION) | {"colour": "red"}
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert(wrong, ConferenceDefinition)
