"""Any bytes end in a value or in MalformedInput; what is written is read again as it was."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.media.codec import RTP_CODECS, Codec
from mcu_core.protocol import red, rtcp, rtp, rtx, sdp
from mcu_core.protocol.payload.base import depayloader
from mcu_core.protocol.rtcp import (
    Bye,
    FullIntra,
    Nack,
    PictureLoss,
    ReceiverReport,
    Remb,
    ReportBlock,
    SenderReport,
    SourceChunk,
    SourceDescription,
)
from mcu_core.protocol.rtp import RtpPacket
from tests.fakes.captures import datagrams, description

WORD = st.integers(0, 0xFFFF_FFFF)
SHORT = st.integers(0, 0xFFFF)
BYTE = st.integers(0, 255)

CAPTURED = [
    data
    for name in ("ffmpeg_h264", "gstreamer_h264", "gstreamer_vp8", "gstreamer_opus")
    for data in datagrams(name)[:12]
]
REPORTS = [data for data in CAPTURED if rtcp.is_rtcp(data)]


@st.composite
def bent(draw: st.DrawFn, whole: list[bytes]) -> bytes:
    """A real datagram that was cut short or had bytes changed: it goes deeper than noise does."""
    data = bytearray(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(0, 4))):
        data[draw(st.integers(0, min(len(data) - 1, 40)))] = draw(BYTE)
    return bytes(data[: draw(st.integers(0, len(data)))])


def ends_well(parse: Callable[[bytes], object], data: bytes) -> None:
    with suppress(MalformedInput):
        parse(data)


@given(st.binary(max_size=80) | bent(CAPTURED))
def test_any_bytes_are_rtp_or_malformed(data: bytes) -> None:
    ends_well(rtp.parse, data)


@given(st.binary(max_size=20), SHORT)
def test_what_is_sent_again_is_read_as_it_was(payload: bytes, sequence: int) -> None:
    packet = RtpPacket(97, 1, 2, 3, True, rtx.wrapped(sequence, payload))
    assert rtx.unwrapped(packet, 96, 7) == RtpPacket(96, sequence, 2, 7, True, payload)
    ends_well(lambda data: rtx.unwrapped(RtpPacket(97, 1, 2, 3, True, data), 96, 7), payload)


BLOCKS = st.lists(
    st.builds(
        red.RedBlock,
        st.integers(0, 127),
        st.integers(0, red.MAX_OFFSET),
        st.binary(max_size=red.MAX_BLOCK_BYTES),
    ),
    max_size=red.MAX_BLOCKS,
)


@given(BLOCKS, st.integers(0, 127), st.binary(max_size=40))
def test_redundant_blocks_are_read_as_they_were(
    older: list[red.RedBlock], kind: int, payload: bytes
) -> None:
    read = red.parse(red.serialize(older, kind, payload))
    assert read == [*older, red.RedBlock(kind, 0, payload)]


@given(st.binary(max_size=80))
def test_any_bytes_are_redundant_blocks_or_malformed(data: bytes) -> None:
    ends_well(red.parse, data)


@given(st.binary(max_size=80) | bent(REPORTS))
def test_any_bytes_are_rtcp_or_malformed(data: bytes) -> None:
    ends_well(rtcp.parse, data)


@given(
    st.sampled_from(range(200, 207)),
    st.integers(0, 31),
    st.binary(max_size=12).map(lambda b: b * 4),
)
def test_any_body_of_any_rtcp_type_is_read_or_malformed(kind: int, count: int, body: bytes) -> None:
    ends_well(rtcp.parse, bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2) + body)


@given(st.integers(0, 3).flatmap(lambda size: st.binary(min_size=4 * size, max_size=40)))
def test_any_extension_block_is_read_or_malformed(block: bytes) -> None:
    ends_well(rtp.parse, bytes.fromhex("9060 0001 00000002 00000003") + block)


packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=SHORT,
    timestamp=WORD,
    ssrc=WORD,
    marker=st.booleans(),
    payload=st.binary(max_size=40),
    extensions=st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=5)
    | st.dictionaries(st.integers(1, 255), st.binary(max_size=255), max_size=3),
)


@given(packets)
def test_rtp_comes_back(packet: RtpPacket) -> None:
    assert rtp.parse(packet.serialize()) == packet


blocks = st.lists(
    st.builds(
        ReportBlock, WORD, BYTE, st.integers(-(1 << 23), (1 << 23) - 1), WORD, WORD, WORD, WORD
    ),
    max_size=31,
).map(tuple)
chunks = st.builds(
    SourceChunk,
    WORD,
    st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=255)), max_size=3).map(tuple),
)
reports: st.SearchStrategy[rtcp.RtcpPacket] = st.one_of(
    st.builds(SenderReport, WORD, st.integers(0, (1 << 64) - 1), WORD, WORD, WORD, blocks),
    st.builds(ReceiverReport, WORD, blocks),
    st.builds(SourceDescription, st.lists(chunks, max_size=3).map(tuple)),
    st.builds(Bye, st.lists(WORD, max_size=31).map(tuple), st.binary(max_size=255)),
    st.builds(PictureLoss, WORD, WORD),
    st.builds(FullIntra, WORD, st.lists(st.tuples(WORD, BYTE), max_size=4).map(tuple)),
    st.builds(Remb, WORD, st.integers(0, (1 << 18) - 1), st.lists(WORD, max_size=4).map(tuple)),
)


@given(st.lists(reports, min_size=1, max_size=4))
def test_rtcp_comes_back(compound: list[rtcp.RtcpPacket]) -> None:
    data = rtcp.compound(compound)
    assert len(data) % 4 == 0
    assert rtcp.parse(data) == compound


@given(st.lists(SHORT, unique=True))
def test_nack_names_exactly_what_is_lost(lost: list[int]) -> None:
    (read,) = rtcp.parse(Nack(1, 2, tuple(lost)).serialize())
    assert isinstance(read, Nack)
    assert sorted(read.lost) == sorted(lost)


@given(st.integers(0, 1 << 40))
def test_remb_never_says_more_than_it_was_told(bitrate_bps: int) -> None:
    (read,) = rtcp.parse(Remb(1, bitrate_bps, (2,)).serialize())
    assert isinstance(read, Remb)
    assert bitrate_bps * (1 - 2**-17) <= read.bitrate_bps <= bitrate_bps


@pytest.mark.parametrize("codec", RTP_CODECS, ids=lambda codec: codec.name)
@given(
    st.lists(
        st.tuples(st.binary(max_size=24), st.integers(0, 2), st.booleans(), st.booleans()),
        max_size=12,
    )
)
def test_depayloaders_take_anything(
    codec: Codec, stream: list[tuple[bytes, int, bool, bool]]
) -> None:
    taker = depayloader(codec)
    for payload, timestamp, marker, lost in stream:
        for frame in taker.push(RtpPacket(96, 0, timestamp, 1, marker, payload), lost):
            assert frame.data


WORDS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/:"), min_size=1
)
LINES = st.sampled_from(
    description("ffmpeg_two_files").splitlines()
    + description("ffmpeg_g722_ip6").splitlines()
    + ["m=", "m=video 1 RTP/AVP 96", "c=IN IP4", "a=rtcp:", "a=rtpmap:96 ", "b=AS:", "\r", ""]
)


@given(st.text(max_size=60) | st.lists(LINES | st.text(max_size=8), max_size=14).map("\n".join))
def test_any_text_is_a_description_or_malformed(text: str) -> None:
    for candidate in (text, "v=0\n" + text):
        try:
            session = sdp.parse(candidate)
        except MalformedInput:
            continue
        assert sdp.parse(session.serialize()) == session
        for media in session.media:
            assert session.direction_of(media) in sdp.Direction
            assert isinstance(media.fmtp(96), dict)
            assert isinstance(media.rtcp_fb(96), tuple)


sections = st.builds(
    sdp.MediaDescription,
    kind=st.sampled_from(("audio", "video", "application")),
    port=SHORT,
    proto=st.just("RTP/AVP"),
    formats=st.lists(WORDS, min_size=1, max_size=4).map(tuple),
    connection=st.none() | st.builds(sdp.Connection, WORDS, st.booleans()),
    bandwidth=st.lists(st.tuples(WORDS, st.integers(0, 1 << 40)), max_size=2).map(tuple),
    attributes=st.lists(
        st.tuples(WORDS.map(lambda word: f"x-{word}"), st.none() | WORDS), max_size=4
    ).map(tuple),
)


@given(st.lists(sections, max_size=4).map(tuple))
def test_descriptions_come_back(media: tuple[sdp.MediaDescription, ...]) -> None:
    session = sdp.SessionDescription(media)
    assert sdp.parse(session.serialize()) == session
