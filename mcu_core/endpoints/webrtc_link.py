"""A WebRTC transport as media packets see it: SRTP in and out, in one step each.

ICE and DTLS are done by aioice and aiortc; once they stand, packets pass by their queues and tasks:
a datagram is decrypted and handed on in the call that received it, and sent in the call that made
it. The private names of both libraries that this needs are all in this file, and its tests say so
when a new version has changed them.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pylibsrtp
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aioice.ice import StunProtocol
from pylibsrtp._binding import ffi, lib

from mcu_core.endpoints.datagrams import Datagrams, Usual
from mcu_core.endpoints.endpoint import EndpointStats
from mcu_core.endpoints.network import NetworkOptions, open_udp
from mcu_core.endpoints.udp import Taker, nobody
from mcu_core.kernels.rows import Row, same_rows
from mcu_core.media.clock import Clock
from mcu_core.protocol.rtcp import is_rtcp
from mcu_core.protocol.rtp import Burst

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


UNREADABLE_STUN = (struct.error, ValueError, IndexError, KeyError, AssertionError)
"""What aioice raises on attributes that are cut short or hold no such values."""


class IcePort(StunProtocol):  # type: ignore[misc] # aioice is followed as Any
    """One local candidate's socket, sorting what arrives."""

    def __init__(self, connection: Any, link: "WebRtcLink", bound: socket.socket) -> None:
        super().__init__(connection)
        self._link = link
        self.socket = bound
        self.number = bound.fileno()
        self.connection_made(IceTransport(self))
        Datagrams.here().open(bound, self)

    def datagrams_refused(self, count: int) -> None:
        """The system had no room for so many of what was sent, or no way to there."""
        self._link.stats.packets_out -= count
        self._link.stats.packets_dropped += count

    def media_opened(self, data: bytes | None) -> None:
        """RTP that has been decrypted, or could not be."""
        if data is None:
            self._link.stats.packets_dropped += 1
        else:
            self._link.media_opened(data, self.socket)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Media goes straight to the link, DTLS and STUN their usual way, the rest is dropped."""
        first = data[0] if data else 255
        if FIRST_RTP <= first <= LAST_RTP:
            self._link.media_received(data)
        elif first <= LAST_STUN:
            self._stun_received(data, addr)
        elif FIRST_DTLS <= first <= LAST_DTLS and self._queue_has_room():
            super().datagram_received(data, addr)
        else:
            self._link.stats.packets_dropped += 1

    def _stun_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        try:
            super().datagram_received(data, addr)
        except UNREADABLE_STUN:
            self._link.stats.packets_dropped += 1
        else:
            self._link.sign_of_life()

    def _queue_has_room(self) -> bool:
        return bool(self.receiver._queue.qsize() < MAX_WAITING_RECORDS)


class IceTransport:
    """As much of a transport as aioice uses, for its checks and for DTLS records."""

    def __init__(self, port: IcePort) -> None:
        self._port = port
        self._closing = False

    def sendto(self, data: bytes, addr: tuple[str, int]) -> None:
        """Send at once; what the system does not take is lost, as on the way."""
        with suppress(OSError):
            self._port.socket.sendto(data, addr)

    def is_closing(self) -> bool:
        """Whether it has been closed."""
        return self._closing

    def close(self) -> None:
        """Close the socket; the port hears of it in the next turn of the loop."""
        if not self._closing:
            self._closing = True
            Datagrams.here().close(self._port.socket)
            asyncio.get_running_loop().call_soon(self._port.connection_lost, None)


PROTECT = int(ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_protect")))
UNPROTECT = int(ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_unprotect")))
"""Where libsrtp's functions are, for packets that are encrypted and decrypted many at a time."""


def context_of(session: pylibsrtp.Session) -> int:
    """Where libsrtp's half of a session is; as long as the session is kept."""
    return int(ffi.cast("uintptr_t", session._srtp[0]))


