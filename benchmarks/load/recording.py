"""What a watched flow received, packet for packet, to be looked at after the run."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.load.ledger import Ledger
from benchmarks.load.pump import STAMP_BYTES
from mcu_core.errors import MalformedInput
from mcu_core.protocol import rtcp, rtp


@dataclass(frozen=True, slots=True)
class Arrival:
    """One datagram and when it came."""

    at_ns: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    """All that came to one flow, in order. `missed`: datagrams that found no room any more."""

    arrivals: tuple[Arrival, ...]
    missed: int = 0

    @classmethod
    def read(cls, ledger: Ledger, watch: int) -> "Recording":
        """What the load has kept in that row so far."""
        end, missed = (int(number) for number in ledger.kept_bytes[watch])
        data = ledger.kept[watch, :end].tobytes()
        arrivals: list[Arrival] = []
        at = 0
        while at < end:
            stamp_ns = int.from_bytes(data[at : at + 8], "little")
            length = int.from_bytes(data[at + 8 : at + STAMP_BYTES], "little")
            at += STAMP_BYTES
            arrivals.append(Arrival(stamp_ns, data[at : at + length]))
            at += length
        return cls(tuple(arrivals), missed)

    def media(self) -> Iterator[tuple[int, rtp.RtpPacket]]:
        """The RTP packets with their moments."""
        for arrival in self.arrivals:
            if not rtcp.is_rtcp(arrival.data):
                try:
                    yield arrival.at_ns, rtp.parse(arrival.data)
                except MalformedInput:
                    continue

    def reports(self) -> Iterator[rtcp.SenderReport]:
        """The sender reports: which RTP time was which time of day."""
        for arrival in self.arrivals:
            if not rtcp.is_rtcp(arrival.data):
                continue
            try:
                packets = rtcp.parse(arrival.data)
            except MalformedInput:
                continue
            yield from (packet for packet in packets if isinstance(packet, rtcp.SenderReport))
