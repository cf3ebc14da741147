"""A WebRTC transport as media packets see it: SRTP in and out, in one step each.

ICE and DTLS are done by aioice and aiortc; once they stand, packets pass by their queues and tasks:
a datagram is decrypted and handed on in the call that received it, and sent in the call that made
it. The private names of both libraries that this needs are all in this file, `ice_port` and
`ice_restart`, and their tests say so when a new version has changed them.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pylibsrtp
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aioice.utils import random_string

from mcu_core.endpoints.datagrams import Datagrams, Usual
from mcu_core.endpoints.endpoint import EndpointStats
from mcu_core.endpoints.ice_port import IcePort
from mcu_core.endpoints.ice_restart import forget_checks
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.ports import Ports
from mcu_core.endpoints.shared_port import SharedPort
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
USER_CHARACTERS = 16
"""Of the name that checks give: enough to be told apart on a port of thousands (RFC 8445 5.3)."""

PASSWORD_CHARACTERS = 22
"""The fewest that there may be: 128 bits (RFC 8839 5.4)."""

MAX_EARLY_PACKETS = 64
"""The other side may finish the handshake before us: its first keyframe is worth keeping."""


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
        self.restarting = False
        """Whether another way is looked for, and media goes by the old one meanwhile."""
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

    async def restart(self) -> tuple[str, str]:
        """Look for another way, beginning with `reconnect`: our name and password for that."""
        connection = self._connection
        self.restarting = True
        await forget_checks(connection)
        old_user = connection._local_username
        connection._local_username = random_string(USER_CHARACTERS)
        connection._local_password = random_string(PASSWORD_CHARACTERS)
        for port in connection._protocols:
            port.renamed(old_user)
        return connection._local_username, connection._local_password

    async def reconnect(self, user: str, password: str) -> None:
        """Checks under the new names; raises ConnectionError where no way is found."""
        connection = self._connection
        connection.remote_username, connection.remote_password = user, password
        await connection.connect()
        self.restarting = False

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
        if pair is None and self.restarting:
            pair = self._pair
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
