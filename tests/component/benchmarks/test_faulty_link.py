"""The faulty network on real sockets: datagrams of both directions, as its ways decide."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from benchmarks.load.faults import Faults
from benchmarks.load.faulty_link import NO_FAULTS, FaultyRelay
from tests.fakes.datagram_pair import Pair, open_pair
from tests.fakes.waiting import DEADLINE_S, until


@asynccontextmanager
async def facing(
    out: Faults = NO_FAULTS, back: Faults = NO_FAULTS
) -> AsyncIterator[tuple[FaultyRelay, Pair]]:
    """A site and the engine's port behind a relay."""
    with (
        open_pair() as (site, engine),
        closing(FaultyRelay(engine.getsockname(), out, back)) as relay,
    ):
        yield relay, (site, engine)


async def received(bound: socket.socket, count: int) -> list[bytes]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(DEADLINE_S):
        return [await loop.sock_recv(bound, 2048) for _ in range(count)]


async def test_both_sides_hear_each_other_by_the_relays_ports() -> None:
    async with facing() as (relay, (site, engine)):
        site.sendto(b"hello", ("127.0.0.1", relay.port))
        data, seen = await asyncio.get_running_loop().sock_recvfrom(engine, 2048)
        assert (data, seen) == (b"hello", ("127.0.0.1", relay.seen_as))
        engine.sendto(b"welcome", seen)
        assert await received(site, 1) == [b"welcome"]


async def test_who_is_spoken_to_first_has_to_be_named() -> None:
    async with facing() as (relay, (site, engine)):
        relay.lead_to(site.getsockname())
        engine.sendto(b"anybody there", ("127.0.0.1", relay.seen_as))
        assert await received(site, 1) == [b"anybody there"]


async def test_what_is_lost_one_way_is_not_lost_the_other() -> None:
    async with facing(out=Faults(loss=1.0)) as (relay, (site, engine)):
        relay.lead_to(site.getsockname())
        site.sendto(b"nobody hears", ("127.0.0.1", relay.port))
        await until(lambda: relay.link.out.lost == 1)
        engine.sendto(b"heard", ("127.0.0.1", relay.seen_as))
        assert await received(site, 1) == [b"heard"]
        assert relay.link.back.passed == 1


async def test_duplicates_and_delay_arrive() -> None:
    async with facing(out=Faults(duplicates=1.0, delay_ms=20)) as (relay, (site, engine)):
        for k in range(5):
            site.sendto(bytes([k]), ("127.0.0.1", relay.port))
        came = await received(engine, 10)
        assert sorted(came) == sorted(2 * [bytes([k]) for k in range(5)])


async def test_what_is_on_its_way_goes_with_the_device() -> None:
    async with facing(out=Faults(delay_ms=10_000)) as (relay, (site, _)):
        site.sendto(b"late", ("127.0.0.1", relay.port))
        await until(lambda: relay.link.out.passed == 1)
