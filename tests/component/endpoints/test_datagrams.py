"""Many sockets of one loop on real ports: what comes, what leaves, what is refused."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from mcu_core.endpoints.datagrams import MOST_QUEUED, Datagrams
from mcu_core.endpoints.network import NetworkOptions, open_udp
from mcu_core.endpoints.socket_names import Address, read_name, write_name
from mcu_core.kernels.arriving import FAIR_SHARE, PACKET_BYTES
from mcu_core.kernels.messages import BATCH
from tests.fakes.waiting import until

IPV6 = NetworkOptions("::1")


class Port:
    """A socket in the loop's Datagrams with one flow; notes what that is given, and strangers'."""

    def __init__(self, network: NetworkOptions | None = None) -> None:
        self.socket = open_udp(network or NetworkOptions())
        self.came: list[tuple[bytes, Address]] = []
        self.strange: list[bytes] = []
        self.refused = self.dropped = 0
        self.breaks = False
        Datagrams.here().open(self.socket, self)
        self.flow = Datagrams.here().begin(self.socket, self)

    def expect(self, *sources: Address) -> None:
        """Take what comes from there."""
        for source in sources:
            Datagrams.here().admit(self.flow, source)

    def direct(self, other: "Port") -> None:
        """Send to another one, which expects it."""
        Datagrams.here().direct(self.flow, other.address)
        other.expect(self.address)

    def stranger_received(self, data: bytes, address: Address) -> None:
        self.strange.append(data)

    def datagram_received(self, data: bytes, address: Address) -> None:
        self.came.append((data, address))
        if self.breaks:
            raise RuntimeError("as a mistake in an endpoint would")

    def media_opened(self, data: bytes | None, address: Address) -> None:
        raise AssertionError("nothing is encrypted here")

    def datagrams_refused(self, count: int) -> None:
        self.refused += count

    def datagrams_dropped(self, count: int) -> None:
        self.dropped += count

    @property
    def address(self) -> Address:
        host, port, *_ = self.socket.getsockname()
        return host, port

    def send(self, data: bytes) -> None:
        Datagrams.here().send(self.flow, data)

    def close(self) -> None:
        Datagrams.here().close(self.socket)


async def all_came(port: Port, count: int) -> None:
    """Wait for so many packets in all."""
    await until(lambda: len(port.came) >= count)


@contextmanager
def far_socket(*ports: Port) -> Iterator[socket.socket]:
    """One that these expect packets from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        for port in ports:
            port.expect(far.getsockname())
        yield far


@pytest.fixture
async def ports() -> AsyncIterator[tuple[Port, Port, Port]]:
    three = (Port(), Port(), Port())
    yield three
    for one in three:
        one.close()
        one.close()


@pytest.mark.parametrize("network", [NetworkOptions(), IPV6], ids=["IPv4", "IPv6"])
async def test_packets_go_where_they_are_directed_and_say_where_they_come_from(
    network: NetworkOptions,
) -> None:
    one, other = Port(network), Port(network)
    try:
        one.direct(other)
        for k in range(3):
            one.send(bytes([k]) * (k + 1))
        assert not other.came, "they leave at the end of the turn"
        await until(lambda: len(other.came) == 3)
        assert other.came == [(bytes([k]) * (k + 1), one.address) for k in range(3)]
    finally:
        one.close()
        other.close()


async def test_sockets_do_not_mix_and_keep_their_order(ports: tuple[Port, Port, Port]) -> None:
    one, other, third = ports
    one.direct(third)
    other.direct(third)
    for k in range(100):
        one.send(b"one %d" % k)
        other.send(b"other %d" % k)
    await until(lambda: len(third.came) == 200)
    for port, name in ((one, b"one"), (other, b"other")):
        sent = [data for data, address in third.came if address == port.address]
        assert sent == [b"%s %d" % (name, k) for k in range(100)]


