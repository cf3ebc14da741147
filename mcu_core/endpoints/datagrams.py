"""Datagrams: the UDP sockets of an event loop, whose packets come and go many at a time."""

import asyncio
import select
import socket
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, ClassVar, Protocol
from weakref import WeakKeyDictionary

import structlog

from mcu_core.endpoints.incoming import Incoming
from mcu_core.endpoints.outgoing import Outgoing
from mcu_core.endpoints.socket_names import Address, name_bytes, read_name, write_name
from mcu_core.kernels.rows import OPENED, TICKET, Row
from mcu_core.media.clock import Clock, MonotonicClock
from mcu_core.protocol.rtp import Burst

log = structlog.get_logger()


PAUSE_S = 0.003
"""Where packets come quickly one after the other they wait for each other this long: waking up for
each one costs more than the packet does."""

EMPTY_LOOKS = 4
"""So many pauses in which nothing came, and the next packet is not waited with."""

ROUNDS = 4
"""Batches taken in one turn of the loop, so that a flood leaves time for all else; a keyframe is
more than one socket's share of a batch."""

MOST_QUEUED = 4096
"""Packets that wait for the end of the turn; more leave at once."""

MOST_NAMES = 4096


Taker = Callable[[bytes, int, int], None]
"""Takes the payload of a usual packet of sound, its moment on its sender's clock in ns, and its
level; or a picture, its RTP timestamp, and UNTOLD."""


class Usual(Protocol):
    """What takes usual packets of one stream (kernels/rows.py)."""

    @property
    def row(self) -> Row | None:
        """What is counted of the present sender's packets; None before one is known."""

    def take(self, payload: bytes, moment: int, level: int) -> None:
        """See Taker."""


class Receiver(Protocol):
    """Owner of a socket; called on the event loop."""

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """A datagram came from there: host and port."""

    def media_opened(self, data: bytes | None) -> None:
        """RTP came that has been decrypted; None: that could not be, since it is forged, or a
        repetition."""

    def datagrams_refused(self, count: int) -> None:
        """So many of what was sent did not leave: no room, or no way there."""


