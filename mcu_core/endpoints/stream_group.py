"""Streams that share a transport."""

from collections.abc import Callable, Iterable, Sequence

from mcu_core.adaptation.allowance import Allowance
from mcu_core.adaptation.sent_packets import SentPackets
from mcu_core.endpoints.endpoint import EndpointStats
from mcu_core.endpoints.rtp_stream import RtpStream
from mcu_core.errors import MalformedInput
from mcu_core.ingress.arrived import Arrived
from mcu_core.ingress.receiver import RtpAudioReceiver, RtpVideoReceiver
from mcu_core.protocol import rtcp, rtp

CONTROL_PER_SECOND = 500
"""RTCP packets looked at per transport: a browser on a bad path sends some fifty."""


SSRC_END = 12
"""Where the SSRC of a packet ends (RFC 3550 5.1)."""


class StreamGroup:
    """The streams that share a transport: sorts what arrives."""

    def __init__(self, stats: EndpointStats) -> None:
        self.streams: list[RtpStream] = []
        self._by_payload_type: dict[int, RtpStream] = {}
        self._by_source: dict[int, RtpStream] = {}
        self._stats = stats
        self.beside: dict[int, Callable[[rtp.RtpPacket, int], bool]] = {}
        """Takers of what is no media, by payload type."""
        self._control = Allowance(CONTROL_PER_SECOND)
        self._numbers = SentPackets()
        self._arrived = Arrived()

    def add(self, stream: RtpStream, sources: Iterable[int] = ()) -> None:
        """One more stream. Its mark is its incoming payload type, unless an earlier one has that:
        then the SSRCs that its description names."""
        self.streams.append(stream)
        stream.way.numbers = self._numbers
        self._arrived.extension = self._arrived.extension or stream.arrived.extension
        stream.note_by(self._arrived)
        self._by_payload_type.setdefault(stream.payload_type_in, stream)
        self._by_source.update(dict.fromkeys(sources, stream))
        agreed = stream.protection
        for beside in (stream.events_type, agreed.rtx, agreed.red, agreed.ulpfec):
            if beside:
                self._by_payload_type.setdefault(beside, stream)

    def remove(self, stream: RtpStream) -> None:
        """A stream is over; nothing where it is none of these."""
        self.streams = [one for one in self.streams if one is not stream]
        for table in (self._by_payload_type, self._by_source):
            for key in [key for key, one in table.items() if one is stream]:
                del table[key]

    def usual(self) -> Sequence[RtpVideoReceiver | RtpAudioReceiver]:
        """What takes the streams that come."""
        return [receiver for stream in self.streams for receiver in stream.receivers]

    def rtp_received(self, data: bytes, now_ns: int) -> bool:
        """One RTP packet; False when it is malformed, of no known payload type, or not wanted."""
        stream = self._by_payload_type.get(data[1] & 0x7F)
        if self._by_source and len(data) >= SSRC_END:
            source = int.from_bytes(data[SSRC_END - 4 : SSRC_END], "big")
            stream = self._by_source.get(source, stream)
        try:
            taken = self._taken(stream, data, now_ns)
        except MalformedInput:
            taken = False
        self._stats.packets_dropped += not taken
        return taken

    def _taken(self, stream: RtpStream | None, data: bytes, now_ns: int) -> bool:
        if stream is not None:
            return stream.packet_received(rtp.parse(data), now_ns, data)
        take = self.beside.get(data[1] & 0x7F)
        return take is not None and take(rtp.parse(data), now_ns)

    def rtcp_received(self, data: bytes, now_ns: int) -> bool:
        """One compound RTCP packet; False when it is malformed, or more than anybody needs."""
        try:
            reports = rtcp.parse(data) if self._control.take(now_ns) else None
        except MalformedInput:
            reports = None
        if reports is None:
            self._stats.packets_dropped += 1
            return False
        for report in reports:
            for stream in self.streams:
                stream.report_received(report, now_ns)
        return True
