"""SharedPort: one UDP port of many sessions, browsers' and plain RTP's alike.

Packets whose source is known go straight to their session, sorted where they arrive
(kernels/arriving.py). What is left is few: connectivity checks, which name whom they are for, and
the first packets of plain RTP (see `learning`).
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Protocol

from mcu_core.endpoints.datagrams import Datagrams
from mcu_core.endpoints.datagrams import Taker as UsualTaker
from mcu_core.endpoints.learning import Line, line_of
from mcu_core.endpoints.socket_names import Address
from mcu_core.endpoints.srtp import UNPROTECT
from mcu_core.errors import MalformedInput
from mcu_core.kernels.rows import Row
from mcu_core.kernels.strangers import CHECKS, CLOSED, MEDIA
from mcu_core.media.clock import NS_PER_SECOND, Clock, MonotonicClock
from mcu_core.protocol import stun
from mcu_core.protocol.rtcp import is_rtcp

SHORTEST, RTP_BYTES = 8, 12
CLAIM_NS = 7 * NS_PER_SECOND
"""So long after a check what comes from its source is its session's: browsers check the path every
2.5 to 6 s (RFC 7675)."""
Streams = Sequence[tuple[Row, UsualTaker]]


class Checked(Protocol):
    """A session whose way is found by connectivity checks."""

    def check_received(self, data: bytes, addr: Address) -> None:
        """A check came that seems to be the session's."""


class RtpLine(Line, Protocol):
    """An m-line of plain RTP."""

    streams: Streams

    @property
    def context(self) -> int:
        """By which what comes is decrypted (`srtp`); 0: it is not encrypted."""

    def knows(self, ssrc: int) -> bool:
        """Whether a stream of that SSRC comes in by it."""

    def takes_control(self, address: Address) -> bool:
        """Whether RTCP from there could be its sender's."""

    def datagram_received(self, data: bytes, address: Address) -> None:
        """A packet came that seems to be its sender's."""

    def media_opened(self, data: bytes | None, addr: Address) -> None:
        """Its sender's RTP, decrypted; None where it was not encrypted by the right key."""

    def datagrams_dropped(self, count: int) -> None:
        """So many more came than anybody sends."""


