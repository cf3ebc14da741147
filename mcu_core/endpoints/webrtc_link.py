"""A WebRTC transport as media packets see it: SRTP in and out, in one step each.

ICE and DTLS are done by aioice and aiortc; once they stand, packets pass by their queues and tasks:
a datagram is decrypted and handed on in the call that received it, and sent in the call that made
it. The private names of both libraries that this needs are all in this file, and its tests say so
when a new version has changed them.
"""

import asyncio
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pylibsrtp
from aioice import stun
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aioice.ice import StunProtocol
from aioice.utils import random_string

from mcu_core.adaptation.allowance import Allowance
from mcu_core.endpoints.datagrams import Datagrams, Usual
from mcu_core.endpoints.endpoint import EndpointStats
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.ports import Ports
from mcu_core.endpoints.shared_port import SharedPort
from mcu_core.endpoints.socket_names import Address
from mcu_core.endpoints.srtp import (
    LARGEST_BYTES,
    PROTECT,
    SMALLEST_BYTES,
    UNPROTECT,
    context_of,
)
from mcu_core.endpoints.udp import Taker, nobody
from mcu_core.errors import Refused
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

MOST_SOURCES = 16
"""Addresses that one connection's packets come from; with one more those before begin anew."""

CHECKS_PER_SECOND = 200
"""STUN looked at per candidate of ours: a browser that looks for a way sends some fifty, and each
costs two hashes."""

USER_CHARACTERS = 16
"""Of the name that checks give: enough to be told apart on a port of thousands (RFC 8445 5.3)."""

MAX_EARLY_PACKETS = 64
"""The other side may finish the handshake before us: its first keyframe is worth keeping."""


UNREADABLE_STUN = (struct.error, ValueError, IndexError, KeyError, AssertionError)
"""What aioice raises on attributes that are cut short or hold no such values."""


