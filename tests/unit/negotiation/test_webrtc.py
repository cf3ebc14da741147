"""Answers to WebRTC offers: what is taken, what is refused, and how that is said."""

import copy
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import BadInput, MalformedInput, Refused
from mcu_core.media.codec import AV1, H264, OPUS, VP8, Kind
from mcu_core.negotiation.capabilities import Capabilities
from mcu_core.negotiation.transports import Fingerprint, Setup, Transport
from mcu_core.negotiation.webrtc import OwnSource, Plan, answer, plan
from mcu_core.protocol import sdp
from mcu_core.protocol.ice import IceCandidate
from mcu_core.protocol.sdp import Direction, MediaDescription, Origin, SessionDescription

CAPS = Capabilities()
OURS = Transport(
    "ours",
    "o" * 22,
    (Fingerprint("sha-256", "12:34"),),
    Setup.ACTIVE,
    (IceCandidate("1", 1, "udp", 9, "192.0.2.9", 7000),),
)
ORIGIN = Origin("-", "77", "1")
HEAD = (
    "v=0\no=- 4 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE 0 1 2 3\n"
    "a=extmap-allow-mixed\na=msid-semantic: WMS\n"
)
PATH = (
    "c=IN IP4 0.0.0.0\na=rtcp:9 IN IP4 0.0.0.0\na=ice-ufrag:EsAw\n"
    "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\na=ice-options:trickle\n"
    "a=fingerprint:sha-256 D2:FA:0E\na=setup:actpass\na=rtcp-mux\na=rtcp-rsize\n"
)
AUDIO = (
    f"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 110\n{PATH}a=mid:0\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\na=sendrecv\na=msid:- mic\n"
    "a=rtpmap:111 opus/48000/2\na=rtcp-fb:111 transport-cc\na=fmtp:111 minptime=10;useinbandfec=1\n"
    "a=rtpmap:63 red/48000/2\na=fmtp:63 111/111\na=rtpmap:110 telephone-event/48000\n"
    "a=ssrc:11 cname:x\n"
)
VIDEO = (
    f"m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108\n{PATH}a=mid:1\n"
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n"
    "a=sendrecv\na=rtpmap:96 VP8/90000\na=rtcp-fb:96 goog-remb\na=rtcp-fb:96 nack\n"
    "a=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n"
    "a=rtpmap:103 H264/90000\na=rtcp-fb:103 transport-cc\na=rtcp-fb:103 ccm fir\n"
    "a=rtcp-fb:103 nack\na=rtcp-fb:103 nack pli\n"
    "a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\n"
    "a=rtpmap:104 rtx/90000\na=fmtp:104 apt=103\n"
    "a=rtpmap:107 H264/90000\na=rtcp-fb:107 nack\na=rtcp-fb:107 nack pli\n"
    "a=rtcp-fb:107 transport-cc\n"
    "a=fmtp:107 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\n"
    "a=rtpmap:108 rtx/90000\na=fmtp:108 apt=107\na=ssrc-group:FID 21 22\na=ssrc:21 cname:x\n"
)
SLIDES = VIDEO.replace("a=mid:1", "a=mid:2\na=content:slides")
DATA = f"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n{PATH}a=mid:3\na=sctp-port:5000\n"


def planned(text: str, caps: Capabilities = CAPS) -> Plan:
    return plan(sdp.parse(text), caps)


def answered(made: Plan, caps: Capabilities = CAPS) -> SessionDescription:
    sources = [OwnSource(100 + n, 200 + n, "mcu") for n in range(len(made.lines))]
    return answer(made, caps, [OURS] * len(made.paths), sources, ORIGIN)


def sections(text: str, caps: Capabilities = CAPS) -> tuple[MediaDescription, ...]:
    return answered(planned(text, caps), caps).media


def test_a_browsers_offer_is_taken_on_one_path() -> None:
    made = planned(HEAD + AUDIO + VIDEO + SLIDES + DATA)
    assert [(line.index, line.path) for line in made.lines] == [(0, 0), (1, 0), (2, 0)]
    assert [line.agreed.codec for line in made.lines] == [OPUS, H264, H264]
    assert [line.agreed.content for line in made.lines] == [False, False, True]
    assert made.lines[0].sources == (11,)
    (path,) = made.paths
    assert (path.ufrag, path.setup, path.lite) == ("EsAw", Setup.ACTPASS, False)
    said = answered(made)
    assert ("group", "BUNDLE 0 1 2") in said.attributes
    assert said.origin == ORIGIN
    assert [media.port for media in said.media] == [7000, 7000, 7000, 0]
    assert [next(media.values("mid")) for media in said.media] == ["0", "1", "2", "3"]
    for media in said.media[:3]:
        assert next(media.values("ice-ufrag")) == "ours"
        assert next(media.values("fingerprint")) == "sha-256 12:34"
        assert next(media.values("setup")) == "active"
        assert media.has("rtcp-mux")
        assert media.has("rtcp-rsize")
        assert media.has("end-of-candidates")
    assert sdp.parse(said.serialize()) == said


