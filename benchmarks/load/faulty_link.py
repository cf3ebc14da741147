"""The faulty network as a device: datagrams wait in it until they are to arrive, or never do."""

import asyncio
import heapq
import socket
from collections.abc import Callable
from itertools import count

from benchmarks.load.faults import Faults, FaultyWay
from mcu_core.media.clock import NS_PER_SECOND, Clock, MonotonicClock

MOST_HELD = 20_000
"""Datagrams in a device at a time; more are dropped (`FaultyLink.refused`)."""

DATAGRAM_BYTES = 65_536
BATCH = 64
BUFFER_BYTES = 4 << 20

NO_FAULTS = Faults()
Deliver = Callable[[bytes], object]


class FaultyLink:
    """Two ways, `out` and `back`, and what is on them. Belongs to the running event loop, and to
    its owner, who closes it."""

    def __init__(
        self, out: Faults, back: Faults, seed: int = 1, clock: Clock | None = None
    ) -> None:
        self.out = FaultyWay(out, seed)
        self.back = FaultyWay(back, seed + 1)
        self.refused = 0
        self._clock = clock or MonotonicClock()
        self._loop = asyncio.get_running_loop()
        self._held: list[tuple[int, int, bytes, Deliver]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0

    def carry(self, way: FaultyWay, datagram: bytes, deliver: Deliver) -> None:
        """Take a datagram in; `deliver` gets it when it is to arrive."""
        now_ns = self._clock.now_ns()
        for arrival_ns in way.carry(len(datagram), now_ns):
            if len(self._held) >= MOST_HELD:
                self.refused += 1
            else:
                heapq.heappush(self._held, (arrival_ns, next(self._numbers), datagram, deliver))
        self._deliver_due()

    def _deliver_due(self) -> None:
        held, now_ns = self._held, self._clock.now_ns()
        while held and held[0][0] <= now_ns:
            _, _, datagram, deliver = heapq.heappop(held)
            deliver(datagram)
        if held and (self._timer is None or held[0][0] < self._timer_ns):
            if self._timer is not None:
                self._timer.cancel()
            self._timer_ns = held[0][0]
            wait_s = (self._timer_ns - now_ns) / NS_PER_SECOND
            self._timer = self._loop.call_later(wait_s, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._deliver_due()

    def close(self) -> None:
        """Drop what is on its way; safe twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._held.clear()


class FaultyRelay:
    """One UDP port over a faulty link: whoever sends to `port` speaks with `there`, and is known
    there by the port `seen_as`. Answers go back to who was heard last.

    Any kind of site: plain RTP is told `port` in place of the engine's, WebRTC is given it as the
    only candidate. Needs the running event loop; its owner closes it.
    """

    def __init__(
        self,
        there: tuple[str, int],
        out: Faults = NO_FAULTS,
        back: Faults = NO_FAULTS,
        seed: int = 1,
        host: str = "127.0.0.1",
    ) -> None:
        self.link = FaultyLink(out, back, seed)
        self._there = there
        self._here: tuple[str, int] | None = None
        self._near, self._far = _bound(host), _bound(host)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._near, self._from_here)
        self._loop.add_reader(self._far, self._from_there)

    @property
    def port(self) -> int:
        """Where the site sends to."""
        return int(self._near.getsockname()[1])

    @property
    def seen_as(self) -> int:
        """Where the other side sees the site."""
        return int(self._far.getsockname()[1])

    def lead_to(self, here: tuple[str, int]) -> None:
        """Where the site listens, for one that is spoken to before it speaks."""
        self._here = here

    def _from_here(self) -> None:
        for datagram, address in _waiting(self._near):
            self._here = address
            self.link.carry(self.link.out, datagram, self._to_there)

    def _from_there(self) -> None:
        for datagram, _ in _waiting(self._far):
            self.link.carry(self.link.back, datagram, self._to_here)

    def _to_there(self, datagram: bytes) -> None:
        _send(self._far, datagram, self._there)

    def _to_here(self, datagram: bytes) -> None:
        if self._here is not None:
            _send(self._near, datagram, self._here)

    def close(self) -> None:
        """Drop what is on its way and close both sockets; safe twice."""
        self.link.close()
        for one in (self._near, self._far):
            if one.fileno() >= 0:
                self._loop.remove_reader(one)
                one.close()


def _bound(host: str) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    opened.bind((host, 0))
    return opened


def _waiting(bound: socket.socket) -> list[tuple[bytes, tuple[str, int]]]:
    """What has come, a batch at most."""
    found = []
    for _ in range(BATCH):
        try:
            datagram, address = bound.recvfrom(DATAGRAM_BYTES)
        except (BlockingIOError, ConnectionRefusedError):
            break
        found.append((datagram, address))
    return found


def _send(bound: socket.socket, datagram: bytes, to: tuple[str, int]) -> None:
    try:
        bound.sendto(datagram, to)
    except OSError:
        return  # like a packet lost on the way
