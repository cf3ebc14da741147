"""Sound of an input: decoded ahead, as blocks of 20 ms."""

from collections.abc import Generator, Iterator
from concurrent.futures import Executor
from itertools import chain
from typing import Any

import av
import numpy as np
import structlog
from numpy.typing import NDArray

from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.sound import BLOCK_SAMPLES, CHANNELS, SAMPLE_RATE, Block, silence
from mcu_core.offline.ahead import Ahead
from mcu_core.offline.inputs import READ_ERRORS, InputInfo, open_stream

log = structlog.get_logger()

BATCH = 25
"""Blocks made in one go: half a second."""

SILENT = silence()
"""Stands for every block that holds nothing but zeros."""

Samples = NDArray[np.float32]


class SoundReader:
    """The sound of one file."""

    def __init__(self, info: InputInfo, pool: Executor) -> None:
        self._blocks = Ahead(_blocks(info), BATCH, pool) if info.has_audio else None

    def next_block(self) -> Block | None:
        """The next 20 ms; None where it is silent, and for ever after the end."""
        block = None if self._blocks is None else self._blocks.next()
        return block if block is not SILENT else None

    @property
    def ended(self) -> bool:
        """Whether there are no more blocks."""
        return self._blocks is None or self._blocks.ended

    def close(self) -> None:
        """Stop decoding and let the file go; safe twice."""
        if self._blocks is not None:
            self._blocks.close()


def _blocks(info: InputInfo) -> Generator[Block, None, None]:
    """All blocks; silence stands in front when the sound begins later than the pictures."""
    page = _page()
    filled = 0
    try:
        for piece in _pieces(info):
            done = 0
            while done < len(piece):
                step = min(len(piece) - done, len(page) - filled)
                page[filled : filled + step] = piece[done : done + step]
                done, filled = done + step, filled + step
                if filled == len(page):
                    yield from _parted(page)
                    page, filled = _page(), 0
    except READ_ERRORS as error:
        log.warning("sound is damaged", path=str(info.path), reason=str(error))
    yield from _parted(page[: -(-filled // BLOCK_SAMPLES) * BLOCK_SAMPLES])


def _page() -> Samples:
    return np.zeros((BATCH * BLOCK_SAMPLES, CHANNELS), np.float32)


def _parted(page: Samples) -> Iterator[Block]:
    """Blocks, those without any sound being SILENT."""
    blocks = page.reshape(-1, BLOCK_SAMPLES, CHANNELS)
    sounding: list[bool] = np.any(blocks, axis=(1, 2)).tolist()
    return (block if sounds else SILENT for block, sounds in zip(blocks, sounding, strict=True))


def _pieces(info: InputInfo) -> Iterator[Samples]:
    """Decoded sound at 48 kHz in pieces of any length, aligned with the file's clock.

    Their shape is (samples, 2), or (samples, 1) for what stands on both sides.
    """
    container, stream = open_stream(info.path, "audio")
    with container:
        frames = container.decode(stream)
        first = next(frames, None)
        if first is None:
            return
        begin_ns = int((first.time or 0.0) * NS_PER_SECOND) - info.start_ns
        yield np.zeros((max(0, begin_ns * SAMPLE_RATE // NS_PER_SECOND), 1), np.float32)
        # One channel stands on both sides at full level; FFmpeg would take 3 dB off it.
        layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        resampler = av.AudioResampler("fltp", layout, SAMPLE_RATE)
        for frame in chain((first,), frames):
            if _is_plain(frame):
                yield _columns(frame)
            else:
                yield from map(_columns, resampler.resample(frame))
        yield from map(_columns, resampler.resample(None))


def _is_plain(frame: Any) -> bool:
    """Whether it is what the resampler would make of it: Opus and AAC mostly."""
    return (
        frame.sample_rate == SAMPLE_RATE
        and frame.format.name == "fltp"
        and frame.layout.name in ("mono", "stereo")
    )


def _columns(frame: Any) -> Samples:
    """Planes as columns; read before the next frame is decoded."""
    planes = [np.frombuffer(plane, np.float32, frame.samples) for plane in frame.planes]
    return planes[0][:, None] if len(planes) == 1 else np.stack(planes, axis=1)
