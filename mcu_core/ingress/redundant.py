"""Sound that comes more than once: what of a redundant packet is new (RFC 2198)."""

from collections import OrderedDict

from msgspec.structs import replace

from mcu_core.protocol.red import parse
from mcu_core.protocol.rtp import RtpPacket

REMEMBERED = 128
_TIMESTAMPS = 1 << 32


class RedundantSound:
    """Unpacks one stream's packets of type `payload_type`; frames of others than `inner` are left
    out. `recovered` counts frames that came with a later one only."""

    def __init__(self, payload_type: int, inner: int) -> None:
        self.payload_type = payload_type
        self.recovered = 0
        self._inner = inner
        self._seen: OrderedDict[int, None] = OrderedDict()

    def unpack(self, packet: RtpPacket) -> list[RtpPacket]:
        """Its newest frame, and then the older ones that were not seen, as packets of their own.

        Raises MalformedInput; also where the newest is of another kind.
        """
        *older, newest = parse(packet.payload)
        if newest.payload_type != self._inner:
            older, payload = [], b""
        else:
            payload = newest.payload
        found = [replace(packet, payload_type=self._inner, payload=payload)]
        before = bool(self._seen)
        self._see(packet.timestamp)
        for block in older:
            timestamp = (packet.timestamp - block.offset) % _TIMESTAMPS
            if block.payload_type == self._inner and self._see(timestamp) and before:
                self.recovered += 1
                found.append(
                    replace(found[0], timestamp=timestamp, payload=block.payload, marker=False)
                )
        return found

    def _see(self, timestamp: int) -> bool:
        """Note a frame; whether it is new."""
        if timestamp in self._seen:
            return False
        self._seen[timestamp] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True
