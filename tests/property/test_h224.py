"""H.224 and H.281: what is written is read again, and no bytes break the readers."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.protocol import h224, h281

ways = st.integers(-1, 1)
motions = st.builds(h281.Motion, ways, ways, ways, ways)
able = st.builds(h281.Motion, *[st.integers(0, 1)] * 4)
clients = st.one_of(
    st.integers(0, 0x7D).map(lambda number: bytes([number])),
    st.binary(min_size=1, max_size=1).map(lambda rest: b"\x7e" + rest),
    st.binary(min_size=5, max_size=5).map(lambda rest: b"\x7f" + rest),
)
addresses = st.integers(0, 0xFFFF)
frames = st.builds(
    h224.Frame,
    clients,
    st.binary(max_size=h224.MOST_DATA),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    addresses,
    addresses,
)
managements = st.one_of(
    st.builds(h224.ClientList, st.lists(st.tuples(clients, st.booleans()), max_size=20).map(tuple)),
    st.just(h224.ClientListWanted()),
    st.builds(h224.Capabilities, clients, st.binary(max_size=80)),
    st.builds(h224.CapabilitiesWanted, clients),
)
messages = st.one_of(
    st.builds(
        h281.Action,
        st.just(h281.Phase.START),
        motions,
        st.integers(1, 16).map(lambda steps: steps * 50),
    ),
    st.builds(h281.Action, st.sampled_from([h281.Phase.CONTINUE, h281.Phase.STOP]), motions),
    st.builds(h281.SelectSource, st.integers(0, 15), st.sampled_from(h281.Mode), st.booleans()),
    st.builds(h281.Preset, st.integers(0, 15), st.booleans()),
)
names = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=15)
sources = st.one_of(
    st.builds(h281.Source, st.integers(0, 5), able, st.booleans(), st.booleans()),
    st.builds(h281.Source, st.integers(6, 15), able, st.booleans(), st.booleans(), names),
)


@given(frames)
def test_a_frame_is_read_again(frame: h224.Frame) -> None:
    assert h224.read(frame.serialize()) == frame


@given(managements)
def test_management_is_read_again(message: h224.Management) -> None:
    assert h224.read_management(message.serialize()) == message


@given(messages)
def test_a_message_is_read_again(message: h281.Message) -> None:
    assert h281.read(message.serialize()) == message


@given(st.integers(0, 15), st.lists(sources, max_size=12).map(tuple))
def test_cameras_are_read_again(presets: int, told: tuple[h281.Source, ...]) -> None:
    cameras = h281.Cameras(presets, told)
    assert h281.read_cameras(cameras.serialize()) == cameras


@pytest.mark.parametrize("reader", [h224.read, h224.read_management, h281.read, h281.read_cameras])
@given(st.one_of(st.binary(max_size=300), frames.map(h224.Frame.serialize)))
def test_any_bytes_give_a_value_or_one_error(
    reader: Callable[[bytes], object], data: bytes
) -> None:
    try:
        found = reader(data)
    except MalformedInput:
        return
    if isinstance(found, h224.Frame):
        assert h224.read(found.serialize()) == found
