"""IcePort: where a WebRTC transport meets the UDP port that it shares with others.

Private names of aioice that are used here are those that `webrtc_link` tells of.
"""

import asyncio
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aioice import stun
from aioice.ice import StunProtocol

from mcu_core.adaptation.allowance import Allowance
from mcu_core.endpoints.shared_port import SharedPort
from mcu_core.endpoints.socket_names import Address

if TYPE_CHECKING:
    from mcu_core.endpoints.webrtc_link import WebRtcLink

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
        elif FIRST_DTLS <= first <= LAST_DTLS and self._takes_records():
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

    def renamed(self, old_user: str) -> None:
        """Checks name us otherwise from now on."""
        self.port.check_for(self._user, self)
        self.port.check_no_more(old_user)

    def _takes_records(self) -> bool:
        """Not while there is no way to answer by: aiortc would take that for the end."""
        room = self.receiver._queue.qsize() < MAX_WAITING_RECORDS
        return bool(room and not self._link.restarting)


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
