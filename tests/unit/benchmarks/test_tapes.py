"""Tapes keep what they were made of, and a reel what its tapes hold."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from benchmarks.floor import Mosaic, bare
from benchmarks.load.tape import Reel, Tape
from benchmarks.slides import slides
from benchmarks.tapes import chirps, sound_tape
from mcu_core.errors import BadInput
from mcu_core.media.codec import H264, OPUS, PCMA, Codec
from mcu_core.protocol.payload.base import payloader

UNITS = [(b"one", b"second"), (b"3",), (b"", b"last")]


def test_a_tape_gives_back_its_payloads(tmp_path: Path) -> None:
    made = Tape.of(H264, 30, UNITS)
    made.save(tmp_path / "t.npz")
    tape = Tape.load(tmp_path / "t.npz")
    assert [tape.payloads(k) for k in range(tape.units)] == [list(unit) for unit in UNITS]
    assert (tape.ticks, tape.is_video, tape.raw) == (3000, True, False)
    assert tape.bitrate_bps == pytest.approx(8 * 14 * 10)
    assert list(tmp_path.iterdir()) == [tmp_path / "t.npz"]
    with pytest.raises(BadInput, match="tape"):
        Tape.load(tmp_path / "none.npz")


def test_a_reel_holds_tapes_behind_one_another() -> None:
    tapes = [Tape.of(H264, 30, UNITS), Tape.of(None, 100, [(b"raw",)])]
    reel = Reel.of(tapes)
    unit = reel.first_unit[1]
    first = reel.starts[reel.first[unit]]
    assert reel.data[first : reel.starts[reel.first[unit] + 1]].tobytes() == b"raw"
    assert reel.first_unit.tolist() == [0, 3, 4]
    assert tapes[1].raw
    assert Reel.of([]).first_unit.tolist() == [0]


@pytest.mark.parametrize(("codec", "size"), [(OPUS, 0), (PCMA, 160)])
def test_sound_tapes_have_a_payload_each_20_ms(codec: Codec, size: int) -> None:
    tape = sound_tape(codec, chirps())
    assert tape.units == 400
    sizes = np.diff(tape.starts)
    assert sizes.min() > 0
    assert not size or set(sizes) == {size}


def test_the_floor_is_what_decoding_and_encoding_take() -> None:
    """A picture of eight times the size costs more; what is not asked for costs nothing."""
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.time_base, encoder.options = Fraction(1, 30), {"tune": "zerolatency"}
    coded = [bytes(p) for f in slides(320, 180, 1, 30) for p in encoder.encode(f)]
    tape = Tape.of(
        H264, 30, [payloader(H264).payloads(data, k == 0) for k, data in enumerate(coded)]
    )
    small = Mosaic((320, 180), 30, 300_000, ((0, 0, 320, 180),), (0,))
    large = Mosaic((1280, 720), 30, 2_000_000, ((0, 0, 1280, 720),), (0,))
    floor = bare([tape], [small, large], "ultrafast", pictures=10)
    assert 0 < floor.encode_ms[0] < floor.encode_ms[1]
    assert floor.cores == pytest.approx(floor.decode_cores + floor.encode_cores)
    assert floor.sound_cores == 0
    assert bare([], [], "ultrafast", [sound_tape(OPUS, chirps())], [OPUS]).sound_cores > 0
