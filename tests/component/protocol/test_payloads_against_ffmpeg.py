"""Our payload formats and descriptions against FFmpeg's, both ways, in short streams."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

from mcu_core.media.codec import (
    AV1,
    G722,
    H261,
    H263,
    H263_1998,
    H263_2000,
    H263_FORMS,
    H264,
    H265,
    OPUS,
    PCMA,
    PCMU,
    VP8,
    VP9,
    Codec,
    Kind,
)
from mcu_core.media.units import AccessUnit
from mcu_core.negotiation.capabilities import Capabilities, LocalAddress
from mcu_core.negotiation.rtp_offer import offer
from mcu_core.protocol import rtp
from mcu_core.protocol.payload.base import depayloader, payloader
from mcu_core.protocol.payload.frame import Frame
from mcu_core.protocol.payload.h264 import nal_units
from mcu_core.protocol.stream_facts import read_facts

FRAMES = 12
WIDTH, HEIGHT = 352, 288
MAX_BYTES = 600
ONE_WAY = (VP9, H265, AV1)
CODECS = (H264, VP8, H263_1998, H263_2000, H263, H261, OPUS, G722, PCMA, PCMU)
COARSE = {"g": "6", "qmin": "31"}
"""Few bits: that demuxer bears only so many, and the muxer of H.263 notes so many places to cut."""

VIDEO_OPTIONS = {
    H264: {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "slices=2:keyint=6"},
    VP8: {"deadline": "realtime", "cpu-used": "8", "g": "6", "lag-in-frames": "0"},
    VP9: {"deadline": "realtime", "cpu-used": "8", "g": "6", "lag-in-frames": "0"},
    H265: {"preset": "ultrafast", "tune": "zerolatency", "x265-params": "keyint=6:log-level=none"},
    AV1: {"preset": "12", "g": "6", "svtav1-params": "pred-struct=1:lookahead=0:rc=2"},
    **{codec: COARSE for codec in H263_FORMS},
    H261: COARSE,
    H263: COARSE | {"mb_info": "500"},
}


class Datagrams:
    """A file to write to: one write is one packet of FFmpeg's RTP muxer."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep a packet."""
        self.written.append(bytes(data))
        return len(data)


class Arrivals:
    """A file for FFmpeg's SDP demuxer: the description, its end, then one packet per read.

    Good for short streams only: after some 280 kB that demuxer wants to send reports into the file
    and hangs.
    """

    def __init__(self, description: str, packets: list[bytes]) -> None:
        self._reads = [description.encode(), b"", *packets]

    def read(self, size: int) -> bytes:
        """The next piece; nothing more at the end."""
        return self._reads.pop(0) if self._reads else b""


def encoder(codec: Codec) -> str:
    """FFmpeg's encoder, also of what we only receive."""
    others = {VP9: "libvpx-vp9", H265: "libx265", AV1: "libsvtav1"}
    return others.get(codec, codec.encoder)