class WebRtcLink:
    """One ICE and DTLS transport. `dtls` is aiortc's RTCDtlsTransport.

    `on_rtp` and `on_rtcp` get decrypted packets on the event loop, but usual packets go to the
    `usual` takers that there are at that moment.
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
        self._heard = 0
        self._rows: Sequence[Row] = ()
        self._early: list[bytes] = []
        self._datagrams = Datagrams.here()
        self._pair: Any = None
        self._session: Any = None
        self.open_port: Callable[[str], socket.socket] = partial(open_udp, network)
        """Opens the port of a candidate, given its address."""
        self.on_rtp: Taker = lambda data, now_ns: False
        self.usual: Callable[[], Sequence[Usual]] = nobody
        self.on_rtcp: Taker = lambda data, now_ns: False

    async def _gather(self) -> None:
        """Host candidates on the addresses and ports that the options allow; nothing else.

        Takes the place of aioice's own, which opens any port on every address of the machine.
        """
        connection = self._connection
        if connection._local_candidates_start:
            return
        connection._local_candidates_start = True
        for address in self._network.addresses():
            opened = self.open_port(address)
            port = IcePort(connection, self, opened)
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
        for port in self._connection._protocols:
            self._datagrams.decrypt(port.socket, context_of(self.dtls._rx_srtp), UNPROTECT)
        early, self._early = self._early, []
        for data in early:
            self.media_received(data)

    @property
    def heard(self) -> int:
        """Grows with every sign of life from the other side."""
        return self._heard + self.stats.packets_in

    def sign_of_life(self) -> None:
        """The other side was heard."""
        self._heard += 1

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
        self._heard += 1
        taker = self.on_rtcp if control else self.on_rtp  # which count what they refuse
        if taker(plain, self._clock.now_ns()):
            self.stats.came(len(data))

    def media_opened(self, data: bytes, bound: socket.socket) -> None:
        """Hand on one decrypted RTP packet that came to that socket."""
        self._heard += 1
        if self.on_rtp(data, self._clock.now_ns()):
            self.stats.came(len(data))
            streams = [(row, one.take) for one in self.usual() if (row := one.row) is not None]
            rows = [row for row, _ in streams]
            if not same_rows(rows, self._rows):
                self._rows = rows
                self.stats.follow(self, rows)
                self._datagrams.let_pass(bound, None, streams, self._clock)

    def send_rtp(self, burst: Burst) -> None:
        """Send RTP packets, which are encrypted on their way; dropped while there is no path."""
        count = len(burst.payloads)
        number = self._way()
        if number is None:
            self.stats.packets_dropped += count
            return
        self._datagrams.send_burst(number, burst, secure=True)
        self.stats.packets_out += count
        self.stats.bytes_out += burst.octets + SMALLEST_BYTES * count

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send one RTCP packet; dropped while there is no path."""
        number = self._way()
        if number is None:
            self.stats.packets_dropped += 1
            return
        datagram = self.dtls._tx_srtp.protect_rtcp(packet)
        self._datagrams.send(number, datagram)
        self.stats.packets_out += 1
        self.stats.bytes_out += len(datagram)

    def _way(self) -> int | None:
        """The descriptor that packets leave by; None while there is none, or no key."""
        pair = self._connection._nominated.get(COMPONENT)
        if pair is None or self.dtls._tx_srtp is None:
            return None
        if pair is not self._pair or self.dtls._tx_srtp is not self._session:
            self._go_by(pair)
        return int(pair.protocol.number)

    def _go_by(self, pair: Any) -> None:
        """Send by this pair of candidates from now on."""
        self._pair, self._session = pair, self.dtls._tx_srtp
        bound = pair.protocol.socket
        self._datagrams.direct(bound, pair.remote_addr)
        self._datagrams.encrypt(bound, context_of(self._session), PROTECT)

    async def close(self) -> None:
        """Stop DTLS, ICE and the sockets and wait for them; safe twice."""
        pumps = [self.dtls._task] if self.dtls._task is not None else []
        await self.dtls.stop()
        await asyncio.gather(
            *pumps, return_exceptions=True
        )  # cancelled by stop(), not awaited there
        await self._ice.stop()
