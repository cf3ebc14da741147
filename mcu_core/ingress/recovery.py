"""Packets made out of repair packets (RFC 5109): on the event loop, time comes in."""

from collections import OrderedDict

from mcu_core.errors import MalformedInput
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.protocol import rtp, ulpfec

KEPT = 256
"""Packets kept to be put to use: several masks' spans, as much as overtakes each other."""

MOST_WAITING = 48
"""Repair packets that wait for packets which may still come."""

LASTING_NS = 5 * NS_PER_SECOND
"""So long after a repair packet its sender is one that sends such."""


class Recovery:
    """What came lately of one stream that is protected, and what is missing of it.

    `moving`: ids of header extensions that the sender writes after it has protected its packets.
    `made` counts packets that were made, `malformed` repair packets that could not be read.
    """

    def __init__(self, moving: frozenset[int] = frozenset()) -> None:
        self.made = 0
        self.malformed = 0
        self._moving = moving
        self._ssrc = 0
        self._until_ns: int | None = None
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._waiting: list[ulpfec.Repair] = []

    def runs(self, now_ns: int) -> bool:
        """Whether the sender protects what it sends now: then all of it is to come here."""
        if self._until_ns is not None and now_ns >= self._until_ns:
            self._until_ns = None
            self._forget()
        return self._until_ns is not None

    def _forget(self) -> None:
        self._kept.clear()
        self._waiting.clear()

    def came(self, packet: bytes) -> list[rtp.RtpPacket]:
        """A whole packet of the stream, as it was before it was wrapped; what it helped to make."""
        if len(packet) > ulpfec.LONGEST_BYTES:
            return []
        self._follow(int.from_bytes(packet[8:12], "big"))
        sequence = int.from_bytes(packet[2:4], "big")
        self._keep(sequence, ulpfec.bit_string(ulpfec.still(packet, self._moving)))
        named = any(sequence in repair.numbers for repair in self._waiting)
        return self._make() if named else []

    def _follow(self, ssrc: int) -> None:
        if ssrc != self._ssrc:
            self._forget()
            self._ssrc = ssrc

    def repair_came(self, payload: bytes, ssrc: int, now_ns: int) -> list[rtp.RtpPacket]:
        """A repair packet's payload and source; what it helped to make."""
        self._follow(ssrc)
        self._until_ns = now_ns + LASTING_NS
        try:
            repair = ulpfec.Repair.read(payload)
        except MalformedInput:
            self.malformed += 1
            return []
        self._waiting.append(repair)
        del self._waiting[:-MOST_WAITING]
        return self._make()

    def _keep(self, sequence: int, bits: bytes) -> None:
        self._kept[sequence] = bits
        self._kept.move_to_end(sequence)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _make(self) -> list[rtp.RtpPacket]:
        """All that can be made; each one may be what another repair packet waits for."""
        found: list[rtp.RtpPacket] = []
        again = True
        while again:
            again, waiting = False, []
            for repair in self._waiting:
                missing = [number for number in repair.numbers if number not in self._kept]
                if len(missing) > 1:
                    waiting.append(repair)
                elif missing:
                    packet = self._made(repair, missing[0])
                    found += packet
                    again |= bool(packet)
            self._waiting = waiting
        return found

    def _made(self, repair: ulpfec.Repair, sequence: int) -> list[rtp.RtpPacket]:
        others = [self._kept[number] for number in repair.numbers if number != sequence]
        try:
            data = repair.made(sequence, self._ssrc, others)
            packet = rtp.parse(data)
        except MalformedInput:
            self.malformed += 1
            return []
        self._keep(sequence, ulpfec.bit_string(data))
        self.made += 1
        return [packet]
