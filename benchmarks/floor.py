"""The floor: what the codecs of a run cost bare, with the same libraries, on the same pictures.

Every picture that the run's sources send is decoded, every mosaic that its receivers get is put
together (which is not counted) and encoded, one thread each, alternating as in the engine, so that
caches are no warmer. CPU time of the thread, not of the clock on the wall.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.load.tape import Tape
from mcu_core.media.clock import thread_cpu_time_s
from mcu_core.media.codec import H264, OPUS, Codec
from mcu_core.media.picture import Plane
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.protocol.payload.base import depayloader
from mcu_core.protocol.rtp import RtpPacket

PICTURES = 120
BLOCKS_PER_S = SAMPLE_RATE // BLOCK_SAMPLES
SOUND_BLOCKS = 200

Rect = tuple[int, int, int, int]
"""x, y, width, height in pixels, all even."""


@dataclass(frozen=True, slots=True)
class Mosaic:
    """One picture that is encoded: input `sources[k]` in `rects[k]`."""

    size: tuple[int, int]
    fps: int
    bitrate_bps: int
    rects: tuple[Rect, ...]
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Floor:
    """CPU ms per picture of each input and of each mosaic, and cores in all."""

    decode_ms: tuple[float, ...]
    encode_ms: tuple[float, ...]
    decode_cores: float
    encode_cores: float
    sound_cores: float = 0.0

    @property
    def cores(self) -> float:
        """All of it."""
        return self.decode_cores + self.encode_cores + self.sound_cores


class Spent:
    """Adds up the CPU time that the calling thread uses while it is entered."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = thread_cpu_time_s()

    def __exit__(self, *error: object) -> None:
        self.seconds += thread_cpu_time_s() - self._began


def bare(
    inputs: Sequence[Tape],
    mosaics: Sequence[Mosaic],
    preset: str,
    sounds: Sequence[Tape] = (),
    sound_outputs: Sequence[Codec] = (),
    pictures: int = PICTURES,
) -> Floor:
    """Measure it; takes about pictures / fps seconds times the cores that come out."""
    units = [_access_units(tape) for tape in inputs]
    decoders = [_decoder() for _ in inputs]
    encoders = [_encoder(mosaic, preset) for mosaic in mosaics]
    decoding, encoding = [Spent() for _ in inputs], [Spent() for _ in mosaics]
    canvases = [_canvas(mosaic.size) for mosaic in mosaics]
    for number in range(pictures):
        frames = []
        for k, decoder in enumerate(decoders):
            data = units[k][number % len(units[k])]
            with decoding[k]:
                got = decoder.decode(av.Packet(data))
            frames.append(got[0])
        tiles: dict[tuple[int, int, int], tuple[Plane, ...]] = {}
        for k, mosaic in enumerate(mosaics):
            _compose(canvases[k], mosaic, frames, tiles)
            frame = _frame(canvases[k], number)
            with encoding[k]:
                encoders[k].encode(frame)
    decode_s = [spent.seconds / pictures for spent in decoding]
    encode_s = [spent.seconds / pictures for spent in encoding]
    return Floor(
        tuple(1000 * each for each in decode_s),
        tuple(1000 * each for each in encode_s),
        sum(each * tape.per_second for each, tape in zip(decode_s, inputs, strict=True)),
        sum(each * mosaic.fps for each, mosaic in zip(encode_s, mosaics, strict=True)),
        _sound_cores(sounds, sound_outputs) if sounds else 0.0,
    )


# ------------------------------------------------------------------ pictures


def _access_units(tape: Tape) -> list[bytes]:
    """The coded pictures of a tape."""
    assembly = depayloader(H264)
    units: list[bytes] = []
    sequence = 0
    for unit in range(tape.units):
        payloads = tape.payloads(unit)
        for k, payload in enumerate(payloads, 1):
            packet = RtpPacket(96, sequence & 0xFFFF, unit * 3000, 1, k == len(payloads), payload)
            sequence += 1
            units += [frame.data for frame in assembly.push(packet, False)]
    return units


def _decoder() -> Any:
    decoder: Any = av.CodecContext.create(H264.decoder, "r")
    decoder.thread_count = 1
    decoder.options = {"flags": "low_delay"}
    return decoder


