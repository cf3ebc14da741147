"""Packets of several layers of one section, told apart: by the name that they carry (RFC 8852),
else by their SSRC, once one of its packets has carried it. Pure.

Senders leave names out once they have heard that the first ones came.
"""

from collections.abc import Sequence

from mcu_core.protocol.rtp import RtpPacket

MOST_SOURCES = 32
"""SSRCs remembered: three layers have six. With more the eldest is forgotten."""


class LayerSort:
    """`rid_id`, `repeated_id`: header extensions that name the layer of a packet, and of a packet
    that is sent again; 0 for none."""

    def __init__(self, rids: Sequence[str], rid_id: int, repeated_id: int = 0) -> None:
        self.rids = tuple(rids)
        self._places = {rid.encode(): place for place, rid in enumerate(rids)}
        self._names = [one for one in (repeated_id, rid_id) if one]
        self._by_source: dict[int, int] = {}

    def place(self, packet: RtpPacket) -> int | None:
        """The place of the packet's layer; None where nothing tells, or it is none of these."""
        told = packet.extensions
        for name in self._names if told else ():
            rid = told.get(name)
            if rid is not None:
                return self._bind(packet.ssrc, self._places.get(rid))
        return self._by_source.get(packet.ssrc)

    def _bind(self, source: int, place: int | None) -> int | None:
        if place is not None and self._by_source.get(source) != place:
            self._by_source.pop(source, None)
            if len(self._by_source) >= MOST_SOURCES:
                del self._by_source[next(iter(self._by_source))]
            self._by_source[source] = place
        return place