def test_what_shares_our_picture_is_preferred_and_begins_at_a_good_rate() -> None:
    (video,) = sections(HEAD + VIDEO)
    assert video.formats[:2] == ("107", "108")
    assert video.fmtp(107)["profile-level-id"].startswith("42e0")
    assert video.fmtp(107)["x-google-start-bitrate"] == "1500"
    assert video.rtcp_fb(107)[:2] == ("nack", "nack pli")
    assert "FID 100 200" in list(video.values("ssrc-group"))
    (vp8,) = sections(HEAD + VIDEO, Capabilities(codecs=(VP8, H264)))
    assert vp8.formats == ("96", "97")
    assert vp8.fmtp(96) == {"x-google-start-bitrate": "1500"}


def test_browsers_take_every_level_and_two_channels() -> None:
    audio, video = (line.agreed for line in planned(HEAD + AUDIO + VIDEO).lines)
    assert video.fmtp["profile-level-id"] == "42e034"
    assert audio.stereo
    assert audio.level_id == 1
    assert audio.protection.red == 63


@pytest.mark.parametrize(
    ("offered", "caps", "said"),
    [
        ("sendrecv", CAPS, Direction.SENDRECV),
        ("sendonly", CAPS, Direction.RECVONLY),
        ("recvonly", CAPS, Direction.SENDONLY),
        ("inactive", CAPS, Direction.INACTIVE),
        ("sendrecv", Capabilities(receive=frozenset()), Direction.SENDONLY),
    ],
)
def test_directions(offered: str, caps: Capabilities, said: Direction) -> None:
    (video,) = sections(HEAD + VIDEO.replace("a=sendrecv", f"a={offered}"), caps)
    assert video.direction is said
    assert video.has("msid") == said.sends
    assert video.has("ssrc") == said.sends


@pytest.mark.parametrize("way", ["sendrecv", "recvonly", "sendonly"])
def test_packets_are_numbered_whoever_sends_them(way: str) -> None:
    (line,) = planned(HEAD + VIDEO.replace("a=sendrecv", f"a={way}")).lines
    assert line.agreed.transport_id == 3


def test_without_bundle_each_section_has_its_path() -> None:
    made = planned(HEAD.replace("a=group:BUNDLE 0 1 2 3\n", "") + AUDIO + VIDEO)
    assert [line.path for line in made.lines] == [0, 1]
    assert not any(name == "group" for name, _ in answered(made).attributes)


def test_a_section_that_has_no_path_but_its_groups_is_taken() -> None:
    only = VIDEO.replace("m=video 9", "m=video 0").replace(PATH, "a=rtcp-mux\na=bundle-only\n")
    made = planned(HEAD + AUDIO + only)
    assert [line.index for line in made.lines] == [0, 1]
    assert len(made.paths) == 1


def test_keys_and_candidates_of_a_refused_section_still_tell_of_the_path() -> None:
    data = DATA.replace("a=mid:3", "a=mid:3\na=candidate:1 1 udp 1 192.0.2.1 5000 typ host")
    made = planned(HEAD.replace("0 1 2 3", "3 0") + data + AUDIO)
    assert [one.port for one in made.paths[0].candidates] == [5000]


def test_a_codec_that_we_only_decode_comes_in() -> None:
    line = f"m=video 9 UDP/TLS/RTP/SAVPF 45\n{PATH}a=mid:1\na=rtpmap:45 AV1/90000\n"
    caps = replace(CAPS, sendable=frozenset({H264, VP8}))
    (taken,) = planned(HEAD + line, caps).lines
    assert (taken.agreed.codec, taken.agreed.send, taken.agreed.receive) == (AV1, False, True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD, "no media section"),
        (HEAD + DATA, "not supported"),
        (HEAD + AUDIO.replace("m=audio 9", "m=audio 0"), "port is 0"),
        (HEAD + AUDIO.replace("UDP/TLS/RTP/SAVPF", "nonsense"), "is not UDP/TLS/RTP/SAVPF"),
        (HEAD + AUDIO.replace("a=rtcp-mux\n", ""), "rtcp-mux"),
        (HEAD + VIDEO.replace("VP8", "VP7").replace("H264", "H266"), "no codec that we speak"),
        (HEAD + AUDIO.replace("UDP/TLS/RTP/SAVPF 111", "UDP/TLS/RTP/SAVPF x"), ""),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(text: str, reason: str) -> None:
    if not reason:
        assert planned(text).lines, "formats that are no numbers are passed over"
        return
    with pytest.raises(Refused, match=reason):
        planned(text)


