"""The sound of an input as blocks: nothing is lost or moved, and silence is told as silence."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE, Block
from mcu_core.offline.inputs import look_into
from mcu_core.offline.sound import BATCH, SoundReader

Samples = NDArray[np.int16]


def write_wave(path: Path, samples: Samples, rate: int = SAMPLE_RATE) -> Path:
    """A file of these samples, shape (n, channels), as they are."""
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    with av.open(str(path), "w", format="wav") as container:
        stream: Any = container.add_stream("pcm_s16le", rate=rate)
        stream.layout = layout
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "s16", layout)
        frame.sample_rate, frame.pts = rate, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def read(path: Path) -> list[Block | None]:
    with ThreadPoolExecutor(2) as pool:
        reader = SoundReader(look_into(path, "input"), pool)
        blocks = []
        while not reader.ended:
            blocks.append(reader.next_block())
        assert reader.next_block() is None
        reader.close()
    return blocks


def noise(blocks: int, channels: int) -> Samples:
    shape = (blocks * BLOCK_SAMPLES, channels)
    return np.random.default_rng(5).integers(-9000, 9000, shape, np.int16)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("blocks", [1, BATCH, 2 * BATCH + 3])
def test_every_sample_comes_once_and_in_its_place(
    tmp_path: Path, channels: int, blocks: int
) -> None:
    samples = noise(blocks, channels)
    got = read(write_wave(tmp_path / "in.wav", samples))
    heard = np.concatenate([block for block in got if block is not None])
    assert len(got) == blocks
    assert np.array_equal(heard, np.repeat(samples, 3 - channels, 1)[:, :2] / np.float32(32768))


def test_silence_is_no_block_and_not_the_end(tmp_path: Path) -> None:
    samples = noise(2 * BATCH + 4, 2)
    samples[3 * BLOCK_SAMPLES : (BATCH + 6) * BLOCK_SAMPLES] = 0
    samples[-BLOCK_SAMPLES:] = 0
    got = read(write_wave(tmp_path / "in.wav", samples))
    silent = [number for number, block in enumerate(got) if block is None]
    assert silent == [*range(3, BATCH + 6), 2 * BATCH + 3]
    assert len(got) == 2 * BATCH + 4


def test_an_unfinished_block_is_filled_with_silence(tmp_path: Path) -> None:
    samples = noise(2, 1)[: BLOCK_SAMPLES + 10]
    last = read(write_wave(tmp_path / "in.wav", samples))[1]
    assert last is not None
    assert np.any(last[:10])
    assert not np.any(last[10:])
