"""H.261: where groups of blocks begin, and what a picture is (ITU-T H.261 4.2)."""

import re
from dataclasses import dataclass

CIF, QCIF = (352, 288), (176, 144)

_START = re.compile(r"0000000000000001(?=(\d{4}))")
"""GBSC; with group number 0 it is a picture's start code PSC (4.2.1, 4.2.2)."""

_PICTURE = re.compile(r"00000000000000010000\d{5}\d{3}(\d)")
"""PSC, temporal reference, three bits of PTYPE, and its bit of the source format."""

_INTRA_GROUP = re.compile(
    r"0000000000000001\d{4}\d{5}(?:1\d{8})*0"  # GBSC, number, quantizer, spare (4.2.2)
    r"(?:00000001111)*1(?:0001|0000001)"  # stuffing; first block right here, and intra (4.2.3)
)

MAX_BYTES = 64 * 1024
"""Of a picture: twice what one of CIF may have (5.2), all of whose bits are looked at here."""

FEWEST_GROUPS = 3
"""Of a QCIF picture; CIF has 12."""


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """`groups`: at which bits groups of blocks begin. `intra`: each begins with an intra block.

    H.261 does not say whether a picture is whole in itself. One whose every group begins so is:
    in others a block is intra once in 132 times.
    """

    width: int
    height: int
    intra: bool
    groups: tuple[int, ...]


def picture_facts(data: bytes) -> PictureFacts | None:
    """The facts of one coded picture; None where none begins in its first byte."""
    if len(data) > MAX_BYTES:
        return None
    bits = format(int.from_bytes(b"\1" + data), "b")[1:]
    head = _PICTURE.search(bits, 0, 48)
    if head is None or head.start() >= 8:
        return None
    width, height = CIF if head[1] == "1" else QCIF
    groups = [found.start() for found in _START.finditer(bits) if found[1] != "0000"]
    intra = all(_INTRA_GROUP.match(bits, group) for group in groups)
    whole = len(groups) >= FEWEST_GROUPS
    return PictureFacts(width, height, intra and whole, tuple(groups))
