"""Sound that is sent more than once, as often as its losses call for (RFC 2198). Pure."""

from collections import deque

from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.protocol.red import MAX_BLOCK_BYTES, MAX_OFFSET, RedBlock, serialize

DEPTHS = ((41, 3), (15, 2), (5, 1))
"""From how many 256ths of lost packets on each frame is sent so many times more: 16, 6 and 2 %."""

CALM_NS = 20 * NS_PER_SECOND
"""How long losses must have been fewer: they come in bursts."""

MOST_BYTES = 1200
_TIMESTAMPS = 1 << 32


class Redundancy:
    """The latest frames of one stream, to go with the next ones.

    `payload_type` is that of the packets that hold several, `inner` that of the frames themselves.
    `depth`: how many older frames go with each, 0 for a plain packet.
    """

    def __init__(self, payload_type: int, inner: int) -> None:
        self.payload_type = payload_type
        self.depth = 0
        self._inner = inner
        self._bad_ns = 0
        self._sent: deque[tuple[int, bytes]] = deque(maxlen=DEPTHS[0][1])

    def reported(self, fraction_lost: int, now_ns: int) -> None:
        """Take a receiver's report: lost packets of 256."""
        depth = next((depth for least, depth in DEPTHS if fraction_lost >= least), 0)
        if depth >= self.depth:
            self._bad_ns = now_ns
            self.depth = depth
        elif now_ns - self._bad_ns >= CALM_NS:
            self._bad_ns = now_ns
            self.depth -= 1

    def wrapped(self, timestamp: int, payload: bytes) -> bytes | None:
        """The payload with the frames before it; None where it goes alone."""
        older: list[RedBlock] = []
        room = MOST_BYTES - len(payload)
        for sent_at, before in list(self._sent)[::-1][: self.depth]:
            offset = (timestamp - sent_at) % _TIMESTAMPS
            room -= len(before)
            if offset > MAX_OFFSET or len(before) > MAX_BLOCK_BYTES or room < 0:
                break
            older.append(RedBlock(self._inner, offset, before))
        self._sent.append((timestamp, payload))
        return serialize(older[::-1], self._inner, payload) if older else None
