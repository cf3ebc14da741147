"""Sound that comes as the packet before it did passes the port without a second look."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from mcu_core.endpoints.datagrams import Datagrams
from mcu_core.endpoints.endpoint import EndpointStats, Intake
from mcu_core.endpoints.inbound import SOURCE_CHANGE_NS
from mcu_core.endpoints.network import NetworkOptions, open_udp
from mcu_core.endpoints.rtp_stream import RtpStream
from mcu_core.endpoints.shared_port import SharedPort
from mcu_core.endpoints.stream_group import StreamGroup
from mcu_core.endpoints.udp import SOURCE_SILENT_NS, RtpPort, SourcePin
from mcu_core.ingress.audio import AudioIngress
from mcu_core.kernels.rows import QUICK
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.codec import OPUS
from mcu_core.media.sound import BLOCK_NS
from mcu_core.media.units import AccessUnit
from mcu_core.protocol import rtp
from tests.fakes.waiting import until

FRAME = b"\xf8\xff\xfe"
TICKS = 960
LEVEL_ID = 3


class Intaken(AudioIngress):
    """Notes when frames were, on their sender's clock."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, "site")
        self.stamps_ns: list[int] = []
        self.levels: list[float | None] = []
        self.restarts = 0

    def push(self, unit: AccessUnit) -> None:
        assert unit.data == FRAME
        self.stamps_ns.append(unit.stamp_ns)
        self.levels.append(unit.level_dbov)

    def reset(self) -> None:
        self.restarts += 1


class Site:
    """A port that takes one stream of sound, and those who send to it."""

    def __init__(self, network: NetworkOptions) -> None:
        self.network = network
        self.opened: list[socket.socket] = []
        self.clock = ManualClock(NS_PER_SECOND)
        self.ingress = Intaken(self.clock)
        self.stats = EndpointStats()
        self.pin = SourcePin()
        group = StreamGroup(self.stats)
        self.stream = RtpStream(OPUS, (96, 96), 1, self.clock, lambda _: None, lambda _: None)
        self.stream.receive_into(Intake(None, self.ingress), level_id=LEVEL_ID)
        group.add(self.stream)
        taken = (group.rtp_received, group.rtcp_received, group.usual)
        self.port = RtpPort(self.pin, self.clock, self.stats, *taken)
        bound = open_udp(network)
        self.address = bound.getsockname()
        self.port.open(SharedPort(bound))

    def sender(self, ssrc: int = 7, number: int = 0, host: str = "") -> "Sender":
        """Another one."""
        self.opened.append(open_udp(self.network, host))
        return Sender(self, self.opened[-1], ssrc, number)

    def close(self) -> None:
        self.port.close()
        for bound in self.opened:
            bound.close()

    @property
    def taken(self) -> int:
        return len(self.ingress.stamps_ns)

    @property
    def passed(self) -> int:
        """Packets that had no second look."""
        rows = [one.row for one in self.stream.receivers]
        return sum(row[QUICK] for row in rows if row is not None)


@dataclass
class Sender:
    """Sends frames of sound to the site and waits until they are taken, or dropped."""

    site: Site
    bound: socket.socket
    ssrc: int
    number: int

    async def send(self, count: int = 1, *extensions: tuple[int, bytes]) -> None:
        stats = self.site.stats
        for _ in range(count):
            before = stats.packets_in + stats.packets_dropped
            number = self.number & 0xFFFF
            head = rtp.header(96, False, number, self.number * TICKS, self.ssrc, extensions)
            self.bound.sendto(head + FRAME, self.site.address)
            self.number += 1
            await self._taken(before + 1)
            self.site.clock.advance_ns(BLOCK_NS)

    async def _taken(self, count: int) -> None:
        stats = self.site.stats
        await until(lambda: stats.packets_in + stats.packets_dropped >= count)