def _encoder(mosaic: Mosaic, preset: str) -> Any:
    """As the engine's own: one thread, no group length, half a second of buffer."""
    encoder: Any = av.CodecContext.create(H264.encoder, "w")
    (encoder.width, encoder.height), encoder.pix_fmt = mosaic.size, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, mosaic.fps), Fraction(mosaic.fps)
    encoder.thread_count, encoder.gop_size, encoder.max_b_frames = 1, 1 << 30, 0
    encoder.bit_rate = mosaic.bitrate_bps
    encoder.options = {
        "preset": preset,
        "tune": "zerolatency",
        "profile": "baseline",
        "forced-idr": "1",
        "sc_threshold": "0",
        "maxrate": str(mosaic.bitrate_bps),
        "bufsize": str(mosaic.bitrate_bps // 2),
    }
    return encoder


def _canvas(size: tuple[int, int]) -> tuple[Plane, ...]:
    width, height = size
    chroma = (height // 2, width // 2)
    return (
        np.full((height, width), 16, np.uint8),
        np.full(chroma, 128, np.uint8),
        np.full(chroma, 128, np.uint8),
    )


def _compose(
    canvas: tuple[Plane, ...],
    mosaic: Mosaic,
    frames: Sequence[av.VideoFrame],
    tiles: dict[tuple[int, int, int], tuple[Plane, ...]],
) -> None:
    for (x, y, width, height), source in zip(mosaic.rects, mosaic.sources, strict=False):
        key = (source, width, height)
        if key not in tiles:
            scaled = frames[source].reformat(width, height, "yuv420p", threads=1)
            tiles[key] = tuple(
                np.frombuffer(memoryview(plane), np.uint8)
                .reshape(-1, plane.line_size)[: plane.height, : plane.width]
                .copy()
                for plane in scaled.planes
            )
        for shrink, plane, tile in zip((1, 2, 2), canvas, tiles[key], strict=True):
            top, left = y // shrink, x // shrink
            plane[top : top + tile.shape[0], left : left + tile.shape[1]] = tile


def _frame(canvas: tuple[Plane, ...], number: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_dlpack(canvas, "yuv420p")
    frame.pts = number
    return frame


# ------------------------------------------------------------------ sound


def _sound_cores(sounds: Sequence[Tape], outputs: Sequence[Codec]) -> float:
    """Decoding each tape and encoding their sum for each output, a second of media a second."""
    spent = Spent()
    total = np.zeros(0, np.float32)
    for tape in sounds:
        form = tape.form
        if form is None or form.name not in _SAMPLES:
            continue
        decoder: Any = av.CodecContext.create(form.decoder, "r")
        decoder.sample_rate, decoder.layout = form.sample_rate, _layout(form.channels)
        packets = [av.Packet(tape.payloads(k % tape.units)[0]) for k in range(SOUND_BLOCKS)]
        with spent:
            frames = [decoder.decode(packet)[0] for packet in packets]
        decoded = np.concatenate([_left(frame) for frame in frames])
        total = decoded if not len(total) else total + decoded
    for codec in outputs:
        encoder, frames = _sound_encoder(codec, total)
        with spent:
            for frame in frames:
                encoder.encode(frame)
    return spent.seconds / (SOUND_BLOCKS / BLOCKS_PER_S)


_SAMPLES = {"opus": "flt", "PCMA": "s16", "PCMU": "s16", "G722": "s16"}
"""What libraries code, and in which form of samples; L16 needs none."""


def _layout(channels: int) -> str:
    return "stereo" if channels == 2 else "mono"


def _left(frame: av.AudioFrame) -> NDArray[np.float32]:
    """One channel, full scale 1."""
    array = frame.to_ndarray()
    channels = len(frame.layout.channels)
    samples = array[0] if frame.format.is_planar else array[0, ::channels]
    scale = 32768 if array.dtype == np.int16 else 1
    return (samples / scale).astype(np.float32)


def _sound_encoder(codec: Codec, sound: NDArray[np.float32]) -> tuple[Any, list[av.AudioFrame]]:
    """An encoder as the engine's, and the sound in its frames."""
    encoder: Any = av.CodecContext.create(codec.encoder, "w")
    encoder.sample_rate, encoder.layout = codec.sample_rate, _layout(codec.channels)
    encoder.format = _SAMPLES[codec.name]
    encoder.time_base = Fraction(1, codec.sample_rate)
    if codec is OPUS:
        encoder.bit_rate = 64_000
        encoder.options = {"application": "voip", "fec": "1", "packet_loss": "5"}
    each = codec.sample_rate // BLOCKS_PER_S
    frames = []
    for k in range(SOUND_BLOCKS):
        block = sound[k * each : (k + 1) * each].repeat(codec.channels)[None]
        if _SAMPLES[codec.name] == "s16":
            block = np.clip(block * 32767, -32768, 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(block, encoder.format.name, _layout(codec.channels))
        frame.sample_rate, frame.pts = codec.sample_rate, k * each
        frames.append(frame)
    return encoder, frames
