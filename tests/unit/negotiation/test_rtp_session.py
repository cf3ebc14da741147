"""Offer and answer for plain RTP."""

import copy

import pytest

from mcu_core.errors import MalformedInput, Refused
from mcu_core.media.codec import G722, H264, OPUS, PCMA, PCMU, VP8, Kind
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.capabilities import Capabilities, LocalAddress
from mcu_core.negotiation.rtp_offer import offer, read_answer
from mcu_core.negotiation.rtp_session import answer, listening
from mcu_core.protocol import sdp
from mcu_core.protocol.sdp import Direction, MediaDescription, SessionDescription
from tests.fakes.captures import description

CAPS = Capabilities()
LOCAL = LocalAddress("192.0.2.9", {Kind.VIDEO: 7000, Kind.AUDIO: 7002}, session_id=42)
HEAD = "v=0\no=- 1 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\n"
VIDEO = (
    "m=video 5004 RTP/AVP 97 96\na=rtpmap:96 H264/90000\n"
    "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1\n"
    "a=rtpmap:97 VP8/90000\n"
)
AUDIO = "m=audio 5006 RTP/AVP 0 8 9 111\na=rtpmap:111 opus/48000/2\na=fmtp:111 stereo=1\n"


def video_of(text: str, caps: Capabilities = CAPS) -> tuple[MediaAgreement, MediaDescription]:
    """What becomes of the one video section of an offer."""
    agreement = answer(sdp.parse(HEAD + text), caps, LOCAL)
    assert agreement.video is not None
    (section,) = agreement.description.media
    return agreement.video, section


def test_our_preference_chooses_one_codec_per_kind() -> None:
    agreement = answer(sdp.parse(HEAD + AUDIO + VIDEO), CAPS, LOCAL)
    assert agreement.audio is not None
    assert agreement.video is not None
    assert (agreement.audio.codec, agreement.audio.payload_type_out) == (OPUS, 111)
    assert (agreement.video.codec, agreement.video.payload_type_in) == (H264, 96)
    assert agreement.audio.stereo
    assert (agreement.video.remote_host, agreement.video.remote_port) == ("198.51.100.7", 5004)
    assert agreement.video.remote_rtcp_port == 5005
    audio, video = agreement.description.media
    assert (audio.kind, audio.port, audio.formats) == ("audio", 7002, ("111",))
    assert (video.kind, video.port, video.formats) == ("video", 7000, ("96",))
    assert agreement.description.connection == sdp.Connection("192.0.2.9")
    assert agreement.description.origin.session_id == "42"


def test_another_preference_chooses_another_codec() -> None:
    caps = Capabilities(codecs=(VP8, H264, PCMU, OPUS))
    agreement = answer(sdp.parse(HEAD + AUDIO + VIDEO), caps, LOCAL)
    assert agreement.audio is not None
    assert agreement.video is not None
    assert (agreement.audio.codec, agreement.video.codec) == (PCMU, VP8)


def test_the_answer_can_be_written_and_read() -> None:
    agreement = answer(sdp.parse(HEAD + VIDEO + AUDIO), CAPS, LOCAL)
    assert sdp.parse(agreement.description.serialize()) == agreement.description


def test_nothing_given_is_changed() -> None:
    offered = sdp.parse(HEAD + VIDEO + AUDIO)
    before = copy.deepcopy((offered, CAPS, LOCAL))
    answer(offered, CAPS, LOCAL)
    assert (offered, CAPS, LOCAL) == before


@pytest.mark.parametrize(
    ("offered", "send", "receive", "answered"),
    [
        ("sendrecv", True, True, Direction.SENDRECV),
        ("sendonly", False, True, Direction.RECVONLY),
        ("recvonly", True, False, Direction.SENDONLY),
        ("inactive", False, False, Direction.INACTIVE),
        ("tool:none", True, True, Direction.SENDRECV),
    ],
)
def test_directions(offered: str, send: bool, receive: bool, answered: Direction) -> None:
    agreed, section = video_of(f"{VIDEO}a={offered}\n")
    assert (agreed.send, agreed.receive, section.direction) == (send, receive, answered)


def test_a_direction_of_the_session_counts_for_its_sections() -> None:
    agreement = answer(sdp.parse(HEAD + "a=sendonly\n" + VIDEO + AUDIO), CAPS, LOCAL)
    assert agreement.video is not None
    assert agreement.audio is not None
    assert not agreement.video.send
    assert not agreement.audio.send


