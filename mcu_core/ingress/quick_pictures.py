"""A stream's pictures that are put together where their packets arrive (kernels/assembling.py).

Packets in sequence of a sender's usual pictures never come to Python one by one. Anything else
does, and what had been kept of its picture by then is given back: nothing is lost or seen twice.
"""

import numpy as np

from mcu_core.kernels.rows import (
    ANNEX_B,
    FORM,
    HIGHEST,
    KEPT,
    KEPT_AT,
    KEPT_ROOM,
    OPEN,
    PAYLOAD_TYPE,
    QUICK,
    RED_TYPE,
    SSRC,
    TIMESTAMP,
    VP8_FRAME,
    Row,
)
from mcu_core.media.codec import H264, VP8, Codec
from mcu_core.protocol.rtp import RtpPacket
from mcu_core.protocol.sequence import SEQUENCE_MASK

KEPT_BYTES = 1 << 17
"""Room for the payloads of a picture; a larger one is put together in Python."""

_FORMS = {H264: ANNEX_B, VP8: VP8_FRAME}


class QuickPictures:
    """What the receiving loop keeps of one sender's stream, whose row this is."""

    def __init__(self, codec: Codec, row: Row, payload_type: int, wrapped: int = 0) -> None:
        self.row = row
        self._kept = np.empty(KEPT_BYTES, np.uint8)
        self._seen = 0
        row[FORM] = _FORMS[codec]
        row[PAYLOAD_TYPE], row[RED_TYPE] = payload_type, wrapped
        row[KEPT_AT], row[KEPT_ROOM] = self._kept.ctypes.data, KEPT_BYTES

    @staticmethod
    def knows(codec: Codec) -> bool:
        """Whether pictures of that codec can be put together so."""
        return codec in _FORMS

    def open(self, settled: bool) -> None:
        """Let packets be kept, or not: when nothing is missing, and no picture is half there."""
        self.row[OPEN] = int(settled)

    @property
    def news(self) -> bool:
        """Whether packets were counted since it was asked last."""
        seen, self._seen = self._seen, self.row[QUICK]
        return seen != self._seen

    def give_back(self) -> list[RtpPacket]:
        """The packets of the picture that is not over, in order; they have been counted."""
        row, at, payloads = self.row, 0, []
        kept = self._kept[: row[KEPT]].tobytes()
        row[KEPT] = row[OPEN] = 0
        while at < len(kept):
            start = at + 2
            at = start + int.from_bytes(kept[at:start], "big")
            payloads.append(kept[start:at])
        first = row[HIGHEST] - len(payloads) + 1
        return [
            RtpPacket(
                row[PAYLOAD_TYPE],
                (first + k) & SEQUENCE_MASK,
                row[TIMESTAMP],
                row[SSRC],
                False,
                payload,
            )
            for k, payload in enumerate(payloads)
        ]