async def test_a_flood_of_one_socket_lets_the_others_have_their_turn(
    ports: tuple[Port, Port, Port], monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, calm, _ = ports
    order: list[bytes] = []
    for one in (victim, calm):
        monkeypatch.setattr(one, "datagram_received", lambda data, address: order.append(data))
    with far_socket(victim, calm) as flood:
        for _ in range(4 * BATCH):
            flood.sendto(b"flood", victim.address)
        flood.sendto(b"calm", calm.address)
    await until(lambda: len(order) == 4 * BATCH + 1)
    assert order.index(b"calm") <= BATCH


async def test_packets_of_every_size_arrive_whole_and_longer_ones_not_at_all(
    ports: tuple[Port, Port, Port],
) -> None:
    port = ports[0]
    sizes = (0, 1, 1200, PACKET_BYTES)
    with far_socket(port) as far:
        far.sendto(bytes(PACKET_BYTES + 1), port.address)
        for size in sizes:
            far.sendto(b"x" * size, port.address)
    await until(lambda: len(port.came) == len(sizes))
    assert [data for data, _ in port.came] == [b"x" * size for size in sizes]
    assert Datagrams.here().cut == 1


async def test_what_the_system_refuses_is_told_to_its_owner(ports: tuple[Port, Port, Port]) -> None:
    one, other, _ = ports
    one.direct(other)
    one.send(b"x" * 70_000)  # more than any datagram
    one.send(b"good")
    await until(lambda: len(other.came) == 1)
    assert (one.refused, other.refused) == (1, 0)


async def test_a_mistake_in_one_endpoint_stops_no_other(ports: tuple[Port, Port, Port]) -> None:
    broken, sound, _ = ports
    broken.breaks = True
    with far_socket(broken, sound) as far:
        for _ in range(2):
            far.sendto(b"a", broken.address)
            far.sendto(b"b", sound.address)
    await until(lambda: len(broken.came) == 2 and len(sound.came) == 2)


async def test_more_than_the_queue_holds_leaves_at_once(ports: tuple[Port, Port, Port]) -> None:
    one, other, _ = ports
    one.direct(other)
    for _ in range(MOST_QUEUED - 1):
        one.send(b"")
    other.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        other.socket.recv(1)
    one.send(b"")
    assert other.socket.recv(1) == b""


async def test_a_socket_that_closes_sends_what_waits_and_its_number_is_free() -> None:
    one, other = Port(), Port()
    one.direct(other)
    one.send(b"goodbye")
    number = one.socket.fileno()
    one.close()
    again = Port()
    try:
        assert again.socket.fileno() == number
        again.send(b"to nobody")  # has no destination yet
        await until(lambda: len(other.came) == 1 and again.refused == 1)
        assert other.came[0][0] == b"goodbye"
    finally:
        again.close()
        other.close()


async def test_packets_by_and_by_are_received_as_well_as_bursts(
    ports: tuple[Port, Port, Port],
) -> None:
    port = ports[0]
    with far_socket(port) as far:
        for k in range(50):
            far.sendto(b"%d" % k, port.address)
            if k % 3 == 0:
                await all_came(port, k + 1)
    await all_came(port, 50)


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, ("192.0.2.7", 5004)),
        (socket.AF_INET6, ("2001:db8::7", 65_535)),
        (socket.AF_INET6, ("fe80::1%lo", 5004)),
    ],
)
def test_socket_names_are_written_and_read(family: int, address: Address) -> None:
    assert read_name(write_name(family, address)) == address


def test_a_name_is_no_address() -> None:
    with pytest.raises(OSError, match="not known"):
        write_name(socket.AF_INET, ("localhost", 5004))


class Turn(Port):
    """Notes how much has come when the first turn is over in which something did."""

    first = 0

    def datagram_received(self, data: bytes, address: Address) -> None:
        if not self.came:
            asyncio.get_running_loop().call_soon(self._note)
        super().datagram_received(data, address)

    def _note(self) -> None:
        self.first = len(self.came)


async def test_a_burst_of_one_socket_is_taken_in_one_turn() -> None:
    """A keyframe is more than a socket's share of a batch, and must not wait for pauses."""
    one, other = Port(), Turn()
    other.expect(one.address)
    try:
        for k in range(3 * FAIR_SHARE):
            one.socket.sendto(bytes((k,)), other.address)
        await until(lambda: other.first)
        assert other.first == 3 * FAIR_SHARE
    finally:
        one.close()
        other.close()