class SharedPort:
    """A bound socket, which is closed when nobody uses it any more; `closed` is called then.

    `strangers` counts packets that nobody here waits for. Runs on the event loop.
    """

    def __init__(self, bound: socket.socket) -> None:
        self.socket = bound
        self.host, self.number = bound.getsockname()[:2]
        self.strangers = 0
        self.closed: Callable[[], None] = lambda: None
        self.datagrams = Datagrams.here()
        self.lines: list[RtpLine] = []
        self._checked: dict[bytes, Checked] = {}
        self._asked: dict[bytes, Checked] = {}
        """By transaction: whose questions wait for an answer."""
        self._sources: dict[Address, _Source] = {}
        self._claims: dict[Address, tuple[Checked, int]] = {}
        """Of sources that sessions have by their checks: whose, and until when."""
        self._users = 0
        self.datagrams.open(bound, self)

    @property
    def users(self) -> int:
        """How many use it."""
        return self._users

    # --------------------------------------------------------------------------------------- users

    def check_for(self, ufrag: str, session: Checked) -> None:
        """Hand checks that name this user to the session."""
        self._checked[ufrag.encode()] = session
        self.datagrams.expect(self.socket, ufrag.encode())
        self._users += 1
        self._set_door()

    def check_no_more(self, ufrag: str) -> None:
        """The session has ended; safe twice."""
        if self._checked.pop(ufrag.encode(), None) is not None:
            self.datagrams.expect_no_more(self.socket, ufrag.encode())
            self._left()

    def asks(self, transaction: bytes, session: Checked) -> None:
        """Hand the answer to that question to the session, wherever it comes from."""
        self._asked[transaction] = session
        self.datagrams.expect(self.socket, transaction)

    def asks_no_more(self, transaction: bytes) -> None:
        """It was answered, or will not be; safe twice."""
        if self._asked.pop(transaction, None) is not None:
            self.datagrams.expect_no_more(self.socket, transaction)

    def add(self, line: RtpLine) -> None:
        """One more line of plain RTP."""
        self.lines.append(line)
        self._users += 1
        self._set_door()

    def remove(self, line: RtpLine) -> None:
        """The line has ended; safe twice."""
        if line in self.lines:
            self._forget(line)
            self.lines.remove(line)
            self._left()

    def _left(self) -> None:
        self._users -= 1
        self._set_door()
        self.close_if_unused()

    def close_if_unused(self) -> None:
        """Close the socket where nobody uses it; safe twice."""
        if self._users == 0 and self.socket.fileno() >= 0:
            self.datagrams.close(self.socket)
            self.closed()

    def _set_door(self) -> None:
        door = MEDIA if self.lines else CHECKS if self._checked else CLOSED
        self.datagrams.open_door(self.socket, door)

    # ----------------------------------------------------------------------------------- strangers

    def stranger_received(self, data: bytes, addr: Address) -> None:
        """A datagram came from where nobody's packets are known to come from."""
        if not self.received(data, addr, self.lines):
            self.strangers += 1
            self.datagrams.refused += 1

    def received(self, data: bytes, addr: Address, lines: Sequence[RtpLine]) -> bool:
        """Hand a datagram to whom it is for: RTCP to those of these lines; False for nobody."""
        if data and data[0] <= stun.LAST_FIRST_BYTE:
            return self.check_received(data, addr)
        found: Sequence[RtpLine] = self.lines
        if len(found) != 1:
            found = _control_lines(data, addr, lines) if is_rtcp(data) else self._media(data, addr)
        for line in found:
            line.datagram_received(data, addr)
        return bool(found)

    def check_received(self, data: bytes, addr: Address) -> bool:
        """Hand STUN to whom it is for; False for nobody."""
        try:
            check = stun.read_check(data)
        except MalformedInput:
            return False
        table = self._checked if check.ufrag else self._asked
        session = table.get(check.ufrag or check.transaction)
        if session is not None:
            session.check_received(data, addr)
        return session is not None

    def claim(self, session: Checked, address: Address, now_ns: int) -> bool:
        """Whether a genuine check of a session makes what comes from there its own: not while that
        is somebody else's, whom a check with a forged source would be the end of."""
        owner, until_ns = self._claims.get(address, (session, 0))
        if address in self._sources or (owner is not session and now_ns < until_ns):
            return False
        self._claims[address] = session, now_ns + CLAIM_NS
        return True

    def disclaim(self, session: Checked) -> None:
        """Nothing is the session's any more by its checks; safe twice."""
        for address in [at for at, (owner, _) in self._claims.items() if owner is session]:
            del self._claims[address]

    def _media(self, data: bytes, addr: Address) -> list[RtpLine]:
        if len(data) < RTP_BYTES:
            return []
        kind, ssrc = data[1] & 0x7F, int.from_bytes(data[8:12], "big")
        source = self._sources.get(addr)
        known = source.lines if source is not None else []
        fit = [line for line in known if kind in line.mark.payload_types]
        if len(fit) == 1:
            return fit
        found = line_of(self.lines, addr, kind, ssrc)
        return [found] if found is not None else []

    # ------------------------------------------------------------------------------------- sources

    def learn(self, line: RtpLine, address: Address, clock: Clock) -> None:
        """The line's packets come from there, and from nowhere else."""
        source = self._sources.get(address)
        if source is None or line not in source.lines:
            self._forget(line)
            source = self._sources.get(address) or self._begin(address)
            source.lines.append(line)
        source.clock = clock
        self.datagrams.admit(source.flow, address)
        self._let_pass(source)

    def rekeyed(self, line: RtpLine) -> None:
        """The line's packets are encrypted by another key from now on."""
        for source in self._sources.values():
            if line in source.lines:
                self._let_pass(source)

    def _begin(self, address: Address) -> "_Source":
        source = self._sources[address] = _Source(self)
        source.flow = self.datagrams.begin(self.socket, source)
        return source

    def _let_pass(self, source: "_Source") -> None:
        lines = source.lines
        contexts = [line.context for line in lines if line.context]
        # Of two lines with a key each every packet is looked at first: whose is it?
        native = lines if not contexts or len(lines) == 1 else []
        streams: Iterable[tuple[Row, UsualTaker]] = chain.from_iterable(
            line.streams for line in native
        )
        self.datagrams.share(source.flow, len(lines))
        self.datagrams.decrypt(source.flow, contexts[0] if contexts and native else 0, UNPROTECT)
        self.datagrams.let_pass(source.flow, streams, source.clock)

    def _forget(self, line: RtpLine) -> None:
        for address, source in list(self._sources.items()):
            if line not in source.lines:
                continue
            source.lines.remove(line)
            if source.lines:
                self._let_pass(source)
            else:
                del self._sources[address]
                self.datagrams.end(source.flow)


class _Source:
    """An address that packets of plain RTP come from: mostly of one line, of several where a sender
    has one port as we do."""

    def __init__(self, port: SharedPort) -> None:
        self.flow = 0
        self.clock: Clock = MonotonicClock()
        self.lines: list[RtpLine] = []
        self._port = port

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """A packet that has to be looked at."""
        if not self._port.received(data, addr, self.lines):
            self.datagrams_dropped(1)

    def media_opened(self, data: bytes | None, addr: Address) -> None:
        """A packet of the one line that comes from there."""
        self.lines[0].media_opened(data, addr)

    def datagrams_refused(self, count: int) -> None:
        """Not here: by this nothing leaves."""

    def datagrams_dropped(self, count: int) -> None:
        """A flood: counted once, by who is known to come from there."""
        self.lines[0].datagrams_dropped(count)


def _control_lines(data: bytes, addr: Address, lines: Sequence[RtpLine]) -> list[RtpLine]:
    """Whose RTCP may be: those of the one who sent it; where that is not told, all of its host's,
    of which each passes over what is about others."""
    found = [line for line in lines if line.takes_control(addr)]
    ssrc = int.from_bytes(data[4:8], "big")
    return [line for line in found if line.knows(ssrc)] or found
