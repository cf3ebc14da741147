"""What is answered to offers of each codec: parameters by its RFC, both ways where that goes."""

import pytest

from mcu_core.media.codec import AAC_GENERIC_FORMS, H263_1998, VP9, Codec
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.rtp_session import answer
from mcu_core.protocol import sdp
from mcu_core.protocol.sdp import Direction, MediaDescription
from tests.unit.negotiation.test_rtp_session import CAPS, HEAD, LOCAL

HBR = "streamtype=5;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190"


def answered(kind: str, *lines: str) -> tuple[MediaAgreement, MediaDescription]:
    """What comes of an offer of one section whose payload types are those of its rtpmap lines."""
    numbers = [line.partition(":")[2].partition(" ")[0] for line in lines if "rtpmap" in line]
    text = f"m={kind} 5004 RTP/AVP {' '.join(numbers)}\n" + "".join(f"a={one}\n" for one in lines)
    agreement = answer(sdp.parse(HEAD + text), CAPS, LOCAL)
    agreed = agreement.video if kind == "video" else agreement.audio
    assert agreed is not None
    return agreed, agreement.description.media[0]


@pytest.mark.parametrize(
    ("rtpmap", "fmtp", "told"),
    [
        ("mpeg4-generic/48000/2", HBR, {"mode": "AAC-hbr", "sizelength": "13", "config": "1190"}),
        ("MPEG4-GENERIC/16000", HBR, {"config": "1408", "indexdeltalength": "3"}),
        ("MP4A-LATM/48000/2", "cpresent=0", {"cpresent": "0", "config": "400023203fc0"}),
        ("G729/8000", "annexb=yes", {"annexb": "no"}),
        ("G726-32/8000", "x=1", {}),
    ],
)
def test_sound_is_answered_with_its_parameters(
    rtpmap: str, fmtp: str, told: dict[str, str]
) -> None:
    agreed, section = answered("audio", f"rtpmap:97 {rtpmap}", f"fmtp:97 {fmtp}")
    assert (agreed.send, agreed.receive) == (True, True)
    assert told.items() <= section.fmtp(97).items()
    assert section.rtpmaps[97].serialize().lower() == rtpmap.lower()


@pytest.mark.parametrize(
    ("rtpmap", "ptime"),
    [("G723/8000", ["30"]), ("G729/8000", ["20"]), ("MP4A-LATM/48000/2", [])],
)
def test_packets_are_as_long_as_frames(rtpmap: str, ptime: list[str]) -> None:
    _, section = answered("audio", f"rtpmap:97 {rtpmap}")
    assert list(section.values("ptime")) == ptime


def test_other_modes_of_mpeg4_are_not_taken() -> None:
    lines = ("rtpmap:97 mpeg4-generic/48000/2", "fmtp:97 mode=CELP-cbr", "rtpmap:8 PCMA/8000")
    agreed, _ = answered("audio", *lines)
    assert agreed.codec not in AAC_GENERIC_FORMS


@pytest.mark.parametrize("codec", ["VP9", "H265", "AV1"])
def test_what_we_cannot_send_only_comes_in(codec: str) -> None:
    agreed, section = answered("video", f"rtpmap:96 {codec}/90000")
    assert (agreed.codec.name, agreed.send, agreed.receive) == (codec, False, True)
    assert section.direction is Direction.RECVONLY


@pytest.mark.parametrize(
    ("second", "chosen"), [("H263-1998/90000", H263_1998), ("H265/90000", VP9)]
)
def test_both_ways_goes_before_better(second: str, chosen: Codec) -> None:
    agreed, _ = answered("video", "rtpmap:96 VP9/90000", f"rtpmap:98 {second}")
    assert agreed.codec is chosen


def test_h263_says_which_sizes_are_taken() -> None:
    _, section = answered("video", "rtpmap:96 H263-1998/90000", "fmtp:96 CIF=1;QCIF=1")
    assert section.fmtp(96) == dict.fromkeys(("cif4", "cif", "qcif", "sqcif"), "1")
    _, section = answered("video", "rtpmap:31 H261/90000")
    assert section.fmtp(31) == {"cif": "1", "qcif": "1"}
