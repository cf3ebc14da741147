"""UDP ports of a plain RTP session: whose packets count, and where ours go.

RTP without keys has nothing that tells friend from stranger, so the source address does: the first
valid packet pins it (the usual way with NATs in between, symmetric RTP of RFC 4961), strangers are
dropped and counted from then on. Another source is learnt when it is the one that the offer named,
or after a silence, if `Follow` lets it. Where there are keys, whoever has them is the friend,
wherever he is.
"""

from collections.abc import Callable, Sequence

from mcu_core.endpoints.datagrams import Usual
from mcu_core.endpoints.endpoint import EndpointStats
from mcu_core.endpoints.learning import ANYBODY, Follow, Mark, confusable
from mcu_core.endpoints.shared_port import SharedPort, Streams
from mcu_core.endpoints.socket_names import Address
from mcu_core.endpoints.srtp import PROTECT, SrtpSessions
from mcu_core.kernels.rows import HEARD_NS, SSRC, Row, same_rows
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.protocol.rtcp import FIRST_TYPE, LAST_TYPE
from mcu_core.protocol.rtp import Burst

Taker = Callable[[bytes, int], bool]
"""Takes a packet and when it came, in ns; False when it was no good."""


def nobody() -> tuple[Usual, ...]:
    """No packet passes without a second look."""
    return ()


CLOSED = 0
"""No flow: there is nowhere to send to."""

SMALLEST_RTP_BYTES = 12
SMALLEST_RTCP_BYTES = 8
VERSION_MASK = 0xC0
VERSION_2 = 0x80
SOURCE_SILENT_NS = 3 * NS_PER_SECOND


class SourcePin:
    """Decides whether a packet from an address is taken.

    `named` is the host of the offer: when it speaks it takes the pin over at once, so that nobody
    who was merely first keeps it out. `hidden`: packets never come from there, since a NAT is in
    between. `follow`: who may be next. Pure; `now_ns` comes in. Of usual packets, which are not
    shown here, it hears by the row that they are counted in.
    """

    def __init__(self, named: str = "", follow: Follow = Follow.HOST) -> None:
        self.named = named
        self.hidden = False
        self.follow = follow
        self.source: Address | None = None
        self._host = ""
        self._heard_ns = 0
        self._passing: tuple[Address, Sequence[Row]] = (("", 0), ())

    def passes(self, address: Address, rows: Sequence[Row]) -> bool:
        """Usual packets from there are counted in these rows from now on; whether that is news."""
        before, self._passing = self._passing, (address, rows)
        return address != before[0] or not same_rows(rows, before[1])

    def _catch_up(self) -> None:
        address, rows = self._passing
        for row in rows:
            if row[HEARD_NS] > self._heard_ns:
                self.heard(address, row[HEARD_NS])

    @property
    def hosts(self) -> tuple[str, str]:
        """Where its packets came from last, and where they were said to come from."""
        return self._host or self.named, self.named

    def admits(self, address: Address, now_ns: int, known: bool = False) -> bool:
        """Whether a packet from there may be looked at further; `known`: it has its SSRC."""
        self._catch_up()
        host, source = address[0], self.source
        if address == source:
            return True
        if self.follow is Follow.NAMED and not self.hidden and host != self.named:
            return False
        if source is not None and not host == self.named != source[0]:
            silent = now_ns - self._heard_ns > SOURCE_SILENT_NS
            return silent and self._may_follow(host, known)
        return not self._host or self._may_follow(host, known)

    def _may_follow(self, host: str, known: bool) -> bool:
        return host in self.hosts or known or self.follow is Follow.ANYBODY

    def heard(self, address: Address, now_ns: int) -> None:
        """A valid packet came from there."""
        self.source, self._host = address, address[0]
        self._heard_ns = now_ns

    def release(self) -> None:
        """The source said goodbye: its successor need not wait for a silence."""
        self._catch_up()
        self.source = None

    def forget(self) -> None:
        """The other side is somewhere else by its own word."""
        self.release()
        self._host = ""


