"""Far-end camera control in octets, put together by hand from the tables of H.224 and H.281."""

import pytest

from mcu_core.errors import MalformedInput
from mcu_core.protocol import h224, h281
from mcu_core.protocol.h281 import Action, Motion, Phase

HEAD = "00 71 03 0000 0000"
"""Address of the high priority, control field of unnumbered frames, from and to everybody."""
WHOLE = "c0"

START_UP_RIGHT = f"{HEAD} 01 {WHOLE} 01 f0 00"
CONTINUE_IN = f"{HEAD} 01 {WHOLE} 02 0c"
STOP_LEFT = f"{HEAD} 01 {WHOLE} 03 80"
STORE_5 = f"{HEAD} 01 {WHOLE} 06 50"
RECALL_5 = f"{HEAD} 01 {WHOLE} 07 50"
DOCUMENT_CAMERA = f"{HEAD} 01 {WHOLE} 04 30"
SWITCHED = f"{HEAD} 01 {WHOLE} 05 32"

VECTORS: list[tuple[str, h281.Message]] = [
    (START_UP_RIGHT, Action(Phase.START, Motion(pan=1, tilt=1), 800)),
    (f"{HEAD} 01 {WHOLE} 01 03 06", Action(Phase.START, Motion(focus=1), 300)),
    (CONTINUE_IN, Action(Phase.CONTINUE, Motion(zoom=1))),
    (STOP_LEFT, Action(Phase.STOP, Motion(pan=-1))),
    (STORE_5, h281.Preset(5, store=True)),
    (RECALL_5, h281.Preset(5, store=False)),
    (DOCUMENT_CAMERA, h281.SelectSource(3)),
    (SWITCHED, h281.SelectSource(3, h281.Mode.STILL, done=True)),
]


@pytest.mark.parametrize(("octets", "message"), VECTORS)
def test_messages_are_those_octets(octets: str, message: h281.Message) -> None:
    data = bytes.fromhex(octets)
    frame = h224.read(data)
    assert (frame.client, frame.urgent, frame.first, frame.last) == (h224.CAMERA, True, True, True)
    assert h281.read(frame.data) == message
    assert h224.Frame(h224.CAMERA, message.serialize()).serialize() == data


def test_sites_introduce_themselves() -> None:
    clients = f"{HEAD} 00 {WHOLE} 01 00 02 81 7e07"
    frame = h224.read(bytes.fromhex(clients))
    assert frame.client == h224.MANAGEMENT
    read = h224.read_management(frame.data)
    assert read == h224.ClientList(((h224.CAMERA, True), (b"\x7e\x07", False)))
    cameras = bytes.fromhex("02 00 81 0a 14 f0 64 526f6f6d 00 60")
    told = h224.read_management(cameras)
    assert isinstance(told, h224.Capabilities)
    assert told.client == h224.CAMERA
    assert h281.read_cameras(told.data) == h281.Cameras(
        10,
        (
            h281.Source(1, Motion(1, 1, 1, 1)),
            h281.Source(6, Motion(0, 1, 1, 0), name="Room"),
        ),
    )
    for command, wanted in (
        ("01 ff", h224.ClientListWanted()),
        ("02 ff 81", h224.CapabilitiesWanted(h224.CAMERA)),
    ):
        assert h224.read_management(bytes.fromhex(command)) == wanted


def test_what_nobody_knows_is_passed_over_and_what_is_cut_is_refused() -> None:
    assert h281.read(b"\x09\x00") is None
    assert h224.read_management(b"\x07\x00") is None
    assert h281.Motion.of(0b01_01_01_01) == Motion(), "01 is no way to go"
    for octets in (
        "",
        "00 61 03 0000 0000",
        "00 71 03 0000 0000 7f 01",
        "01 71 03 0000 0000 01 c0",
    ):
        with pytest.raises(MalformedInput):
            h224.read(bytes.fromhex(octets))
    with pytest.raises(MalformedInput):
        h281.read(b"\x04\x31")
    with pytest.raises(ValueError, match="254"):
        h224.Frame(h224.CAMERA, bytes(255)).serialize()
