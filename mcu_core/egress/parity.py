"""Repair packets of one receiver's pictures (RFC 5109), and how they go: on the event loop."""

from mcu_core.protocol import ulpfec
from mcu_core.protocol.rtp import ONE_BYTE_PROFILE, PLAIN, Burst
from mcu_core.protocol.sequence import SEQUENCE_MASK

MOST_PROTECTED = ulpfec.LONG_SPAN
HEAVY = 0.5
TOGETHER, MOST_PICTURES = 8, 4
"""From that share on losses come in bursts: so many repair packets go together, for up to so many
pictures. Of a fifth lost in bursts of five that mends half, picture by picture would a fifth."""

_HAS_EXTENSION, _MARKER = 0x10, 0x80


class Parity:
    """Protects what one sender sends, as much as `share` says: repair packets for each packet.

    `payload_type`: of repair packets. `red`: of packets that hold a packet with its own type in
    front (RFC 2198), in which both kinds go then; 0 where they go as they are. `extension`: the
    header extension that numbers packets as they leave, 0 for none. What is protected together is
    as many packets as are worth a repair packet, of one picture or of several.
    """

    def __init__(self, payload_type: int, red: int) -> None:
        self.share = 0.0
        self.extension = 0
        self._payload_type = payload_type
        self._red = red
        self._due = 0.0
        self._pictures = 0
        self._first = 0
        self._waiting: list[tuple[int, bytes]] = []

    @property
    def repair_type(self) -> int:
        """The payload type under which repair packets leave."""
        return self._red or self._payload_type

    def wrapped(self, burst: Burst) -> Burst:
        """A burst as it is to leave."""
        if not self._red:
            return burst
        lead = bytes((burst.payload_type,))
        payloads = tuple(lead + payload for payload in burst.payloads)
        octets = burst.octets + len(payloads)
        return burst._replace(payload_type=self._red, payloads=payloads, octets=octets)

    def after(self, burst: Burst) -> tuple[bytes, ...]:
        """The payloads of the repair packets to send after a burst, which is a picture."""
        found: list[bytes] = []
        for k in range(len(burst.payloads)):
            sequence = (burst.sequence + k) & SEQUENCE_MASK
            if not self._waiting:
                self._first = sequence
            offset = (sequence - self._first) & SEQUENCE_MASK
            if offset >= MOST_PROTECTED:
                found += self._close(max(1, round(self._due)))
                self._first, offset = sequence, 0
            self._waiting.append((offset, self._bits(burst, k)))
            self._due += self.share
        self._pictures += 1
        together = TOGETHER if self.share >= HEAVY and self._pictures < MOST_PICTURES else 1
        if self._due >= together:
            found += self._close(int(self._due))
        lead = bytes((self._payload_type,)) if self._red else b""
        return tuple(lead + one for one in found)

    def _close(self, count: int) -> list[bytes]:
        waiting, self._waiting = self._waiting, []
        self._pictures = 0
        self._due = max(0.0, self._due - count)
        return ulpfec.repairs(self._first, waiting, count)

    def _bits(self, burst: Burst, k: int) -> bytes:
        """Packet k as it is protected: before it is numbered, and before it is wrapped."""
        payload, extension = burst.payloads[k], b""
        kind = burst.payload_type | (_MARKER if k == burst.marked else 0)
        flags = PLAIN
        if self.extension:
            flags |= _HAS_EXTENSION
            profile = ONE_BYTE_PROFILE.to_bytes(2, "big")
            extension = profile + bytes((0, 1, self.extension << 4 | 1, 0, 0, 0))
        timestamp = (burst.timestamp + k * burst.step) & 0xFFFF_FFFF
        size = len(extension) + len(payload)
        head = bytes((flags, kind)) + timestamp.to_bytes(4, "big") + size.to_bytes(2, "big")
        return head + extension + payload