class IcePort(StunProtocol):  # type: ignore[misc] # aioice is followed as Any
    """One local candidate's place on a UDP port, sorting what arrives.

    What shows that it knows the password (RFC 8445 7.2.2) makes its address a source of the
    connection's; packets from elsewhere never get here, but checks that name it.
    """

    def __init__(self, connection: Any, link: "WebRtcLink", port: SharedPort) -> None:
        super().__init__(connection)
        self._link = link
        self._connection = connection
        self._checks = Allowance(CHECKS_PER_SECOND)
        self.port = port
        self.flow = port.datagrams.begin(port.socket, self)
        self.connection_made(IceTransport(self))
        port.check_for(connection.local_username, self)

    def datagrams_refused(self, count: int) -> None:
        """The system had no room for so many of what was sent, or no way to there."""
        self._link.stats.packets_out -= count
        self._link.stats.packets_dropped += count

    def datagrams_dropped(self, count: int) -> None:
        """So many more came than any browser sends, and were not looked at."""
        self._link.stats.packets_dropped += count

    def media_opened(self, data: bytes | None, addr: Address) -> None:
        """RTP that has been decrypted, or could not be."""
        if data is None:
            self._link.stats.packets_dropped += 1
        else:
            self._link.media_opened(data, self.flow)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Media goes straight to the link, DTLS and STUN their usual way, the rest is dropped."""
        first = data[0] if data else 255
        if FIRST_RTP <= first <= LAST_RTP:
            self._link.media_received(data)
        elif first <= LAST_STUN:
            self.port.check_received(data, (addr[0], addr[1]))  # it may be for another one
        elif FIRST_DTLS <= first <= LAST_DTLS and self._queue_has_room():
            super().datagram_received(data, addr)
        else:
            self._link.stats.packets_dropped += 1

    def check_received(self, data: bytes, address: Address) -> None:
        """STUN that names us; what is not genuine changes nothing here."""
        if not self._checks.take(self._link.now_ns()):
            self._link.stats.packets_dropped += 1
            return
        try:
            message = stun.parse_message(data)
            genuine = self._is_genuine(message)  # before its question is forgotten
            super().datagram_received(data, address)
        except UNREADABLE_STUN:
            genuine = False
        if genuine:
            self._link.sign_of_life()
            self._admit(address)
        else:
            self._link.stats.packets_dropped += 1

    def _is_genuine(self, message: Any) -> bool:
        """Whether it was written by the other side: with our password, or in answer to a question
        and with theirs."""
        user, _, _ = str(message.attributes.get("USERNAME", "")).partition(":")
        if message.message_class is stun.Class.REQUEST:
            key = self._connection.local_password if user == self._user else ""
        else:
            known = message.transaction_id in self.transactions
            key = self._connection.remote_password if known else ""
        return bool(key and message.check_message_integrity(key.encode()))

    @property
    def _user(self) -> str:
        return str(self._connection.local_username)

    def _admit(self, address: Address) -> None:
        datagrams = self.port.datagrams
        sources = datagrams.sources(self.flow)
        if address not in sources and len(sources) >= MOST_SOURCES:
            for old in list(sources):
                datagrams.dismiss(self.flow, old)
            self.port.disclaim(self)
        if self.port.claim(self, address, self._link.now_ns()) and address not in sources:
            datagrams.admit(self.flow, address)

    async def request(
        self, request: Any, addr: Address, integrity_key: Any = None, retransmissions: Any = None
    ) -> Any:
        """Ask by STUN; the answer is known by its transaction, wherever it comes from."""
        self.port.asks(request.transaction_id, self)
        try:
            return await super().request(request, addr, integrity_key, retransmissions)
        finally:
            self.port.asks_no_more(request.transaction_id)

    def leave(self) -> None:
        """Give up the place on the port."""
        self.port.datagrams.end(self.flow)
        self.port.disclaim(self)
        self.port.check_no_more(self._user)

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
            self._port.port.socket.sendto(data, addr)

    def is_closing(self) -> bool:
        """Whether it has been closed."""
        return self._closing

    def close(self) -> None:
        """Leave the port; aioice hears of it in the next turn of the loop."""
        if not self._closing:
            self._closing = True
            self._port.leave()
            asyncio.get_running_loop().call_soon(self._port.connection_lost, None)


def _candidate(host: str, port: int) -> Candidate:
    """Where checks may be sent to."""
    return Candidate(
        foundation=candidate_foundation("host", "udp", host),
        component=COMPONENT,
        transport="udp",
        priority=candidate_priority(COMPONENT, "host"),
        host=host,
        port=port,
        type="host",
    )


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
        self._connection._local_username = random_string(USER_CHARACTERS)
        self._network = network
        self._clock = clock
        self.stats = stats
        self._heard = 0
        self._rows: Sequence[Row] = ()
        self._passing = 0
        self._early: list[bytes] = []
        self._datagrams = Datagrams.here()
        self._pair: Any = None
        self._session: Any = None
        self.open_port: Callable[[str], SharedPort] = partial(Ports.here().for_checks, network)
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
        refused: list[Refused] = []
        for address, names in self._network.places().items():
            try:
                opened = self.open_port(address)
            except Refused as error:  # a machine without IPv6 has other addresses
                refused.append(error)
                continue
            port = IcePort(connection, self, opened)
            candidates = [_candidate(told, opened.number) for told in names]
            port.local_candidate = candidates[0]
            connection._protocols.append(port)
            connection._local_candidates += candidates
        if not connection._local_candidates:
            raise refused[0]
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
            self._datagrams.decrypt(port.flow, context_of(self.dtls._rx_srtp), UNPROTECT)
        early, self._early = self._early, []
        for data in early:
            self.media_received(data)

    @property
    def heard(self) -> int:
        """Grows with every sign of life from the other side."""
        return self._heard + self.stats.packets_in

    def now_ns(self) -> int:
        """The time of its clock."""
        return self._clock.now_ns()

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

    def media_opened(self, data: bytes, flow: int) -> None:
        """Hand on one decrypted RTP packet of that flow."""
        self._heard += 1
        if self.on_rtp(data, self._clock.now_ns()):
            self.stats.came(len(data))
            streams = [(row, one.take) for one in self.usual() if (row := one.row) is not None]
            rows = [row for row, _ in streams]
            if flow != self._passing or not same_rows(rows, self._rows):
                if flow != self._passing:  # a row belongs to one flow
                    self._datagrams.let_pass(self._passing, (), self._clock)
                self._rows, self._passing = rows, flow
                self.stats.follow(self, rows)
                self._datagrams.let_pass(flow, streams, self._clock)

    def send_rtp(self, burst: Burst) -> None:
        """Send RTP packets, which are encrypted on their way; dropped while there is no path."""
        count = len(burst.payloads)
        flow = self._way()
        if flow is None:
            self.stats.packets_dropped += count
            return
        self._datagrams.send_burst(flow, burst, secure=True)
        self.stats.packets_out += count
        self.stats.bytes_out += burst.octets + SMALLEST_BYTES * count

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send one RTCP packet; dropped while there is no path."""
        flow = self._way()
        if flow is None:
            self.stats.packets_dropped += 1
            return
        datagram = self.dtls._tx_srtp.protect_rtcp(packet)
        self._datagrams.send(flow, datagram)
        self.stats.packets_out += 1
        self.stats.bytes_out += len(datagram)

    def _way(self) -> int | None:
        """The flow that packets leave by; None while there is none, or no key."""
        pair = self._connection._nominated.get(COMPONENT)
        if pair is None or self.dtls._tx_srtp is None:
            return None
        if pair is not self._pair or self.dtls._tx_srtp is not self._session:
            self._go_by(pair)
        return int(pair.protocol.flow)

    def _go_by(self, pair: Any) -> None:
        """Send by this pair of candidates from now on."""
        self._pair, self._session = pair, self.dtls._tx_srtp
        flow = pair.protocol.flow
        self._datagrams.direct(flow, pair.remote_addr)
        self._datagrams.encrypt(flow, context_of(self._session), PROTECT)

    async def close(self) -> None:
        """Stop DTLS, ICE and the sockets and wait for them; safe twice."""
        pumps = [self.dtls._task] if self.dtls._task is not None else []
        await self.dtls.stop()
        await asyncio.gather(
            *pumps, return_exceptions=True
        )  # cancelled by stop(), not awaited there
        await self._ice.stop()