@pytest.fixture(params=["127.0.0.1", "::1"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    made = Site(NetworkOptions(request.param))
    yield made
    made.close()


async def test_all_but_the_first_pass_and_are_counted_and_stamped_alike(site: Site) -> None:
    sender = site.sender()
    await sender.send(10)
    assert site.passed == 9
    assert (site.stats.packets_in, site.stats.packets_dropped) == (10, 0)
    assert site.stats.bytes_in == 10 * (12 + len(FRAME))
    assert site.ingress.stamps_ns == [k * BLOCK_NS for k in range(10)]
    counters = site.stream.reception()
    assert (counters.received, counters.lost, counters.jitter_ns) == (10, 0, 0)


async def test_levels_are_told_by_packets_that_pass(site: Site) -> None:
    sender = site.sender()
    await sender.send(3, (LEVEL_ID, b"\x9e"))
    await sender.send(3, (LEVEL_ID + 1, b"\x9e"))
    await sender.send(1, (LEVEL_ID + 1, b"\x9e"), (LEVEL_ID, b"\x7f"))
    await sender.send(1, (200, b""))  # another form of extension
    assert site.ingress.levels == [*[-30.0] * 3, *[None] * 3, -127.0, None]
    assert site.passed == 6


async def test_a_gap_is_seen_and_what_follows_passes_again(site: Site) -> None:
    sender = site.sender()
    await sender.send(5)
    sender.number += 3
    await sender.send(5)
    assert site.passed == 8
    assert site.stream.reception().lost == 3
    assert site.taken == 10


async def test_the_counter_of_packets_may_wrap(site: Site) -> None:
    sender = site.sender(number=0xFFFD)
    await sender.send(10)
    assert site.taken == 10
    assert site.stream.reception().lost == 0
    assert site.passed == 8


async def test_strangers_are_kept_out_while_the_source_is_heard(site: Site) -> None:
    sender, stranger = site.sender(), site.sender()
    await sender.send(5)
    for _ in range(2 * SOURCE_SILENT_NS // BLOCK_NS // 10):
        await sender.send(10)
        await stranger.send()
    assert site.stats.packets_dropped == site.port.strangers == stranger.number
    assert site.taken == sender.number


async def test_another_source_follows_after_a_silence_and_passes_too(site: Site) -> None:
    sender = site.sender()
    await sender.send(5)
    site.clock.advance_ns(2 * SOURCE_SILENT_NS)
    successor = site.sender(number=5)
    await successor.send(5)
    assert site.pin.source == successor.bound.getsockname()[:2]
    assert site.passed == 8
    await sender.send()
    assert site.port.strangers == 1


@pytest.mark.parametrize("site", ["127.0.0.1"], indirect=True)  # IPv6 has one loopback address
async def test_a_stranger_elsewhere_takes_nobodys_place_however_long_that_is_silent(
    site: Site,
) -> None:
    sender, stranger = site.sender(), site.sender(ssrc=8, host="127.0.0.2")
    counted, followed = Datagrams.here().refused, Datagrams.here().followed
    await sender.send(5)
    for _ in range(5):
        site.clock.advance_ns(2 * SOURCE_SILENT_NS)
        await stranger.send()
    assert (site.taken, site.port.strangers) == (5, 5)
    assert site.port.destination != stranger.bound.getsockname()[:2]
    assert Datagrams.here().refused - counted == 5
    moved = site.sender(number=5, host="127.0.0.3")
    await moved.send(5)  # with the SSRC that it had
    assert site.pin.source == moved.bound.getsockname()[:2]
    assert (site.taken, site.port.strangers) == (10, 5)
    assert Datagrams.here().followed - followed == 1


async def test_after_a_goodbye_the_next_one_follows_if_the_source_is_silent(site: Site) -> None:
    sender, successor = site.sender(), site.sender(number=5)
    await sender.send(5)
    site.pin.release()
    await successor.send(5)
    assert site.pin.source == successor.bound.getsockname()[:2]
    assert (site.taken, site.port.strangers) == (10, 0)


async def test_who_sends_on_after_a_goodbye_is_still_the_source(site: Site) -> None:
    sender, stranger = site.sender(), site.sender()
    await sender.send(5)
    site.pin.release()
    await sender.send(5)
    await stranger.send()
    assert (site.taken, site.port.strangers) == (10, 1)


async def test_a_sender_that_began_anew_is_believed_after_a_pause(site: Site) -> None:
    sender = site.sender()
    await sender.send(5)
    sender.ssrc, sender.number = 8, 100
    await sender.send(3)
    assert site.ingress.restarts == 1, "the old one was heard just now"
    assert site.stats.packets_dropped == 3
    site.clock.advance_ns(SOURCE_CHANGE_NS + NS_PER_MS)
    await sender.send(5)
    assert site.ingress.restarts == 2
    assert site.stats.packets_dropped == 3
    assert site.passed == 4
    assert site.stats.packets_in == 10


async def test_the_old_sender_is_not_taken_for_the_new_one(site: Site) -> None:
    sender = site.sender()
    await sender.send(5)
    site.clock.advance_ns(SOURCE_CHANGE_NS)
    sender.ssrc = 8
    await sender.send(5)
    taken, dropped = site.taken, site.stats.packets_dropped
    sender.ssrc, sender.number = 7, 5
    await sender.send()
    assert (site.taken, site.stats.packets_dropped) == (taken, dropped + 1)
