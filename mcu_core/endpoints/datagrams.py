"""Datagrams: the UDP sockets of an event loop, whose packets come and go many at a time."""

import asyncio
import select
import socket
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar, Protocol
from weakref import WeakKeyDictionary

import structlog

from mcu_core.endpoints.incoming import Incoming
from mcu_core.endpoints.outgoing import Outgoing
from mcu_core.endpoints.socket_names import Address, name_bytes, read_name, write_name
from mcu_core.kernels.rows import OPENED, TICKET, Row
from mcu_core.kernels.strangers import CLOSED
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

EXPECTED = 1
"""What the table of names knows of each."""

RESTING = 64
"""Numbers of flows that have ended and are not given away yet."""


SHARES_EVERY_S = 0.1
"""How often flows and strangers are given new shares (endpoints/incoming.py)."""

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
    """Owner of a flow; called on the event loop."""

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """A datagram came from there: host and port."""

    def media_opened(self, data: bytes | None, addr: Any) -> None:
        """RTP came from there that has been decrypted; None: that could not be, since it is forged,
        or a repetition."""

    def datagrams_refused(self, count: int) -> None:
        """So many of what was sent did not leave: no room, or no way there."""

    def datagrams_dropped(self, count: int) -> None:
        """So many more came than anybody sends, and were not looked at."""


class Doorkeeper(Protocol):
    """Owner of a socket; called on the event loop."""

    def stranger_received(self, data: bytes, addr: Any) -> None:
        """A datagram came from where no flow has its source."""


@dataclass(slots=True)
class _Flow:
    """Packets between a socket and those whose they are."""

    bound: socket.socket
    receiver: Receiver
    sources: set[Address] = field(default_factory=set)
    tickets: tuple[int, ...] = ()