class Datagrams:
    """Receives for all sockets that are open here, and sends at the end of the loop's turn.

    `cut` counts datagrams longer than any that is expected, which are dropped.
    """

    _of_loops: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, "Datagrams"]] = (
        WeakKeyDictionary()
    )

    @classmethod
    def here(cls) -> "Datagrams":
        """The running loop's own."""
        loop = asyncio.get_running_loop()
        one = cls._of_loops.get(loop)
        if one is None:
            one = cls._of_loops[loop] = cls(loop)
        return one

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.cut = 0
        self._loop = loop
        self._receivers: dict[int, tuple[Receiver, socket.socket, int]] = {}
        self._epoll: select.epoll | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._came_s = 0.0
        self._empty = 0
        self._incoming = Incoming()
        self._takers: dict[int, Taker] = {}
        """By ticket; who is kept here keeps what its row points at."""
        self._tickets: dict[int, tuple[int, ...]] = {}
        self._next_ticket = count(1)
        self._clock: Clock = MonotonicClock()
        self._outgoing = Outgoing()
        self._flushing = False
        self._names: dict[bytes, Address] = {}

    # ------------------------------------------------------------------------------------- sockets

    def open(self, bound: socket.socket, receiver: Receiver) -> None:
        """Receive for a bound, non-blocking socket until it is closed here."""
        if self._epoll is None:
            self._epoll = select.epoll()
            self._listen()
        number = bound.fileno()
        self._receivers[number] = (receiver, bound, name_bytes(bound.family))
        self._outgoing.make_room(number)
        self._incoming.make_room(number)
        self._epoll.register(number, select.EPOLLIN)

    def close(self, bound: socket.socket) -> None:
        """Send what waits, and close the socket; safe twice."""
        number = bound.fileno()
        if self._receivers.pop(number, None) is None or self._epoll is None:
            return
        self.flush()
        self._outgoing.forget(number)
        self._incoming.forget(number)
        self._forget_takers(number)
        self._epoll.unregister(number)
        bound.close()
        if not self._receivers:
            self._loop.remove_reader(self._epoll.fileno())
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._epoll.close()
            self._epoll = None

    # ------------------------------------------------------------------------------------- sending

    def direct(self, bound: socket.socket, address: Address) -> None:
        """Where the packets of a socket go from now on; raises OSError for what is no address."""
        self._outgoing.direct(bound.fileno(), write_name(bound.family, address))

    def encrypt(self, bound: socket.socket, context: int, protect: int) -> None:
        """How `secure` packets of a socket are encrypted: addresses of a context and a function."""
        self._outgoing.encrypt(bound.fileno(), context, protect)

    def decrypt(self, bound: socket.socket, context: int, unprotect: int) -> None:
        """Decrypt the RTP that comes to a socket: addresses of a context and a function. From now
        on its receiver is handed it by `media_opened`."""
        if bound.fileno() in self._receivers:
            self._incoming.decrypt(bound.fileno(), context, unprotect)

    def let_pass(
        self,
        bound: socket.socket,
        source: Address | None,
        streams: Iterable[tuple[Row, Taker]],
        clock: Clock,
    ) -> None:
        """Count usual packets of these streams from that source, None for any, in their rows at
        once, and hand no more of them to the receiver, but what they carry to the takers.

        Takes the place of what was let pass on this socket before. One clock serves all sockets.
        """
        number = bound.fileno()
        if number not in self._receivers:
            return
        self._clock = clock
        name = write_name(bound.family, source) if source is not None else b""
        self._forget_takers(number)
        rows, tickets = [], []
        for row, take in streams:
            ticket = row[TICKET] = next(self._next_ticket)
            self._takers[ticket] = take
            rows.append(row)
            tickets.append(ticket)
        self._tickets[number] = tuple(tickets)
        self._incoming.let_pass(number, name, *rows)

    def _forget_takers(self, number: int) -> None:
        for ticket in self._tickets.pop(number, ()):
            del self._takers[ticket]

    def send(self, number: int, datagram: bytes) -> None:
        """Send by the socket of that file descriptor, at the end of this turn of the loop."""
        self._soon(self._outgoing.put(number, datagram))

    def send_burst(self, number: int, burst: Burst, secure: bool = False) -> None:
        """The same for RTP packets; `secure` ones are encrypted on their way."""
        self._soon(self._outgoing.put_burst(-1 - number if secure else number, burst))

    def _soon(self, waiting: int) -> None:
        if waiting >= MOST_QUEUED:
            self.flush()
        elif not self._flushing:
            self._flushing = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send now what waits."""
        self._flushing = False
        for number, refused in self._outgoing.flush():
            owner = self._receivers.get(number)
            if owner is not None:
                owner[0].datagrams_refused(refused)

    # ----------------------------------------------------------------------------------- receiving

    def _listen(self) -> None:
        if self._epoll is not None:
            self._loop.add_reader(self._epoll.fileno(), self._came)

    def _came(self) -> None:
        """Something has come. Where that happens too often, it is looked for by time instead."""
        before_s, self._came_s = self._came_s, self._loop.time()
        self._take()
        if self._came_s - before_s < PAUSE_S and self._epoll is not None:
            self._loop.remove_reader(self._epoll.fileno())
            self._empty = 0
            self._timer = self._loop.call_later(PAUSE_S, self._look)

    def _look(self) -> None:
        self._timer = None
        self._empty = 0 if self._take() else self._empty + 1
        if self._empty < EMPTY_LOOKS and self._epoll is not None:
            self._timer = self._loop.call_later(PAUSE_S, self._look)
        else:
            self._listen()

    def _take(self) -> int:
        """Hand on what has come; how many."""
        taken = 0
        for _ in range(ROUNDS):
            if self._epoll is None:
                break
            came = self._incoming.receive(self._epoll.fileno(), self._clock.now_ns())
            if not came:
                break
            for number, k, start, end, moment_ns, level in self._incoming.found():
                try:
                    if moment_ns > OPENED:
                        take = self._takers.get(number)
                        if take is not None:
                            take(self._incoming.stretch(start, end), moment_ns, level)
                    else:
                        self._hand_on(number, k, start, end, moment_ns == OPENED)
                except Exception:  # one broken packet or endpoint must not stop the others
                    log.exception("datagram not handled")
            taken += came
            if not self._incoming.more:
                break
        return taken

    def _hand_on(self, number: int, k: int, start: int, end: int, opened: bool) -> None:
        owner = self._receivers.get(number)
        if owner is None:
            return
        receiver, _, size = owner
        if opened:
            receiver.media_opened(self._incoming.stretch(start, end) if end >= start else None)
            return
        if end < start:
            self.cut += 1
            return
        address = self._address(self._incoming.name(k, size))
        receiver.datagram_received(self._incoming.stretch(start, end), address)

    def _address(self, name: bytes) -> Address:
        address = self._names.get(name)
        if address is None:
            if len(self._names) >= MOST_NAMES:
                self._names.clear()
            address = self._names[name] = read_name(name)
        return address