def test_what_we_are_not_willing_to_do_is_left_out() -> None:
    agreed, section = video_of(VIDEO, Capabilities(send=frozenset()))
    assert (agreed.send, agreed.receive, section.direction) == (False, True, Direction.RECVONLY)
    with pytest.raises(Refused, match="nothing could be sent either way"):
        video_of(VIDEO + "a=recvonly\n", Capabilities(send=frozenset()))


def test_a_held_address_gets_nothing() -> None:
    agreed, section = video_of(VIDEO.replace("96\n", "96\nc=IN IP4 0.0.0.0\n", 1))
    assert not agreed.send
    assert section.direction is Direction.RECVONLY


def test_a_player_can_take_the_answer_to_recvonly_as_it_is() -> None:
    agreed, section = video_of(VIDEO + "a=recvonly\na=rtcp-mux\n")
    assert section.port == agreed.remote_port == 5004
    assert not section.has("rtcp-mux")
    assert not agreed.rtcp_mux
    assert section.rtcp == (7001, sdp.Connection("192.0.2.9"))


def test_listening_is_the_view_of_a_player_on_the_other_side() -> None:
    offered = sdp.parse(HEAD + VIDEO + "a=rtcp-mux\n" + AUDIO + "a=sendonly\n")
    (section,) = listening(answer(offered, CAPS, LOCAL)).media
    assert (section.kind, section.port, section.formats) == ("video", 5004, ("96",))
    assert section.direction is Direction.RECVONLY
    assert not section.has("rtcp-mux")


def test_rtcp_mux_is_taken_where_it_is_offered() -> None:
    agreed, section = video_of(VIDEO + "a=rtcp-mux\na=rtcp:5009\n")
    assert agreed.rtcp_mux
    assert agreed.remote_rtcp_port == 5004
    assert section.has("rtcp-mux")
    agreed, section = video_of(VIDEO)
    assert not agreed.rtcp_mux
    assert not section.has("rtcp-mux")


def test_rtcp_goes_where_the_offer_says() -> None:
    agreed, _ = video_of(VIDEO + "a=rtcp:5009 IN IP4 203.0.113.5\n")
    assert (agreed.remote_rtcp_host, agreed.remote_rtcp_port) == ("203.0.113.5", 5009)


def test_our_rtcp_port_is_said_where_it_is_not_the_next() -> None:
    local = LocalAddress("192.0.2.9", {Kind.VIDEO: 7000}, {Kind.VIDEO: 7009})
    (section,) = answer(sdp.parse(HEAD + VIDEO), CAPS, local).description.media
    assert section.rtcp == (7009, sdp.Connection("192.0.2.9"))


def test_order_and_number_of_sections_stay() -> None:
    text = (
        HEAD
        + "m=application 9 UDP/BFCP *\n"
        + AUDIO
        + "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
        + VIDEO
        + "m=video 5010 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
        + "m=video 5012 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 H264/90000\n"
    )
    agreement = answer(sdp.parse(text), CAPS, LOCAL)
    answered = agreement.description.media
    assert [media.port for media in answered] == [0, 7002, 0, 7000, 0, 0]
    assert answered[0].kind == "application"
    assert answered[0].formats == ("*",)
    assert len(agreement.refusals) == 4
    assert sdp.parse(agreement.description.serialize()) == agreement.description


def test_a_kind_without_a_port_here_is_refused() -> None:
    local = LocalAddress("192.0.2.9", {Kind.AUDIO: 7002})
    agreement = answer(sdp.parse(HEAD + VIDEO + AUDIO), CAPS, local)
    assert agreement.video is None
    assert agreement.description.media[0].port == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD, "no media section"),
        (HEAD + "m=video 1 RTP/AVP 32\n", "no codec"),
        (HEAD + "m=video 1 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 VP8/90000\n", "RTP/AVP"),
        (HEAD + "m=text 1 RTP/AVP 96\n", "not supported"),
        ("v=0\n" + VIDEO, "no address"),
    ],
)
def test_nothing_in_common_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        answer(sdp.parse(text), CAPS, LOCAL)


def test_a_kind_of_h264_that_we_cannot_show_is_refused_with_the_reason() -> None:
    with pytest.raises(Refused, match="yuv420p"):
        answer(sdp.parse(description("ffmpeg_h264_444")), CAPS, LOCAL)