class RtpPort:
    """One line's place on a UDP port, for RTP and, multiplexed or alone, RTCP (RFC 5761).

    Tests are in the order of their price: length, version, source; only then `on_rtp` and `on_rtcp`
    look at a packet. What comes in like the last packet that was good passes by all this to the
    `usual` takers that there are at that moment. `mark` is how its packets are known where others
    have the same port. Runs on the event loop.
    """

    def __init__(
        self,
        pin: SourcePin,
        clock: Clock,
        stats: EndpointStats,
        on_rtp: Taker,
        on_rtcp: Taker,
        usual: Callable[[], Sequence[Usual]] = nobody,
        mark: Mark = ANYBODY,
    ) -> None:
        self.strangers = 0
        self.mark = mark
        self.streams: Streams = ()
        self._destination: Address | None = None
        self._pin = pin
        self._clock = clock
        self._stats = stats
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._usual = usual
        self.control: RtpPort | None = None
        """Where RTCP is for that comes to this port though it is not multiplexed."""
        self._port: SharedPort | None = None
        self._flow = CLOSED
        self._srtp: SrtpSessions | None = None

    def open(self, port: SharedPort, listening: bool = True) -> None:
        """Send, and listen unless another line hands on what comes, by a port."""
        self._port = port
        if listening:
            port.add(self)

    @property
    def confused(self) -> bool:
        """Whether its packets could be taken for those of another line of the port."""
        others = self._port.lines if self._port is not None else []
        return any(one is not self and confusable(self.mark, one.mark) for one in others)

    def encrypt(self, sessions: SrtpSessions | None) -> None:
        """Encrypt all that leaves, and take only what was encrypted, from now on; None: neither."""
        before, self._srtp = self._srtp, sessions
        if self._port is None:
            return
        if self._flow != CLOSED:
            self._port.datagrams.flush()
            self._port.datagrams.encrypt(self._flow, sessions.out if sessions else 0, PROTECT)
        self._port.rekeyed(self)  # nobody knows the contexts of `before` any more
        del before

    @property
    def context(self) -> int:
        """By which what comes is decrypted (`srtp`); 0: it is not encrypted."""
        return self._srtp.into if self._srtp is not None else 0

    @property
    def destination(self) -> Address | None:
        """Where packets go to; None: nowhere yet."""
        return self._destination

    @destination.setter
    def destination(self, address: Address) -> None:
        if address == self._destination or self._port is None:
            return
        datagrams = self._port.datagrams
        if self._flow == CLOSED:
            self._flow = datagrams.begin(self._port.socket, self)
            if self._srtp is not None:
                datagrams.encrypt(self._flow, self._srtp.out, PROTECT)
        datagrams.direct(self._flow, address)
        self._destination = address

    def waits_for(self, address: Address, ssrc: int) -> bool:
        """Whether a packet of that source from there could be its sender's."""
        return self._pin.admits(address, self._clock.now_ns(), self.knows(ssrc))

    def takes_control(self, address: Address) -> bool:
        """Whether RTCP from there could be its sender's. It pins nothing: it may come from another
        port than RTP, but not from another host."""
        return address[0] in self._pin.hosts

    def knows(self, ssrc: int) -> bool:
        """Whether a stream of that SSRC comes in by it."""
        rows = [one.row for one in self._usual()]
        return ssrc in self.mark.sources or any(
            row is not None and row[SSRC] == ssrc for row in rows
        )

    def datagram_received(self, data: bytes, address: Address) -> None:
        """Sort one datagram."""
        size = len(data)
        if size < SMALLEST_RTCP_BYTES or data[0] & VERSION_MASK != VERSION_2:
            self._stats.packets_dropped += 1
            return
        if FIRST_TYPE <= data[1] <= LAST_TYPE:
            (self.control or self)._rtcp_received(data, address)
            return
        now_ns = self._clock.now_ns()
        if size < SMALLEST_RTP_BYTES:
            self._stats.packets_dropped += 1
        elif self._srtp is not None:
            self.media_opened(self._srtp.unprotect(data), address)
        elif address != self._pin.source and not self.waits_for(address, _ssrc(data)):
            self._refuse()
        else:
            self._take(data, address, now_ns)

    def _refuse(self) -> None:
        """A stranger's packet."""
        self.strangers += 1
        self._stats.packets_dropped += 1
        if self._port is not None:
            self._port.datagrams.refused += 1

    def media_opened(self, data: bytes | None, addr: Address) -> None:
        """RTP that was encrypted by the other side's key; None: it was not."""
        if data is None:
            self._stats.packets_dropped += 1
        else:
            self._take(data, addr, self._clock.now_ns())

    def _take(self, data: bytes, address: Address, now_ns: int) -> None:
        if self._on_rtp(data, now_ns):  # which counts what it refuses
            before = self._pin.source
            self._pin.heard(address, now_ns)
            if before not in (None, address) and self._port is not None:
                self._port.datagrams.followed += 1
            self._count(len(data), address)
            self._let_pass(address)

    def _let_pass(self, address: Address) -> None:
        """A packet of that source was good: those like it need no second look."""
        streams = [(row, one.take) for one in self._usual() if (row := one.row) is not None]
        rows = [row for row, _ in streams]
        if self._port is not None and self._pin.passes(address, rows):
            self.streams = streams
            self._stats.follow(self, rows)
            self._port.learn(self, address, self._clock)

    def _rtcp_received(self, data: bytes, address: Address) -> None:
        if not self.takes_control(address):
            self._refuse()
            return
        plain = self._srtp.unprotect_rtcp(data) if self._srtp is not None else data
        if plain is None:
            self._stats.packets_dropped += 1
        elif self._on_rtcp(plain, self._clock.now_ns()):
            self._count(len(data), address)

    def _count(self, size: int, address: Address) -> None:
        self._stats.came(size)
        if address[0] != self._pin.named:
            # Its packets come by another host than it named: a NAT is in between, and the way back
            # is where they came from. The same host may well listen where it does not send from.
            self.destination = address

    def send(self, burst: Burst) -> None:
        """Send to the destination; dropped and counted while there is none."""
        count = len(burst.payloads)
        if self._port is None or self._flow == CLOSED:
            self._stats.packets_dropped += count
            return
        self._port.datagrams.send_burst(self._flow, burst, secure=self._srtp is not None)
        self._stats.packets_out += count
        self._stats.bytes_out += burst.octets + SMALLEST_RTP_BYTES * count

    def send_control(self, datagram: bytes) -> None:
        """The same for RTCP."""
        if self._port is None or self._flow == CLOSED:
            self._stats.packets_dropped += 1
            return
        if self._srtp is not None:
            datagram = self._srtp.protect_rtcp(datagram)
        self._port.datagrams.send(self._flow, datagram)
        self._stats.packets_out += 1
        self._stats.bytes_out += len(datagram)

    def datagrams_refused(self, count: int) -> None:
        """The system had no room for so many of what was sent, or no way to there."""
        self._stats.packets_out -= count
        self._stats.packets_dropped += count

    def datagrams_dropped(self, count: int) -> None:
        """So many more came than any sender sends, and were not looked at."""
        self._stats.packets_dropped += count

    def close(self) -> None:
        """Send what waits, and leave the port; safe twice."""
        port, self._port = self._port, None
        flow, self._flow = self._flow, CLOSED
        if port is not None:
            port.datagrams.end(flow)
            port.remove(self)


def _ssrc(data: bytes) -> int:
    """The source of a packet that is long enough (RFC 3550 5.1)."""
    return int.from_bytes(data[8:12], "big")
