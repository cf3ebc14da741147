"""UDP ports of a plain RTP session: whose packets count, and where ours go.

Plain RTP has no key that tells friend from stranger, so the source address does: the first valid
packet pins it (the usual way with NATs in between), strangers are dropped and counted from then on,
and another source is learnt only after a silence, or when it is the one that the offer named.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from mcu_core.endpoints.endpoint import EndpointStats
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.protocol.rtcp import FIRST_TYPE, LAST_TYPE

Address = tuple[str, int]
Taker = Callable[[bytes, int], bool]
"""Takes a packet and when it came, in ns; False when it was no good."""

SMALLEST_RTP_BYTES = 12
SMALLEST_RTCP_BYTES = 8
VERSION_MASK = 0xC0
VERSION_2 = 0x80
SOURCE_SILENT_NS = 3 * NS_PER_SECOND


class SourcePin:
    """Decides whether a packet from an address is taken.

    `named` is the host of the offer: when it speaks it takes the pin over at once, so that nobody
    who was merely first keeps it out. Pure; `now_ns` comes in.
    """

    def __init__(self, named: str = "") -> None:
        self.named = named
        self.source: Address | None = None
        self._heard_ns = 0

    def admits(self, address: Address, now_ns: int) -> bool:
        """Whether a packet from there may be looked at further."""
        source = self.source
        if source is None or address == source:
            return True
        if address[0] == self.named != source[0]:
            return True
        return now_ns - self._heard_ns > SOURCE_SILENT_NS

    def heard(self, address: Address, now_ns: int) -> None:
        """A valid packet came from there."""
        self.source = address
        self._heard_ns = now_ns

    def release(self) -> None:
        """The source said goodbye: whoever comes next may follow it."""
        self.source = None


class RtpPort(asyncio.DatagramProtocol):
    """One UDP port for RTP and, multiplexed or alone, RTCP (RFC 5761).

    Tests are in the order of their price: length, version, source; only then `on_rtp` and `on_rtcp`
    look at a packet. Runs on the event loop.
    """

    def __init__(
        self, pin: SourcePin, clock: Clock, stats: EndpointStats, on_rtp: Taker, on_rtcp: Taker
    ) -> None:
        self.destination: Address | None = None
        self.strangers = 0
        self._pin = pin
        self._clock = clock
        self._stats = stats
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._socket: socket.socket | None = None
        self._transport: asyncio.BaseTransport | None = None
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self, bound: socket.socket) -> None:
        """Listen on a bound socket, which is closed with this port."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=bound)
        self._socket = bound

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = self._socket = None
        if not self._closed.done():
            self._closed.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """An ICMP refusal: the other side listens not yet or no more; media goes on."""

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Sort one datagram."""
        size = len(data)
        if size < SMALLEST_RTCP_BYTES or data[0] & VERSION_MASK != VERSION_2:
            self._stats.packets_dropped += 1
            return
        address = addr[:2]
        if FIRST_TYPE <= data[1] <= LAST_TYPE:
            self._rtcp_received(data, address)
            return
        now_ns = self._clock.now_ns()
        if address != self._pin.source and not self._pin.admits(address, now_ns):
            self.strangers += 1
            self._stats.packets_dropped += 1
        elif size < SMALLEST_RTP_BYTES:
            self._stats.packets_dropped += 1
        elif self._on_rtp(data, now_ns):  # which counts what it refuses
            self._pin.heard(address, now_ns)
            self._count(size, address)

    def _rtcp_received(self, data: bytes, address: Address) -> None:
        """RTCP pins nothing: it may come from another port than RTP, but not from another host."""
        source = self._pin.source
        if address[0] not in (source[0] if source else self._pin.named, self._pin.named):
            self.strangers += 1
            self._stats.packets_dropped += 1
        elif self._on_rtcp(data, self._clock.now_ns()):
            self._count(len(data), address)

    def _count(self, size: int, address: Address) -> None:
        self._stats.packets_in += 1
        self._stats.bytes_in += size
        if address[0] != self._pin.named:
            # Its packets come by another host than it named: a NAT is in between, and the way back
            # is where they came from. The same host may well listen where it does not send from.
            self.destination = address

    def send(self, datagram: bytes) -> None:
        """Send to the destination; dropped and counted while there is none, or no room.

        By the socket itself: the loop's transport would queue without a bound what the system does
        not take.
        """
        if self._socket is None or self.destination is None:
            self._stats.packets_dropped += 1
            return
        try:
            self._socket.sendto(datagram, self.destination)
        except OSError:
            self._stats.packets_dropped += 1
            return
        self._stats.packets_out += 1
        self._stats.bytes_out += len(datagram)

    async def close(self) -> None:
        """Close the socket and wait for it; safe twice."""
        self._socket = None
        if self._transport is not None:
            self._transport.close()
            await self._closed
