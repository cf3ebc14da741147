"""The line of far-end camera control in an offer (RFC 4573): beside the media, never alone."""

from dataclasses import replace

import pytest

from mcu_core.contract.definition import Encryption
from mcu_core.errors import Refused
from mcu_core.media.codec import Kind
from mcu_core.negotiation.agreement import Agreement, CameraAgreement
from mcu_core.negotiation.rtp_session import answer
from mcu_core.protocol import sdp
from mcu_core.protocol.sdes import MOST_MATERIAL_BYTES, SUITES, CryptoLine
from tests.unit.negotiation.test_rtp_session import CAPS, HEAD, LOCAL, VIDEO

OURS = bytes(range(MOST_MATERIAL_BYTES))
HERE = replace(LOCAL, camera_port=7006, camera_key=OURS)
CAMERA = "m=application 5010 RTP/AVP 100\na=rtpmap:100 H224/4800\n"


def answered(*sections: str) -> Agreement:
    return answer(sdp.parse(HEAD + "".join(sections)), CAPS, HERE)


def test_it_is_taken_both_ways_at_a_port_of_its_own() -> None:
    agreed = answered(CAMERA, VIDEO)
    host = agreed.description.media[0]
    assert isinstance(agreed.camera, CameraAgreement)
    assert (agreed.camera.payload_type, agreed.camera.remote_port) == (100, 5010)
    assert agreed.camera.send
    assert agreed.camera.receive
    assert list(host.lines()) == [
        "m=application 7006 RTP/AVP 100",
        "a=sendrecv",
        "a=rtpmap:100 H224/4800",
    ]
    assert agreed.description.media[1].port == 7000


def test_it_keeps_to_its_direction() -> None:
    agreed = answered(VIDEO, CAMERA + "a=recvonly\na=rtcp-mux\n")
    assert agreed.camera is not None
    assert (agreed.camera.send, agreed.camera.receive) == (True, False)
    assert agreed.description.media[1].has("sendonly")
    assert agreed.description.media[1].has("rtcp-mux")


@pytest.mark.parametrize(
    "line",
    [
        CAMERA.replace("H224/4800", "H224/8000"),
        CAMERA.replace("RTP/AVP", "TCP/BFCP"),
        CAMERA.replace("5010", "0"),
        CAMERA.replace("a=rtpmap:100", "a=rtpmap:101"),
    ],
)
def test_what_it_is_not_is_declined(line: str) -> None:
    agreed = answered(VIDEO, line)
    assert agreed.camera is None
    assert agreed.description.media[1].port == 0


def test_a_second_one_is_declined_and_one_alone_is_no_call() -> None:
    assert [media.port for media in answered(CAMERA, VIDEO, CAMERA).description.media] == [
        7006,
        7000,
        0,
    ]
    with pytest.raises(Refused):
        answered(CAMERA)


def test_it_is_encrypted_as_the_conference_is() -> None:
    suite = SUITES[0]
    theirs = CryptoLine(1, suite, OURS[::-1][: suite.material_bytes])
    secure = CAMERA.replace("RTP/AVP", "RTP/SAVP") + f"a=crypto:{theirs.serialize()}\n"
    agreed = answered(secure, VIDEO)
    assert agreed.camera is not None
    assert agreed.camera.keys is not None
    assert agreed.camera.keys.theirs == theirs.material
    ours = agreed.description.media[0]
    assert (ours.proto, ours.port) == ("RTP/SAVP", 7006)
    assert list(ours.values("crypto")) == [
        CryptoLine(1, suite, OURS[: suite.material_bytes]).serialize()
    ]
    closed = replace(CAPS, encryption=Encryption.NONE)
    described = answer(sdp.parse(HEAD + secure + VIDEO), closed, HERE)
    assert described.camera is None
    keyed = VIDEO.replace("RTP/AVP", "RTP/SAVP") + f"a=crypto:{theirs.serialize()}\n"
    forced = replace(CAPS, encryption=Encryption.FORCED)
    locked = replace(HERE, keys={Kind.VIDEO: OURS})
    assert answer(sdp.parse(HEAD + CAMERA + keyed), forced, locked).camera is None
    assert answer(sdp.parse(HEAD + secure + keyed), forced, locked).camera is not None
