"""What a section says of its author as a receiver: picture sizes, sound levels, rates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.negotiation.described import (
    SOUND_LEVEL,
    bitrate_of,
    feedback_of,
    largest_picture_of,
    level_id_of,
)
from mcu_core.protocol.sdp import MediaDescription, SessionDescription

NOBODY = SessionDescription()


def section(*attributes: tuple[str, str]) -> MediaDescription:
    return MediaDescription("video", 5004, "RTP/AVP", ("97",), attributes=attributes)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("97 send [x=800,y=640,sar=1.1,q=0.6] [x=480,y=320] recv [x=330,y=250]", (330, 250)),
        ("97 recv [x=800,y=640,sar=1.1] [x=1280,y=720,q=0.5] send [x=1920,y=1080]", (1280, 720)),
        ("* recv [x=[480:16:800],y=[320:16:640],par=[1.2-1.3],q=0.5]", (800, 640)),
        ("* recv [x=[176,352],y=[144,288]]", (352, 288)),
        ("* recv [x=[100:200],y=50]", (200, 50)),
        ("97 send [x=800,y=640] recv *", (0, 0)),
        ("97 send *", (0, 0)),
        ("98 recv [x=330,y=250]", (0, 0)),
        ("97 recv [x=330]", (0, 0)),
        ("97 recv [x=[1:2:3:4],y=[,]]", (0, 0)),
        ("97 recv [[[[", (0, 0)),
        ("97", (0, 0)),
    ],
)
def test_imageattr(value: str, expected: tuple[int, int]) -> None:
    """RFC 6236 3.1.1 and its examples."""
    assert largest_picture_of(section(("imageattr", value)), 97) == expected


@given(st.text(alphabet="[]xy=,:0123456789 recvsend*", max_size=120))
def test_any_imageattr_gives_a_size_or_none(value: str) -> None:
    width, height = largest_picture_of(section(("imageattr", f"97 recv {value}")), 97)
    assert (width > 0) == (height > 0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"1 {SOUND_LEVEL}", 1),
        (f"14/sendonly {SOUND_LEVEL} vad=on", 14),
        (f"200 {SOUND_LEVEL}", 200),
        (f"15 {SOUND_LEVEL}", 0),
        (f"0 {SOUND_LEVEL}", 0),
        (f"4096 {SOUND_LEVEL}", 0),
        (f"x {SOUND_LEVEL}", 0),
        ("2 urn:ietf:params:rtp-hdrext:toffset", 0),
        ("3", 0),
    ],
)
def test_the_extension_that_tells_sound_levels(value: str, expected: int) -> None:
    assert level_id_of(NOBODY, section(("mid", "a"), ("extmap", value))) == expected
    session = SessionDescription(attributes=(("extmap", value),))
    assert level_id_of(session, section()) == expected


def test_rates_and_feedback() -> None:
    limited = MediaDescription("video", 1, "RTP/AVP", ("97",), bandwidth=(("AS", 384),))
    assert bitrate_of(NOBODY, limited) == 384_000
    assert bitrate_of(SessionDescription(bandwidth=(("TIAS", 500_000),)), section()) == 500_000
    assert bitrate_of(NOBODY, section()) is None
    told = section(("rtcp-fb", "97 nack pli"), ("rtcp-fb", "* ccm fir"), ("rtcp-fb", "97 ack rpsi"))
    assert feedback_of(told, 97) == ("nack pli", "ccm fir")
