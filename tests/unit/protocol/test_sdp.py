"""Session descriptions: other programs' ones, details, broken ones."""

import pytest

from mcu_core.errors import MalformedInput
from mcu_core.protocol import sdp
from mcu_core.protocol.sdp import Connection, Direction, MediaDescription, Origin, Rtpmap
from tests.fakes.captures import description

HEAD = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\n"

WHOLE = """v=0
o=alice 2890844526 2890844527 IN IP6 2001:db8::1
s=Seminar
i=about something
c=IN IP6 2001:db8::1
b=AS:4000
t=0 0
a=recvonly
a=group:BUNDLE 0 1
m=audio 49170/2 RTP/AVPF 111 0
c=IN IP4 224.2.1.1/127/3
b=TIAS:64000
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10; useinbandfec=1 ;flag
a=rtcp:53020 IN IP4 126.16.64.4
a=sendrecv
a=mid:0
m=video 51372 RTP/AVPF 96
a=rtpmap:96 H264/90000
a=rtcp-fb:* nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:97 ccm fir
a=rtcp-mux
"""


def test_reads_a_whole_description() -> None:
    session = sdp.parse(WHOLE)
    assert session.origin == Origin(
        "alice", "2890844526", "2890844527", Connection("2001:db8::1", True)
    )
    assert session.name == "Seminar"
    audio, video = session.media
    assert (audio.kind, audio.port, audio.proto, audio.formats) == (
        "audio",
        49170,
        "RTP/AVPF",
        ("111", "0"),
    )
    assert session.connection_of(audio) == Connection("224.2.1.1")
    assert session.connection_of(video) == Connection("2001:db8::1", True)
    assert session.bandwidth_of(audio) == {"TIAS": 64_000}
    assert session.bandwidth_of(video) == {"AS": 4_000}
    assert session.direction_of(audio) is Direction.SENDRECV
    assert session.direction_of(video) is Direction.RECVONLY
    assert audio.rtpmaps == {111: Rtpmap("opus", 48_000, 2)}
    assert audio.fmtp(111) == {"minptime": "10", "useinbandfec": "1", "flag": ""}
    assert audio.fmtp(0) == {}
    assert audio.rtcp == (53_020, Connection("126.16.64.4"))
    assert video.rtcp == (51_373, None)
    assert video.rtcp_fb(96) == ("nack", "nack pli")
    assert video.has("rtcp-mux")
    assert list(audio.values("mid")) == ["0"]


def test_attributes_keep_their_order_over_a_round_trip() -> None:
    session = sdp.parse(WHOLE)
    assert sdp.parse(session.serialize()) == session
    names = [name for name, _ in sdp.parse(session.serialize()).media[0].attributes]
    assert names == ["rtpmap", "fmtp", "rtcp", "sendrecv", "mid"]


def test_lines_end_in_crlf_and_time_stands_before_attributes() -> None:
    text = sdp.parse(WHOLE).serialize()
    assert text.count("\n") == text.count("\r\n")
    kinds = [line[0] for line in text.split("\r\n") if line]
    assert kinds[:8] == ["v", "o", "s", "c", "b", "t", "a", "a"]


@pytest.mark.parametrize(
    "name", ["ffmpeg_h264_pcma", "ffmpeg_two_files", "ffmpeg_g722_ip6", "ffmpeg_h264_444"]
)
def test_reads_what_ffmpeg_writes(name: str) -> None:
    session = sdp.parse(description(name))
    assert session.media
    for media in session.media:
        assert session.direction_of(media) is Direction.SENDRECV
        assert session.connection_of(media) is not None


def test_descriptions_one_after_the_other_are_one() -> None:
    first = HEAD + "c=IN IP4 192.0.2.1\r\nm=video 5004 RTP/AVP 96\r\n"
    second = (
        HEAD
        + "c=IN IP6 2001:db8::2\r\nb=AS:96\r\na=sendonly\r\n"
        + "m=audio 5006 RTP/AVP 0\r\nm=audio 5008 RTP/AVP 0\r\na=inactive\r\n"
    )
    session = sdp.parse(first + second)
    video, audio, other = session.media
    assert session.connection_of(video) == Connection("192.0.2.1")
    assert session.connection_of(audio) == Connection("2001:db8::2", True)
    assert session.direction_of(video) is Direction.SENDRECV
    assert session.direction_of(audio) is Direction.SENDONLY
    assert session.direction_of(other) is Direction.INACTIVE
    assert session.bandwidth_of(audio) == {"AS": 96}
    assert session.bandwidth_of(video) == {}


