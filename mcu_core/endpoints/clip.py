"""Clip: a media file read as coded units, again and again, without decoding it."""

import stat
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.error
import structlog
from av.bitstream import BitStreamFilterContext
from msgspec import structs

from mcu_core.errors import BadInput
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.codec import AAC, G722, H264, OPUS, PCMA, PCMU, VP8, Codec, Kind
from mcu_core.media.sound import BLOCK_NS
from mcu_core.media.units import AccessUnit

log = structlog.get_logger()

CODECS = {
    "h264": H264,
    "vp8": VP8,
    "opus": OPUS,
    "aac": AAC,
    "adpcm_g722": G722,
    "pcm_alaw": PCMA,
    "pcm_mulaw": PCMU,
}
"""Coded forms that may be played as they are, by FFmpeg's name."""

RAW_CODECS = (G722, PCMA, PCMU)
RAW_BLOCK_BYTES = 160
"""Codecs of 64 kbit/s whose packets in files have any length; the ingress gets blocks of 20 ms."""

OPENING = {
    "protocol_whitelist": "file",
    "format_whitelist": (
        "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,ogg,wav,avi,flv,ivf,h264,aac,g722"
    ),
}
"""One file, and forms that hold media themselves: play lists, SDP files and the like would have us
open other files, or connections, that somebody else named."""

SHORTEST_LOOP_NS = 20 * NS_PER_MS
LOOKAHEAD = 600
"""Packets of one stream that may stand before the other's next one in a badly interleaved file."""

_FIELD = "file.path"
_ADTS_HEADER_BYTES = 7


@dataclass(slots=True)
class _Track:
    """One stream of an open file."""

    stream: av.VideoStream | av.AudioStream
    codec: Codec
    to_annex_b: BitStreamFilterContext | None
    adts: bytes
    waiting: deque[AccessUnit]
    first_ns: int | None = None
    end_ns: int = 0
    rest: bytes = b""
    """Raw sound that does not make a block yet."""

    @property
    def length_ns(self) -> int:
        """From the beginning of its first unit to the end of its last one so far."""
        return self.end_ns - (self.first_ns or 0)


class Clip:
    """A file with H.264 or VP8 pictures, with Opus, AAC, G.722 or G.711 sound, or with both."""

    def __init__(self, path: Path, loop: bool = True) -> None:
        self._path = path
        self._loop = loop

    def check(self) -> None:
        """Raises BadInput, naming the field file.path, unless the file can be played. Blocks."""
        with closing(self._once(0)) as units:
            if next(units, None) is None:
                raise BadInput(_FIELD, f"a file with media in it, not {self._path}")

    def units(self) -> Generator[AccessUnit, None, None]:
        """Its units with stamps from 0 on; raises BadInput when it cannot be read. Blocks.

        A loop begins again after the longer of its two tracks, so pictures and sound stay in step
        and stamps go on; a file that is damaged further in begins again at the damage.
        """
        start_ns = 0
        while True:
            length_ns = yield from self._once(start_ns)
            if not length_ns:
                raise BadInput(_FIELD, f"a file with media in it, not {self._path}")
            if not self._loop:
                return
            start_ns += max(length_ns, SHORTEST_LOOP_NS)

    def _once(self, start_ns: int) -> Generator[AccessUnit, None, int]:
        """Yields all units once; returns the length in ns, 0 if there was none."""
        _check_regular(self._path)
        try:
            container = av.open(str(self._path), options=dict(OPENING))
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise BadInput(_FIELD, f"a media file ({_reason(error)}: {self._path})") from error
        with container:
            if not isinstance(container, av.container.InputContainer):
                raise BadInput(_FIELD, f"a media file, not {self._path}")
            tracks = {track.stream.index: track for track in self._tracks(container)}
            first_ns: int | None = None
            for unit in _interleaved(tracks, self._packets(container, tracks)):
                first_ns = unit.stamp_ns if first_ns is None else first_ns
                yield structs.replace(unit, stamp_ns=start_ns + max(0, unit.stamp_ns - first_ns))
            return max(track.length_ns for track in tracks.values())

    def _tracks(self, container: av.container.InputContainer) -> Iterator[_Track]:
        video, audio = container.streams.best("video"), container.streams.best("audio")
        if video is None and audio is None:
            raise BadInput(_FIELD, f"a file with pictures or sound, not {self._path}")
        for stream in (video, audio):
            if isinstance(stream, av.VideoStream | av.AudioStream):
                yield self._track(stream)

    def _track(self, stream: av.VideoStream | av.AudioStream) -> _Track:
        name = stream.codec_context.codec.canonical_name
        codec = CODECS.get(name)
        if codec is None:
            raise BadInput(
                _FIELD,
                f"H.264 or VP8 pictures, Opus, AAC, G.722 or G.711 sound, not {name}: {self._path}",
            )
        if isinstance(stream, av.AudioStream) and codec in RAW_CODECS:
            form = (stream.codec_context.sample_rate, stream.codec_context.channels)
            if form != (codec.sample_rate, codec.channels):
                expected = f"{codec.name} with {codec.sample_rate} Hz, mono"
                raise BadInput(_FIELD, f"{expected}, not {form[0]} Hz, {form[1]} channels")
        annex_b = BitStreamFilterContext("h264_mp4toannexb", stream) if codec is H264 else None
        extradata = stream.codec_context.extradata or b""
        adts = extradata if codec is AAC else b""
        return _Track(stream, codec, annex_b, adts, deque())

    def _packets(
        self, container: av.container.InputContainer, tracks: dict[int, _Track]
    ) -> "Iterator[tuple[_Track, av.Packet[Any]]]":
        demuxed = container.demux([track.stream for track in tracks.values()])
        while True:
            try:
                packet = next(demuxed)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError) as error:
                log.warning("clip is damaged", path=str(self._path), reason=_reason(error))
                return
            if packet.size:
                yield tracks[packet.stream_index], packet