class Datagrams:
    """Receives for all sockets that are open here, and sends at the end of the loop's turn.

    A socket serves many: a flow is what one of them sends and is sent by it. `cut` counts datagrams
    longer than any that is expected, which are dropped; `refused` those that were looked at and
    were nobody's, `followed` how often a line of plain RTP took another source for its sender's.
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
        self.cut = self.refused = self.followed = 0
        self._loop = loop
        self._sockets: dict[int, tuple[Doorkeeper, socket.socket]] = {}
        self._expected: dict[int, set[bytes]] = {}
        self._flows: dict[int, _Flow] = {}
        self._free: deque[int] = deque()
        self._epoll: select.epoll | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._came_s = 0.0
        self._shared_s = 0.0
        self._empty = 0
        self._incoming = Incoming()
        self._takers: dict[int, Taker] = {}
        """By ticket; who is kept here keeps what its row points at."""
        self._next_ticket = count(1)
        self._clock: Clock = MonotonicClock()
        self._outgoing = Outgoing()
        self._flushing = False
        self._names: dict[bytes, Address] = {}

    @property
    def strangers(self) -> int:
        """Datagrams from nobody's source that were dropped so far, unseen and looked at."""
        return self._incoming.strangers + self.refused

    # ------------------------------------------------------------------------------------- sockets

    def open(self, bound: socket.socket, keeper: Doorkeeper, door: int = CLOSED) -> None:
        """Receive for a bound, non-blocking socket until it is closed here; see `open_door`."""
        if self._epoll is None:
            self._epoll = select.epoll()
            self._listen()
        number = bound.fileno()
        self._sockets[number] = keeper, bound
        self._incoming.open_door(number, door)
        self._epoll.register(number, select.EPOLLIN)

    def open_door(self, bound: socket.socket, door: int) -> None:
        """What of strangers is looked at from now on: CLOSED, CHECKS or MEDIA
        (kernels/strangers.py)."""
        self._incoming.open_door(bound.fileno(), door)

    def expect(self, bound: socket.socket, name: bytes) -> None:
        """Look at strangers' STUN that comes to a socket and is for that name: a user's, or an
        answer's transaction; of at most LONGEST_NAME bytes. All other is dropped."""
        self._expected.setdefault(bound.fileno(), set()).add(name)
        self._incoming.names.put(bound.fileno(), name, EXPECTED)

    def expect_no_more(self, bound: socket.socket, name: bytes) -> None:
        """The opposite; safe twice, and after the socket was closed."""
        self._expected.get(bound.fileno(), set()).discard(name)
        if bound.fileno() >= 0:
            self._incoming.names.take_out(bound.fileno(), name, EXPECTED)

    def share(self, flow: int, lines: int) -> None:
        """Let as much come by a flow as so many lines may send."""
        self._incoming.share(flow, lines)

    def close(self, bound: socket.socket) -> None:
        """End all flows of a socket, send what waits, and close it; safe twice."""
        number = bound.fileno()
        if self._sockets.pop(number, None) is None or self._epoll is None:
            return
        for flow in [flow for flow, one in self._flows.items() if one.bound is bound]:
            self.end(flow)
        self.flush()
        for name in self._expected.pop(number, ()):
            self._incoming.names.take_out(number, name, EXPECTED)
        self._incoming.open_door(number, CLOSED)
        self._epoll.unregister(number)
        bound.close()
        if not self._sockets:
            self._loop.remove_reader(self._epoll.fileno())
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._epoll.close()
            self._epoll = None

    # --------------------------------------------------------------------------------------- flows

    def begin(self, bound: socket.socket, receiver: Receiver) -> int:
        """A new flow by an open socket: its number, over 0. It has no source and goes nowhere."""
        known = len(self._flows) + len(self._free)
        # Packets of a batch that has been taken may still be told of by an old number.
        flow = self._free.popleft() if len(self._free) > RESTING else known + 1
        self._flows[flow] = _Flow(bound, receiver)
        self._incoming.open(flow)
        self._outgoing.open(flow, bound.fileno())
        return flow

    def end(self, flow: int) -> None:
        """Send what waits, and end a flow; safe twice."""
        one = self._flows.get(flow)
        if one is None:
            return
        self.flush()
        for source in list(one.sources):
            self.dismiss(flow, source)
        del self._flows[flow]
        self._forget_takers(one)
        self._outgoing.forget(flow)
        self._incoming.forget(flow)
        self._free.append(flow)

    def admit(self, flow: int, source: Address) -> None:
        """What comes to the flow's socket from there is its own from now on, and no other's."""
        one = self._flows[flow]
        name = write_name(one.bound.family, source)
        before = self._flows.get(self._incoming.sources.flow(one.bound.fileno(), name))
        if before is not None:
            before.sources.discard(source)
        self._incoming.sources.put(one.bound.fileno(), name, flow)
        one.sources.add(source)

    def dismiss(self, flow: int, source: Address) -> None:
        """What comes from there is a stranger's again; nothing where it is not the flow's."""
        one = self._flows.get(flow)
        if one is not None and source in one.sources:
            one.sources.discard(source)
            name = write_name(one.bound.family, source)
            self._incoming.sources.take_out(one.bound.fileno(), name, flow)

    def sources(self, flow: int) -> Collection[Address]:
        """Where the flow's packets come from."""
        return self._flows[flow].sources

    def direct(self, flow: int, address: Address) -> None:
        """Where the packets of a flow go from now on; raises OSError for what is no address."""
        self._outgoing.direct(flow, write_name(self._flows[flow].bound.family, address))

    def encrypt(self, flow: int, context: int, protect: int) -> None:
        """How `secure` packets of a flow are encrypted: addresses of a context and a function."""
        self._outgoing.encrypt(flow, context, protect)

    def decrypt(self, flow: int, context: int, unprotect: int) -> None:
        """Decrypt the RTP that comes to a flow: addresses of a context and a function. From now on
        its receiver is handed it by `media_opened`."""
        if flow in self._flows:
            self._incoming.decrypt(flow, context, unprotect)

    def let_pass(self, flow: int, streams: Iterable[tuple[Row, Taker]], clock: Clock) -> None:
        """Count usual packets of these streams, where they come from the flow's sources, in their
        rows at once, and hand no more of them to the receiver, but what they carry to the takers.

        Takes the place of what was let pass in this flow before. One clock serves all flows.
        """
        one = self._flows.get(flow)
        if one is None:
            return
        self._clock = clock
        self._forget_takers(one)
        rows, tickets = [], []
        for row, take in streams:
            ticket = row[TICKET] = next(self._next_ticket)
            self._takers[ticket] = take
            rows.append(row)
            tickets.append(ticket)
        one.tickets = tuple(tickets)
        self._incoming.let_pass(flow, *rows)

    def _forget_takers(self, one: _Flow) -> None:
        for ticket in one.tickets:
            del self._takers[ticket]
        one.tickets = ()

    # ------------------------------------------------------------------------------------- sending

    def send(self, flow: int, datagram: bytes) -> None:
        """Send one of that flow, at the end of this turn of the loop."""
        self._soon(self._outgoing.put(flow, datagram))

    def send_burst(self, flow: int, burst: Burst, secure: bool = False) -> None:
        """The same for RTP packets; `secure` ones are encrypted on their way."""
        self._soon(self._outgoing.put_burst(-1 - flow if secure else flow, burst))

    def _soon(self, waiting: int) -> None:
        if waiting >= MOST_QUEUED:
            self.flush()
        elif not self._flushing:
            self._flushing = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send now what waits."""
        self._flushing = False
        for flow, refused in self._outgoing.flush():
            one = self._flows.get(flow)
            if one is not None:
                one.receiver.datagrams_refused(refused)

    # ----------------------------------------------------------------------------------- receiving

    def _listen(self) -> None:
        if self._epoll is not None:
            self._loop.add_reader(self._epoll.fileno(), self._came)

    def _came(self) -> None:
        """Something has come. Where that happens too often, it is looked for by time instead, as
        while a flow has used up its share: that is told though nothing more comes."""
        before_s, self._came_s = self._came_s, self._loop.time()
        self._take(self._came_s)
        often = self._came_s - before_s < PAUSE_S
        if (often or self._incoming.flooded) and self._epoll is not None:
            self._loop.remove_reader(self._epoll.fileno())
            self._empty = 0
            self._timer = self._loop.call_later(PAUSE_S, self._look)

    def _look(self) -> None:
        self._timer = None
        self._empty = 0 if self._take(self._loop.time()) else self._empty + 1
        busy = self._empty < EMPTY_LOOKS or self._incoming.flooded
        if busy and self._epoll is not None:
            self._timer = self._loop.call_later(PAUSE_S, self._look)
        else:
            self._listen()

    def _take(self, now_s: float) -> int:
        """Hand on what has come; how many."""
        if now_s - self._shared_s >= SHARES_EVERY_S:
            self._shared_s = now_s
            self._give_shares()
        taken = 0
        for _ in range(ROUNDS):
            if self._epoll is None:
                break
            came = self._incoming.receive(self._epoll.fileno(), self._clock.now_ns())
            if not came:
                break
            for whose, k, start, end, moment_ns, level in self._incoming.found():
                try:
                    if moment_ns > OPENED:
                        take = self._takers.get(whose)
                        if take is not None:
                            take(self._incoming.stretch(start, end), moment_ns, level)
                    else:
                        self._hand_on(whose, k, start, end, moment_ns == OPENED)
                except Exception:  # one broken packet or endpoint must not stop the others
                    log.exception("datagram not handled")
            taken += came
            if not self._incoming.more:
                break
        return taken

    def _give_shares(self) -> None:
        for flow, dropped in self._incoming.give_shares():
            one = self._flows.get(flow)
            if one is not None:
                one.receiver.datagrams_dropped(dropped)

    def _hand_on(self, whose: int, k: int, start: int, end: int, opened: bool) -> None:
        one = self._flows.get(whose)
        keeper, bound = self._sockets.get(-1 - whose, (None, None))
        if one is not None:
            bound = one.bound
        if bound is None:
            return
        if end < start and not opened:
            self.cut += 1
            return
        address = self._address(self._incoming.name(k, name_bytes(bound.family)))
        data = self._incoming.stretch(start, end) if end >= start else None
        if one is None:
            if keeper is not None and data is not None:
                keeper.stranger_received(data, address)
        elif opened:
            one.receiver.media_opened(data, address)
        elif data is not None:
            one.receiver.datagram_received(data, address)

    def _address(self, name: bytes) -> Address:
        address = self._names.get(name)
        if address is None:
            if len(self._names) >= MOST_NAMES:
                self._names.clear()
            address = self._names[name] = read_name(name)
        return address