def test_unknown_lines_and_blank_ones_are_passed_over() -> None:
    session = sdp.parse("\n" + HEAD + "x=what\r\nk=prompt\r\n\r\nm=audio 1 RTP/AVP 0\n")
    assert session.media == (MediaDescription("audio", 1, "RTP/AVP", ("0",)),)


def test_a_description_may_have_no_media() -> None:
    assert sdp.parse("v=0").media == ()


@pytest.mark.parametrize(
    ("sends", "receives"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_direction_is_two_answers(sends: bool, receives: bool) -> None:
    direction = Direction.of(sends, receives)
    assert (direction.sends, direction.receives) == (sends, receives)


def test_the_zero_address_is_held() -> None:
    assert Connection("0.0.0.0").held
    assert Connection.to("::").held
    assert not Connection.to("192.0.2.1").held


@pytest.mark.parametrize(
    ("text", "field"),
    [
        pytest.param("", "sdp", id="empty"),
        pytest.param("hello", "sdp", id="no-sdp"),
        pytest.param("o=- 1 1 IN IP4 1.2.3.4", "sdp", id="no-version"),
        pytest.param("v=1", "sdp.v", id="version-1"),
        pytest.param("v=0\nSDP:", "sdp", id="no-type"),
        pytest.param("v=0\no=- 1 1", "sdp.o", id="origin-short"),
        pytest.param("v=0\nc=IN IP5 1.2.3.4", "sdp.c", id="connection-family"),
        pytest.param("v=0\nc=IN IP4", "sdp.c", id="connection-short"),
        pytest.param("v=0\nc=IN IP4 /127", "sdp.c", id="connection-empty"),
        pytest.param("v=0\nb=AS", "sdp.b", id="bandwidth-no-number"),
        pytest.param("v=0\nb=AS:-1", "sdp.b", id="bandwidth-negative"),
        pytest.param("v=0\nb=AS:" + "9" * 30, "sdp.b", id="bandwidth-huge"),
        pytest.param("v=0\nm=audio 1 RTP/AVP", "sdp.m", id="media-no-format"),
        pytest.param("v=0\nm=audio x RTP/AVP 0", "sdp.m", id="media-port-text"),
        pytest.param("v=0\nm=audio 65536 RTP/AVP 0", "sdp.m", id="media-port-large"),
        pytest.param("v=0\nm=audio ٣ RTP/AVP 0", "sdp.m", id="media-port-other-digits"),
        pytest.param(
            "v=0\nm=audio 1 RTP/AVP 0\na=rtpmap:0 PCMU", "sdp.a.rtpmap", id="rtpmap-no-clock"
        ),
        pytest.param("v=0\nm=audio 1 RTP/AVP 0\na=rtpmap", "sdp.a.rtpmap", id="rtpmap-empty"),
        pytest.param(
            "v=0\nm=audio 1 RTP/AVP 0\na=rtpmap:128 X/1", "sdp.a.rtpmap", id="rtpmap-type-128"
        ),
        pytest.param("v=0\nm=audio 1 RTP/AVP 0\na=rtcp:", "sdp.a.rtcp", id="rtcp-no-port"),
        pytest.param("v=0\nm=audio 1 RTP/AVP 0\na=rtcp:1 IN", "sdp.a.rtcp", id="rtcp-short"),
        pytest.param("v=0\n" + "m=audio 1 RTP/AVP 0\n" * 65, "sdp.media", id="media-too-many"),
        pytest.param("v=0\n" + "a=x\n" * 20_000, "sdp", id="too-long"),
    ],
)
def test_refuses_what_is_broken(text: str, field: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        sdp.parse(text)
    assert refused.value.field == field