def test_h264_that_may_be_cut_is_preferred() -> None:
    text = (
        "m=video 5004 RTP/AVP 96 97\na=rtpmap:96 H264/90000\na=rtpmap:97 H264/90000\n"
        "a=fmtp:97 packetization-mode=1\n"
    )
    agreed, section = video_of(text)
    assert agreed.payload_type_out == 97
    assert section.fmtp(97) == {"packetization-mode": "1"}


def test_to_mode_0_we_send_too() -> None:
    text = "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=0\n"
    agreed, section = video_of(text)
    assert (agreed.send, agreed.receive) == (True, True)
    assert section.direction is Direction.SENDRECV
    assert section.fmtp(96) == {"packetization-mode": "0"}


@pytest.mark.parametrize(
    ("lines", "limit"),
    [
        ("", None),
        ("b=AS:1000\n", 1_000_000),
        ("b=AS:1000\nb=TIAS:900000\n", 900_000),
        ("b=AS:0\n", None),
    ],
)
def test_bandwidth_is_a_limit(lines: str, limit: int | None) -> None:
    agreed, _ = video_of(VIDEO.replace("96\n", "96\n" + lines, 1))
    assert agreed.max_bitrate_bps == limit


def test_feedback_is_what_both_understand() -> None:
    agreed, section = video_of(
        VIDEO + "a=rtcp-fb:* nack\na=rtcp-fb:96 nack pli\na=rtcp-fb:96 transport-cc\n"
    )
    assert agreed.feedback == ("nack", "nack pli")
    assert section.rtcp_fb(96) == ("nack", "nack pli")


def test_ffmpegs_descriptions_are_offers() -> None:
    agreement = answer(sdp.parse(description("ffmpeg_h264_pcma")), CAPS, LOCAL)
    assert agreement.video is not None
    assert agreement.audio is not None
    assert (agreement.video.codec, agreement.audio.codec) == (H264, PCMA)
    assert agreement.video.receive
    assert agreement.audio.payload_type_in == 8

    agreement = answer(sdp.parse(description("ffmpeg_two_files")), CAPS, LOCAL)
    assert agreement.video is not None
    assert agreement.audio is not None
    assert "sprop-parameter-sets" in agreement.video.fmtp
    assert agreement.audio.codec is OPUS

    agreement = answer(sdp.parse(description("ffmpeg_g722_ip6")), CAPS, LOCAL)
    assert agreement.audio is not None
    assert (agreement.audio.codec, agreement.audio.remote_host) == (G722, "::1")


def test_our_offer_has_one_section_per_kind_and_numbers_once() -> None:
    session = offer(CAPS, LocalAddress("2001:db8::9", {Kind.VIDEO: 7000, Kind.AUDIO: 7002}))
    assert session.connection == sdp.Connection("2001:db8::9", True)
    audio, video = session.media
    assert audio.formats[0] == "96"
    assert {"9", "8", "0", "18"} < set(audio.formats)
    assert len({*audio.formats, *video.formats}) == len(audio.formats) + len(video.formats)
    h264, vp8 = (int(number) for number in video.formats[:2])
    assert (video.rtpmaps[h264].name, video.rtpmaps[vp8].name) == ("H264", "VP8")
    assert video.fmtp(h264)["packetization-mode"] == "1"
    assert sdp.parse(session.serialize()) == session
    assert offer(CAPS, LocalAddress("::1", {Kind.AUDIO: 1})).media[0].kind == "audio"
    assert offer(CAPS, LocalAddress("::1")).media == ()


def test_two_of_us_agree() -> None:
    theirs = LocalAddress("198.51.100.7", {Kind.VIDEO: 5004, Kind.AUDIO: 5006})
    offered = offer(CAPS, theirs)
    answered = answer(offered, CAPS, LOCAL)
    settled = read_answer(offered, answered.description, CAPS)
    for here, there in ((answered.video, settled.video), (answered.audio, settled.audio)):
        assert here is not None
        assert there is not None
        assert here.codec is there.codec
        assert here.payload_type_out == there.payload_type_in
        assert here.payload_type_in == there.payload_type_out
        assert here.rtcp_mux
        assert there.rtcp_mux
        assert (there.send, there.receive) == (True, True)
        assert there.remote_host == "192.0.2.9"
    assert settled.video is not None
    assert settled.video.remote_port == 7000


