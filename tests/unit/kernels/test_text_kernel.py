"""The text kernel against its slow twin: random data, padded rows, nothing written beside."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mcu_core.kernels.text import write
from tests.reference.text_kernels import written

OCTET = st.integers(0, 255)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 9), st.integers(1, 70), OCTET, OCTET, OCTET, OCTET, st.integers(0, 2**32 - 1))
def test_text_is_laid_as_said(
    height: int, width: int, part: int, ink: int, ground: int, opacity: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    around = rng.integers(0, 256, (height + 4, width + 9), dtype=np.uint8)
    before = around.copy()
    target = around[2:-2, 3 : 3 + width]
    letters = rng.integers(0, 256, (height, width + 6), dtype=np.uint8)[:, 2:-2]
    letters.flags.writeable = False
    expected = written(target, letters, part, ink, ground, opacity)
    write(target, letters, part, ink, ground, opacity)
    assert (target == expected).all()
    target[...] = before[2:-2, 3 : 3 + width]
    assert (around == before).all()


def test_extremes_are_exact() -> None:
    for below, ink, ground in ((0, 255, 255), (255, 0, 0), (16, 235, 16)):
        target = np.full((2, 40), below, np.uint8)
        bare, full = np.zeros((2, 41), np.uint8), np.full((2, 41), 255, np.uint8)
        write(target, bare, 128, ink, ground, 0)
        assert (target == below).all()
        write(target, bare, 255, ink, ground, 255)
        assert (target == ground).all()
        write(target, full, 77, ink, ground, 0)
        assert (target == ink).all()
