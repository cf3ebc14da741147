"""Sizes of codecs that know few (H.261, H.263): which ones a receiver takes, and how often."""

from collections.abc import Mapping
from typing import NamedTuple

from mcu_core.media.codec import H261, H263_FORMS, Codec

MOST_FPS = 30
"""These codecs count time in 30000/1001 Hz: a picture interval (MPI) of 1 is 29.97 a second."""


class LegalSize(NamedTuple):
    """A size in pixels, and how many pictures of it a second are taken at most."""

    width: int
    height: int
    fps: int


_NAMED = {
    "CIF16": (1408, 1152),
    "CIF4": (704, 576),
    "CIF": (352, 288),
    "QCIF": (176, 144),
    "SQCIF": (128, 96),
}
_SIZES_OF: dict[Codec, tuple[str, ...]] = {
    H261: ("CIF", "QCIF"),
    **dict.fromkeys(H263_FORMS, ("CIF4", "CIF", "QCIF", "SQCIF")),
}
_UNTOLD = ("CIF", "QCIF")
"""What is taken for granted where they tell nothing: what was written by hand takes these."""

LONGEST_INTERVAL = 32


def own_sizes(codec: Codec) -> dict[str, str]:
    """Format parameters: what we take of such a codec, largest first (RFC 4587 6.1, 4629 8.1)."""
    return dict.fromkeys(_SIZES_OF.get(codec, ()), "1")


def legal_sizes(codec: Codec, fmtp: Mapping[str, str]) -> list[LegalSize]:
    """The sizes that a receiver takes, largest first; empty for codecs that know any size.

    `fmtp`: its parameters, as ``CIF=2``: every second interval. What cannot be read is passed over.
    """
    names = _SIZES_OF.get(codec)
    if names is None:
        return []
    told = {name.upper(): value for name, value in fmtp.items()}
    found = [
        LegalSize(*_NAMED[name], max(1, MOST_FPS // interval))
        for name in names
        if (interval := _interval(told.get(name, "")))
    ]
    return found or [LegalSize(*_NAMED[name], MOST_FPS) for name in _UNTOLD]


def _interval(text: str) -> int:
    """1 to 32; 0 for anything else."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0
    return number if number <= LONGEST_INTERVAL else 0
