"""The load's process on real sockets: what leaves is RTP as we write it, what comes is counted."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from benchmarks.load.fleet import VIDEO_TYPE, Fleet, Line, Sends, SitePlan
from benchmarks.load.ledger import Flows
from benchmarks.load.tape import Tape
from mcu_core.errors import McuError
from mcu_core.media.clock import NS_PER_MS
from mcu_core.media.codec import H264, OPUS
from mcu_core.protocol import rtcp, rtp
from mcu_core.protocol.payload.base import payloader

KEYFRAME = b"\0\0\0\1\x67abc\0\0\0\1\x68de\0\0\0\1\x65" + b"k" * 3000
PICTURE = b"\0\0\0\1\x41" + b"p" * 1500
FPS, BLOCKS_PER_S = 30, 50


def video() -> Tape:
    """A second of pictures, the first one a keyframe."""
    units = [payloader(H264).payloads(KEYFRAME, True)]
    units += [payloader(H264).payloads(PICTURE, False)] * (FPS - 1)
    return Tape.of(H264, FPS, units)


def sound() -> Tape:
    return Tape.of(OPUS, BLOCKS_PER_S, [(bytes([k]) * 40,) for k in range(BLOCKS_PER_S)])


@asynccontextmanager
async def facing(*plans: SitePlan) -> AsyncIterator[Fleet]:
    """Two sites that send to each other."""
    async with Fleet(plans, 20) as fleet:
        for one, other in zip(fleet.sites[0].lines, fleet.sites[1].lines, strict=True):
            one.socket.connect(("127.0.0.1", other.port))
            other.socket.connect(("127.0.0.1", one.port))
        yield fleet


def line(fleet: Fleet, site: int) -> Line:
    found = fleet.sites[site].video
    assert found is not None
    return found


def each(name: str, least: int) -> Callable[[Flows], bool]:
    return lambda flows: bool((flows[name] >= least).all())


async def test_all_that_one_sends_the_other_counts() -> None:
    plan = SitePlan(Sends(video()), Sends(sound()), watched=True)
    async with facing(plan, plan) as fleet:
        fleet.begin()
        await fleet.wait_until(each("units_in", 2 * FPS + 5))
        fleet.order(0, "active", 0)
        fleet.order(1, "active", 0)
        flows = fleet.counted()
        assert not flows["lost_in"].any()
        assert not flows["refused"].any()
        pictures = flows[flows["video"] == 1]
        # The parameter sets go in one packet, the keyframe in three, others in two.
        assert (pictures["keyframes_in"] == 1 + (pictures["units_in"] - 1) // FPS).all()
        assert len(fleet.keyframes_ns(line(fleet, 0))) == pictures["keyframes_in"][0]
        came = fleet.came_ns(line(fleet, 1))
        delays = came - fleet.sent_ns(line(fleet, 0))[: len(came)]
        assert 0 <= delays.min() <= 20 * NS_PER_MS
        assert fleet.usage().cpu_s > 0
        recording = fleet.recording(line(fleet, 1))
        packets = [packet for _, packet in recording.media()]
        assert packets[0].payload == video().payloads(0)[0]
        assert {packet.payload_type for packet in packets} == {VIDEO_TYPE}
        assert any(packet.marker for packet in packets)
        assert [report.ssrc for report in recording.reports()] == [packets[0].ssrc] * len(
            list(recording.reports())
        )


async def test_a_packet_is_the_one_that_python_would_write() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.setblocking(False)
        async with Fleet([SitePlan(Sends(video(), first_unit=7))], 5) as fleet:
            line(fleet, 0).socket.connect(other.getsockname())
            fleet.begin()
            await fleet.wait_until(each("packets_out", 1))
            data = await asyncio.get_running_loop().sock_recv(other, 4096)
            while rtcp.is_rtcp(data):
                data = await asyncio.get_running_loop().sock_recv(other, 4096)
            flow = fleet.counted()[0]
    packet = rtp.parse(data)
    head = rtp.header(VIDEO_TYPE, False, packet.sequence, 7 * 3000, int(flow["ssrc"]))
    assert data == head + video().payloads(7)[0]


async def test_a_dead_line_and_a_bad_one() -> None:
    plans = [SitePlan(Sends(video())), SitePlan(Sends(video()), loss_permille=300)]
    async with facing(*plans) as fleet:
        fleet.order(0, "active", 0)
        fleet.begin()
        await fleet.wait_until(lambda flows: bool(flows["units_out"].min() >= 4 * FPS))
        flows = fleet.counted()
    assert flows["packets_in"][1] == 0
    assert flows["packets_out"][0] == 0
    assert 0.15 < flows["lost_in"][0] / (flows["lost_in"][0] + flows["packets_in"][0]) < 0.45


async def test_a_line_with_jitter_delivers_all_late() -> None:
    plans = [SitePlan(Sends(video())), SitePlan(Sends(video()), jitter_ns=60 * NS_PER_MS)]
    async with facing(*plans) as fleet:
        fleet.begin()
        await fleet.wait_until(each("units_in", 3 * FPS))
        steady, shaken = (fleet.came_ns(line(fleet, k))[: 3 * FPS] for k in (1, 0))
        flows = fleet.counted()
    period_ns = 1_000_000_000 / FPS
    off = shaken - steady[0] - [round(k * period_ns) for k in range(len(shaken))]
    assert off.max() > 35 * NS_PER_MS
    assert not flows["lost_in"].any()


async def test_a_keyframe_is_asked_for_of_who_sends() -> None:
    plan = SitePlan(Sends(video()))
    async with facing(plan, plan) as fleet:
        fleet.begin()
        await fleet.wait_until(each("units_in", 1))
        fleet.ask_keyframe(0)
        await fleet.wait_until(lambda flows: flows["plis_in"][1] == 1)
        assert fleet.counted()["plis_in"][0] == 0


async def test_a_load_that_died_is_told() -> None:
    fleet = Fleet([SitePlan(Sends(video()))], 5)
    try:
        with pytest.raises(McuError, match="not running"):
            fleet.counted()
    finally:
        await fleet.stop()
        fleet.close()