def test_nothing_given_is_changed() -> None:
    offer = sdp.parse(HEAD + AUDIO + VIDEO)
    before = copy.deepcopy(offer)
    made = plan(offer, CAPS)
    answered(made)
    assert offer == before
    assert made == plan(offer, CAPS)


def test_data_is_refused_and_the_others_keep_their_path_also_where_it_comes_first() -> None:
    head = HEAD.replace("BUNDLE 0 1 2 3", "BUNDLE 3 0 1")
    made = planned(head + DATA + AUDIO + VIDEO)
    answer_ = answered(made)
    data, audio, video = answer_.media
    assert (data.port, data.kind, data.proto) == (0, "application", "UDP/DTLS/SCTP")
    assert data.formats == ("webrtc-datachannel",)
    assert list(data.values("mid")) == ["3"]
    assert all(one.port for one in (audio, video))
    assert ("group", "BUNDLE 0 1") in answer_.attributes, "the tag is one that is taken (RFC 9143)"
    assert (len(made.paths), made.paths[0].ufrag) == (1, "EsAw")
    assert all(list(one.values("ice-ufrag")) == ["ours"] for one in (audio, video))


WHOLE = (HEAD + AUDIO + VIDEO + SLIDES + DATA).splitlines()


@given(
    st.lists(st.integers(0, len(WHOLE) - 1), max_size=6),
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.text(max_size=12)), max_size=4),
)
def test_any_offer_is_answered_refused_or_malformed(
    dropped: list[int], bent: list[tuple[int, str]]
) -> None:
    lines = list(WHOLE)
    for index, noise in bent:
        lines[index] = lines[index][: len(noise)] + noise
    text = "\n".join(line for index, line in enumerate(lines) if index not in dropped)
    with suppress(BadInput, Refused):
        said = answered(planned(text))
        assert len(said.media) == text.count("\nm=")
        assert said.serialize()


def test_a_clock_is_needed() -> None:
    with pytest.raises(MalformedInput):
        planned(HEAD + VIDEO.replace("VP8/90000", "VP8"))


def test_kinds_that_nobody_wants_are_left_out() -> None:
    nothing = Capabilities(send=frozenset(), receive=frozenset({Kind.AUDIO}))
    audio, video = sections(HEAD + AUDIO + VIDEO, nothing)
    assert (audio.direction, video.port) == (Direction.RECVONLY, 0)


LAYERED = VIDEO + (
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n"
    "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n"
    "a=rid:h send\na=rid:m send\na=rid:l send\na=simulcast:send h;~m,x;l;ghost\n"
)


def test_several_sizes_at_once_come_in_where_we_take_them() -> None:
    caps = replace(CAPS, most_layers=3)
    made = planned(HEAD + LAYERED, caps)
    assert (made.lines[0].agreed.layers, made.lines[0].agreed.rid_id) == (("h", "m", "l"), 10)
    (video,) = answered(made, caps).media
    assert list(video.values("simulcast")) == ["recv h;m;l"]
    assert list(video.values("rid")) == ["h recv", "m recv", "l recv"]
    assert "10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" in list(video.values("extmap"))


@pytest.mark.parametrize(
    ("caps", "text"),
    [
        (CAPS, LAYERED),
        (replace(CAPS, most_layers=3), LAYERED.replace("a=sendrecv", "a=recvonly")),
        (replace(CAPS, most_layers=3), LAYERED.replace("a=extmap:10", "a=extmap:x")),
        (replace(CAPS, most_layers=3), LAYERED.replace("h;~m,x;l;ghost", "h")),
        (replace(CAPS, most_layers=3), VIDEO),
    ],
)
def test_one_size_alone_is_said_nothing_of(caps: Capabilities, text: str) -> None:
    (video,) = sections(HEAD + text, caps)
    assert not video.has("simulcast")
    assert not video.has("rid")