def units(codec: Codec) -> "Iterator[av.Packet[Any]]":
    """Coded pictures or sound of a codec: pictures of many packets and of few."""
    context = av.CodecContext.create(encoder(codec), "w")
    if isinstance(context, VideoCodecContext):
        context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
        context.bit_rate = 600_000
        context.options = VIDEO_OPTIONS[codec]
        noise = np.random.default_rng(1).integers(0, 80, (HEIGHT * 3 // 2, WIDTH), np.uint8)
        for turn in range(FRAMES):
            picture = av.VideoFrame.from_ndarray(np.roll(noise, turn, axis=1), format="yuv420p")
            picture.pts = turn
            yield from context.encode(picture)
        yield from context.encode(None)
        return
    assert isinstance(context, AudioCodecContext)
    context.sample_rate = codec.sample_rate
    context.layout = "stereo" if codec.channels == 2 else "mono"
    context.format = "s16"
    samples = codec.sample_rate // 50
    for turn in range(FRAMES):
        tone = np.arange(samples * codec.channels, dtype=np.int16)[None, :] * 17
        sound = av.AudioFrame.from_ndarray(tone, format="s16", layout=context.layout.name)
        sound.sample_rate, sound.pts = codec.sample_rate, turn * samples
        yield from context.encode(sound)
    yield from context.encode(None)


def packets_of_ffmpeg(codec: Codec) -> tuple[list[bytes], list[bytes]]:
    """What was coded, and FFmpeg's packets of it."""
    coded = list(units(codec))
    sink = Datagrams()
    flags = "skip_rtcp+rfc2190" if codec is H263 else "skip_rtcp"
    options = {"packetsize": str(MAX_BYTES), "payload_type": "96", "rtpflags": flags}
    options["strict"] = "experimental"  # as FFmpeg calls its H.261 and VP9
    with av.open(sink, "w", format="rtp", options=options) as muxer:
        if codec.kind is Kind.VIDEO:
            stream = muxer.add_stream(encoder(codec), rate=30)
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        else:
            stream = muxer.add_stream(codec.encoder, rate=codec.sample_rate)
            assert isinstance(stream, av.AudioStream)
            stream.layout = "stereo" if codec.channels == 2 else "mono"
        for unit in coded:
            unit.stream = stream
            muxer.mux(unit)
    return [bytes(unit) for unit in coded], sink.written


def frames_of(codec: Codec, packets: list[bytes]) -> list[Frame]:
    """What our depayloader makes of packets."""
    stream = depayloader(codec)
    found = [frame for data in packets for frame in stream.push(rtp.parse(data), False)]
    assert stream.malformed == 0
    return found


def same(codec: Codec, ours: bytes, theirs: bytes) -> bool:
    """Whether two coded frames are the same; H.264 may differ in start codes."""
    return nal_units(ours) == nal_units(theirs) if codec in (H264, H265) else ours == theirs


@pytest.mark.parametrize("codec", [*CODECS, *ONE_WAY], ids=lambda codec: codec.name)
def test_ffmpegs_packets_are_the_frames_that_it_was_given(codec: Codec) -> None:
    coded, packets = packets_of_ffmpeg(codec)
    frames = frames_of(codec, packets)
    assert not any(frame.broken for frame in frames)
    if codec.kind is Kind.AUDIO and codec is not OPUS:
        # FFmpeg packs sound of fixed rate by length; the octets are what counts.
        assert b"".join(frame.data for frame in frames) == b"".join(coded)
        return
    assert len(frames) == len(coded)
    assert all(same(codec, frame.data, unit) for frame, unit in zip(frames, coded, strict=True))
    if codec.kind is Kind.VIDEO:
        assert [i for i, frame in enumerate(frames) if frame.keyframe] == [0, 6]
        assert len(packets) > 2 * len(frames)
        facts = read_facts(AccessUnit(codec, frames[0].data, 0, True))
        assert facts is not None
        assert (facts.width, facts.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_ffmpeg_reads_our_packets_by_our_description(codec: Codec) -> None:
    coded = [bytes(unit) for unit in units(codec)]
    local = LocalAddress("127.0.0.1", {codec.kind: 5004})
    description = offer(Capabilities(codecs=(codec,)), local)
    payload_type = int(description.media[0].formats[0])
    cutter = payloader(codec, MAX_BYTES)
    step = codec.rtp_clock // (30 if codec.kind is Kind.VIDEO else 50)
    packets: list[bytes] = []
    for turn, unit in enumerate(coded):
        payloads = cutter.payloads(unit, False)
        for index, payload in enumerate(payloads):
            marker = codec.kind is Kind.VIDEO and index == len(payloads) - 1
            head = rtp.header(payload_type, marker, len(packets), turn * step, 1)
            packets.append(head + payload)
    source = Arrivals(description.serialize(), packets)
    read: list[bytes] = []
    with av.open(source, "r", format="sdp", options={"sdp_flags": "custom_io"}) as demuxer:
        for _ in range(2):  # the end of the description ends the first round
            read += (bytes(unit) for unit in demuxer.demux() if unit.size)
    assert len(read) == len(coded)
    assert all(same(codec, ours, theirs) for ours, theirs in zip(coded, read, strict=True))


def test_our_pictures_decode_whole() -> None:
    _, packets = packets_of_ffmpeg(H264)
    decoder = av.CodecContext.create(H264.decoder, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoded = [
        picture
        for frame in frames_of(H264, packets)
        for picture in decoder.decode(av.Packet(frame.data))
    ]
    decoded += decoder.decode(None)
    assert len(decoded) == FRAMES
    assert not any(picture.is_corrupt for picture in decoded)