def test_an_answer_may_number_a_codec_differently() -> None:
    offered = offer(CAPS, LOCAL)
    text = HEAD + "m=audio 0 RTP/AVP 0\nm=video 6000 RTP/AVP 120\na=rtpmap:120 VP8/90000\n"
    settled = read_answer(offered, sdp.parse(text), CAPS)
    assert settled.audio is None
    assert settled.video is not None
    assert settled.video.payload_type_out == 120
    assert settled.video.payload_type_in == int(offered.media[1].formats[1])
    assert not settled.video.rtcp_mux


def test_an_answer_must_fit_the_offer() -> None:
    offered = offer(CAPS, LOCAL)
    with pytest.raises(MalformedInput, match="2 sections"):
        read_answer(offered, sdp.parse(HEAD + AUDIO), CAPS)
    with pytest.raises(MalformedInput, match="as in the offer"):
        read_answer(offered, sdp.parse(HEAD + VIDEO + AUDIO), CAPS)


@pytest.mark.parametrize(
    ("audio", "reason"),
    [
        ("m=audio 0 RTP/AVP 0\n", "does not want"),
        ("m=audio 1 RTP/SAVP 0\n", "has no key"),
        ("m=audio 1 UDP/TLS/RTP/SAVP 0\n", "RTP/AVP, as in the offer"),
        ("m=audio 1 RTP/AVP 13\n", "no codec"),
        ("m=audio 1 RTP/AVP 0\n", "was not offered"),
    ],
)
def test_an_answer_that_takes_nothing_is_refused(audio: str, reason: str) -> None:
    caps = Capabilities(codecs=(OPUS,))
    offered = offer(caps, LOCAL)
    with pytest.raises(Refused, match=reason):
        read_answer(offered, sdp.parse(HEAD + audio), CAPS)


def test_directions_of_an_answer_meet_those_of_the_offer() -> None:
    caps = Capabilities(codecs=(PCMU,), receive=frozenset())
    offered = offer(caps, LOCAL)
    settled = read_answer(offered, sdp.parse(HEAD + "m=audio 1 RTP/AVP 0\n"), caps)
    assert settled.audio is not None
    assert (settled.audio.send, settled.audio.receive) == (True, False)


def test_an_empty_offer_gets_an_empty_reason() -> None:
    with pytest.raises(Refused, match="no media section"):
        answer(SessionDescription(), CAPS, LOCAL)


def test_sound_levels_are_agreed_on_where_they_are_offered_and_sound_comes_in() -> None:
    level = "a=extmap:3 urn:ietf:params:rtp-hdrext:ssrc-audio-level\n"
    agreement = answer(sdp.parse(HEAD + AUDIO + level + VIDEO), CAPS, LOCAL)
    assert agreement.audio is not None
    assert agreement.audio.level_id == 3
    audio, video = agreement.description.media
    assert list(audio.values("extmap")) == ["3 urn:ietf:params:rtp-hdrext:ssrc-audio-level"]
    assert not video.has("extmap")
    listener = answer(sdp.parse(HEAD + AUDIO + level + "a=recvonly\n"), CAPS, LOCAL)
    assert listener.audio is not None
    assert listener.audio.level_id == 0
    assert not listener.description.media[0].has("extmap")


def test_the_largest_picture_that_they_take_is_part_of_the_agreement() -> None:
    agreed, _ = video_of(VIDEO + "a=imageattr:96 send * recv [x=640,y=480] [x=320,y=240]\n")
    assert (agreed.max_width, agreed.max_height) == (640, 480)


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ("a=rtpmap:101 telephone-event/8000\n", 101),
        ("a=rtpmap:110 telephone-event/48000\na=rtpmap:101 Telephone-Event/8000\n", 101),
        ("a=rtpmap:110 telephone-event/48000\n", 110),
        ("a=rtpmap:96 x/8000\n", 0),
    ],
)
def test_keys_are_taken_beside_the_sound(lines: str, number: int) -> None:
    text = HEAD + "m=audio 6000 RTP/AVP 8 110 101\n" + lines
    agreement = answer(sdp.parse(text), CAPS, LOCAL)
    assert agreement.audio is not None
    assert agreement.audio.events_type == number
    (section,) = agreement.description.media
    assert section.formats == (("8", str(number)) if number else ("8",))
    assert section.fmtp(8) == {}