def _check_regular(path: Path) -> None:
    """Raises BadInput for pipes, devices, sockets: to open one may wait for ever, or do harm."""
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError) as error:
        raise BadInput(_FIELD, f"a media file ({_reason(error)}: {path})") from error
    if not regular:
        raise BadInput(_FIELD, f"a regular file, not {path}")


def _interleaved(
    tracks: dict[int, _Track], packets: "Iterator[tuple[_Track, av.Packet[Any]]]"
) -> Iterator[AccessUnit]:
    """Units of all tracks in order of their stamps, as far as LOOKAHEAD allows."""
    for track, packet in packets:
        track.waiting.extend(_units(track, packet))
        while _settled(tracks):
            yield _earliest(tracks).waiting.popleft()
    while any(track.waiting for track in tracks.values()):
        yield _earliest(tracks).waiting.popleft()


def _settled(tracks: dict[int, _Track]) -> bool:
    lengths = [len(track.waiting) for track in tracks.values()]
    return all(lengths) or max(lengths) > LOOKAHEAD


def _earliest(tracks: dict[int, _Track]) -> _Track:
    waiting = (track for track in tracks.values() if track.waiting)
    return min(waiting, key=lambda track: track.waiting[0].stamp_ns)


def _units(track: _Track, packet: "av.Packet[Any]") -> Iterator[AccessUnit]:
    """The units in a packet, stamped in file time, and the track's extent brought up to date."""
    ticks = packet.dts if packet.dts is not None else packet.pts
    begin_ns = track.end_ns if ticks is None else _to_ns(ticks, packet)
    length_ns = _to_ns(packet.duration or 0, packet) or _usual_ns(track.stream)
    if track.first_ns is None:
        track.first_ns = begin_ns
    track.end_ns = max(track.end_ns, begin_ns + length_ns)
    if track.to_annex_b is not None:
        for filtered in track.to_annex_b.filter(packet):
            yield AccessUnit(track.codec, bytes(filtered), begin_ns, filtered.is_keyframe)
    elif track.codec in RAW_CODECS:
        yield from _blocks(track, bytes(packet), begin_ns)
    else:
        data = _with_adts(bytes(packet), track.adts) if track.adts else bytes(packet)
        keyframe = packet.is_keyframe or track.codec.kind is Kind.AUDIO
        yield AccessUnit(track.codec, data, begin_ns, keyframe)


def _blocks(track: _Track, data: bytes, begin_ns: int) -> Iterator[AccessUnit]:
    """Blocks of 20 ms out of what was left of the last packet and this one."""
    begin_ns -= len(track.rest) * BLOCK_NS // RAW_BLOCK_BYTES
    data = track.rest + data
    whole = len(data) // RAW_BLOCK_BYTES
    track.rest = data[whole * RAW_BLOCK_BYTES :]
    for number in range(whole):
        block = data[number * RAW_BLOCK_BYTES :][:RAW_BLOCK_BYTES]
        yield AccessUnit(track.codec, block, begin_ns + number * BLOCK_NS, keyframe=True)


def _to_ns(ticks: int, packet: "av.Packet[Any]") -> int:
    return int(ticks * packet.time_base * NS_PER_SECOND)


def _usual_ns(stream: av.VideoStream | av.AudioStream) -> int:
    """How long a packet lasts whose file does not say so."""
    if isinstance(stream, av.VideoStream) and stream.average_rate:
        return int(NS_PER_SECOND / stream.average_rate)
    return BLOCK_NS


def _with_adts(frame: bytes, config: bytes) -> bytes:
    """An AAC frame with an ADTS header (ISO 14496-3 1.A.2.2) made from its AudioSpecificConfig.

    A decoder can then begin at any frame without having been told anything before.
    """
    bits = int.from_bytes(config[:2], "big")
    object_type, rate_index, channels = bits >> 11, bits >> 7 & 15, bits >> 3 & 15
    profile = min(object_type, 4) - 1
    length = len(frame) + _ADTS_HEADER_BYTES
    header = 0xFFF1 << 40 | profile << 38 | rate_index << 34 | channels << 30
    header |= length << 13 | 0x7FF << 2
    return header.to_bytes(_ADTS_HEADER_BYTES, "big") + frame


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
