"""A WebRTC transport as media packets see it: SRTP in and out, in one step each.

ICE and DTLS are done by aioice and aiortc; once they stand, packets pass by their queues and tasks:
a datagram is decrypted and handed on in the call that received it, and sent in the call that made
it. The private names of both libraries that this needs are all in this file, and its tests say so
when a new version has changed them.
"""

import asyncio
import socket
from functools import partial
from typing import Any

import pylibsrtp
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aioice.ice import StunProtocol

from mcu_core.endpoints.endpoint import EndpointStats
from mcu_core.endpoints.network import NetworkOptions, open_udp
from mcu_core.endpoints.udp import Taker
from mcu_core.media.clock import Clock
from mcu_core.protocol.rtcp import is_rtcp

COMPONENT = 1
FIRST_DTLS, LAST_DTLS = 20, 63
FIRST_RTP, LAST_RTP = 128, 191
LAST_STUN = 3
"""First bytes of what shares a port (RFC 7983 7)."""

MAX_WAITING_RECORDS = 64
"""DTLS records of a handshake that wait for their reader; more is a flood."""

MAX_EARLY_PACKETS = 64
"""The other side may finish the handshake before us: its first keyframe is worth keeping."""

SMALLEST_BYTES, LARGEST_BYTES = 12, 1500
"""What the decrypting library takes; its buffer ends there."""


class IcePort(StunProtocol):  # type: ignore[misc] # aioice is followed as Any
    """One local candidate's socket, sorting what arrives."""

    def __init__(self, connection: Any, link: "WebRtcLink", bound: socket.socket) -> None:
        super().__init__(connection)
        self._link = link
        self.socket = bound

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Media goes straight to the link, DTLS and STUN their usual way, the rest is dropped."""
        first = data[0] if data else 255
        if FIRST_RTP <= first <= LAST_RTP:
            self._link.media_received(data)
        elif first <= LAST_STUN:
            self._link.heard += 1
            super().datagram_received(data, addr)
        elif FIRST_DTLS <= first <= LAST_DTLS and self._queue_has_room():
            super().datagram_received(data, addr)
        else:
            self._link.stats.packets_dropped += 1

    def _queue_has_room(self) -> bool:
        return bool(self.receiver._queue.qsize() < MAX_WAITING_RECORDS)


class WebRtcLink:
    """One ICE and DTLS transport. `dtls` is aiortc's RTCDtlsTransport.

    `on_rtp` and `on_rtcp` get decrypted packets on the event loop. `heard` grows with every sign of
    life from the other side.
    """

    def __init__(
        self, dtls: Any, network: NetworkOptions, clock: Clock, stats: EndpointStats
    ) -> None:
        self.dtls = dtls
        self._ice = dtls.transport
        self._connection = self._ice._connection
        self._connection.gather_candidates = self._gather
        self._network = network
        self._clock = clock
        self.stats = stats
        self.heard = 0
        self._early: list[bytes] = []
        self.on_rtp: Taker = lambda data, now_ns: False
        self.on_rtcp: Taker = lambda data, now_ns: False

    async def _gather(self) -> None:
        """Host candidates on the addresses and ports that the options allow; nothing else.

        Takes the place of aioice's own, which opens any port on every address of the machine.
        """
        loop = asyncio.get_running_loop()
        connection = self._connection
        if connection._local_candidates_start:
            return
        connection._local_candidates_start = True
        for address in self._network.addresses():
            opened = open_udp(self._network, address)
            _, port = await loop.create_datagram_endpoint(
                partial(IcePort, connection, self, opened), sock=opened
            )
            told = self._network.advertise or address
            port.local_candidate = Candidate(
                foundation=candidate_foundation("host", "udp", told),
                component=COMPONENT,
                transport="udp",
                priority=candidate_priority(COMPONENT, "host"),
                host=told,
                port=opened.getsockname()[1],
                type="host",
            )
            connection._protocols.append(port)
            connection._local_candidates.append(port.local_candidate)
        connection._local_candidates_end = True

    async def connect(self, ice_parameters: Any, dtls_parameters: Any) -> None:
        """Connectivity checks, then the handshake; raises ConnectionError with the reason."""
        await self._ice.start(ice_parameters)
        if self._ice.state != "completed":
            raise ConnectionError("no network path to the other side (ICE)")
        await self.dtls.start(dtls_parameters)
        if self.dtls.state != "connected":
            raise ConnectionError("the encrypted connection could not be set up (DTLS)")
        early, self._early = self._early, []
        for data in early:
            self.media_received(data)

    def lost_reason(self) -> str:
        """Why the transport is gone; empty while it stands."""
        if self.dtls.state != "connected":
            return "the other side left"
        if self._ice.state != "completed":
            return "connection lost"
        return ""

    def media_received(self, data: bytes) -> None:
        """Decrypt one SRTP or SRTCP packet and hand it on; forged and repeated ones are counted."""
        session = self.dtls._rx_srtp
        if session is None and len(self._early) < MAX_EARLY_PACKETS:
            self._early.append(data)
            return
        if session is None or not SMALLEST_BYTES <= len(data) <= LARGEST_BYTES:
            self.stats.packets_dropped += 1
            return
        control = is_rtcp(data)
        try:
            plain = session.unprotect_rtcp(data) if control else session.unprotect(data)
        except pylibsrtp.Error:
            self.stats.packets_dropped += 1
            return
        self.heard += 1
        taker = self.on_rtcp if control else self.on_rtp  # which count what they refuse
        if taker(plain, self._clock.now_ns()):
            self.stats.packets_in += 1
            self.stats.bytes_in += len(data)

    def send_rtp(self, packet: bytes) -> None:
        """Encrypt and send one RTP packet; dropped while there is no connection."""
        if self.dtls._tx_srtp is not None:
            self._send(self.dtls._tx_srtp.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send one RTCP packet; dropped while there is no connection."""
        if self.dtls._tx_srtp is not None:
            self._send(self.dtls._tx_srtp.protect_rtcp(packet))

    def _send(self, datagram: bytes) -> None:
        """By the socket itself: the loop's transport would queue without a bound."""
        pair = self._connection._nominated.get(COMPONENT)
        try:
            if pair is None:
                raise ConnectionError("no path yet")
            pair.protocol.socket.sendto(datagram, pair.remote_addr)
        except OSError:
            self.stats.packets_dropped += 1
            return
        self.stats.packets_out += 1
        self.stats.bytes_out += len(datagram)

    async def close(self) -> None:
        """Stop DTLS, ICE and the sockets and wait for them; safe twice."""
        pumps = [self.dtls._task] if self.dtls._task is not None else []
        await self.dtls.stop()
        await asyncio.gather(
            *pumps, return_exceptions=True
        )  # cancelled by stop(), not awaited there
        await self._ice.stop()
