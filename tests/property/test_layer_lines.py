"""What an offer says of several sizes of a picture (RFC 8851, RFC 8853), however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.negotiation.described import MAX_SOURCES, layer_lines, layers_of, rid_ids_of
from mcu_core.protocol import sdp
from mcu_core.protocol.sdp import MediaDescription, SessionDescription

HEAD = "v=0\no=- 4 2 IN IP4 127.0.0.1\ns=-\nt=0 0\nm=video 9 UDP/TLS/RTP/SAVPF 96 98\n"
SDES = "urn:ietf:params:rtp-hdrext:sdes:"

words = st.text(st.sampled_from("abz019;,~=- /*."), max_size=12)
rids = st.sampled_from(["h", "m", "l", "q"])
lines = st.one_of(
    st.builds("a=rid:{} send".format, rids),
    st.builds("a=rid:{} {} {}".format, rids, st.sampled_from(["send", "recv", "both"]), words),
    st.builds("a=simulcast:{} {}".format, st.sampled_from(["send", "recv"]), words),
    st.builds("a=simulcast:send {}".format, st.lists(rids, max_size=12).map(";".join)),
    st.builds("a=simulcast:recv {} send {}".format, words, words),
    st.builds("a=extmap:{} {}rtp-stream-id".format, words, st.just(SDES)),
    st.builds("a=extmap:{} {}repaired-rtp-stream-id".format, st.integers(-1, 400), st.just(SDES)),
)


def read(*told: str) -> tuple[SessionDescription, MediaDescription]:
    session = sdp.parse(HEAD + "".join(f"{line}\n" for line in told))
    return session, session.media[0]


@given(st.lists(lines, max_size=20))
def test_whatever_is_told_each_layer_is_described_and_named_once(told: list[str]) -> None:
    session, media = read(*told)
    found = layers_of(media, 96)
    assert len(found) == len(set(found)) <= MAX_SOURCES
    described = {value.split()[0] for value in media.values("rid") if value.split()}
    assert set(found) <= described
    assert all(0 <= number <= 255 for number in rid_ids_of(session, media))
    answer = [value for name, value in layer_lines(session, media, found) if name == "rid"]
    assert answer == [f"{rid} recv" for rid in found]


@pytest.mark.parametrize(
    ("restrictions", "taken"),
    [
        ("", True),
        ("pt=96", True),
        ("pt=98,96", True),
        ("pt=98", False),
        ("max-width=1280;max-fps=30", True),
        ("max-width=1280;pt=98", False),
        ("pt=", False),
    ],
)
def test_a_layer_may_be_of_other_payload_types_alone(restrictions: str, taken: bool) -> None:
    _, media = read(f"a=rid:h send {restrictions}", "a=rid:l send", "a=simulcast:send l;h")
    assert ("h" in layers_of(media, 96)) == taken


def test_both_ways_in_one_line_and_alternatives() -> None:
    told = ("a=rid:1 send", "a=rid:2 send", "a=rid:3 recv", "a=simulcast:recv 3 send ~2,1;1")
    assert layers_of(read(*told)[1], 96) == ("2", "1")
