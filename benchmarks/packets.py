"""What a packet costs: CPU of the event loop per RTP packet in and out, beside bare sockets.

Each endpoint stands alone with a far side of its own on loopback. In turns the same packets go
through endpoints and through bare sockets of the same event loop. Queues of the far side are filled
and emptied while nothing is measured.
"""

import asyncio
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from types import SimpleNamespace
from typing import Any, Protocol

import pylibsrtp
import uvloop

from benchmarks.report import Report, Row
from mcu_core.egress.sender import RtpSender
from mcu_core.endpoints.datagrams import Datagrams
from mcu_core.endpoints.endpoint import EndpointStats, Intake
from mcu_core.endpoints.ice_port import IcePort
from mcu_core.endpoints.network import NetworkOptions, open_udp
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.endpoints.rtp_stream import RtpStream
from mcu_core.endpoints.srtp import UNPROTECT, context_of
from mcu_core.endpoints.stream_group import StreamGroup
from mcu_core.endpoints.webrtc_link import COMPONENT, WebRtcLink
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock, thread_cpu_time_s
from mcu_core.media.codec import H264, OPUS, Codec, Kind
from mcu_core.media.sound import BLOCK_NS
from mcu_core.media.units import AccessUnit, EncodedUnit, VideoForm
from mcu_core.protocol.payload.base import payloader
from mcu_core.protocol.payload.h264 import START_CODE
from mcu_core.protocol.rtp import Burst

CLOCK = MonotonicClock()
LOCAL = "127.0.0.1"
ENDPOINTS = 30
ROUNDS = 40
WARM_UP = 5
PICTURE_BYTES = 2_000_000 // 8 // 30
SLICES = 4
SOUND_BYTES = 160
FRAME_NS = {H264: NS_PER_SECOND // 30, OPUS: BLOCK_NS}
READY_AT_ONCE = {H264: 1, OPUS: 10}
"""Endpoints of which something has come when the loop wakes up: of 200 sites that send sound each
20 ms, so many do within a millisecond."""

WAIT_S = 0.004

PAYLOAD_TYPE = 96
PROFILE = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM
KEY = bytes(range(44))
RECEIVE_BYTES = 1 << 22

NOTES = (
    "us: CPU microseconds of the event loop's thread per packet, median of "
    f"{ROUNDS} rounds over {ENDPOINTS} endpoints; floor: a socket in the same loop and run that "
    "only counts.",
    f"Pictures: 720p30 at 2 Mbit/s in {SLICES} slices, each coming at once. Sound: "
    f"{SOUND_BYTES} bytes each 20 ms, {READY_AT_ONCE[OPUS]} sites per wake-up. What comes in is "
    "taken to the door of its decoder.",
)


class _Pictures(VideoIngress):
    """Takes pictures and decodes none."""

    def push(self, unit: AccessUnit) -> None:
        """Nothing: what follows is the decoder's cost."""


class _Sound(AudioIngress):
    """Takes sound and decodes none."""

    def push(self, unit: AccessUnit) -> None:
        """Nothing: what follows is the mixer's cost."""


class _End(Protocol):
    """An endpoint under measurement, and what its far side needs."""

    stats: EndpointStats

    def send(self, unit: EncodedUnit) -> None:
        """Send one unit."""

    def wrap(self, packet: bytes) -> bytes:
        """A packet of the far side as it goes over the wire."""

    async def open(self, far: socket.socket) -> int:
        """Listen, and send to `far`; the port listened on."""

    async def close(self) -> None:
        """End it."""


def _intake(codec: Codec) -> Intake:
    if codec.kind is Kind.VIDEO:
        return Intake(_Pictures(CLOCK, "bench"), None)
    return Intake(None, _Sound(CLOCK, "bench"))


class _Bare(asyncio.DatagramProtocol):
    """A socket in the loop that counts what comes and sends payloads as they are: the floor."""

    def __init__(self, codec: Codec) -> None:
        self.stats = EndpointStats()
        self._transport = asyncio.DatagramTransport()
        self._far = ("", 0)

    async def open(self, far: socket.socket) -> int:
        """Listen."""
        bound = open_udp(NetworkOptions())
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=bound)
        self._far = far.getsockname()
        return int(bound.getsockname()[1])

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Count one."""
        self.stats.came(len(data))

    def send(self, unit: EncodedUnit) -> None:
        """Send its payloads."""
        for payload in unit.payloads:
            self._transport.sendto(payload, self._far)

    def wrap(self, packet: bytes) -> bytes:
        """As it is."""
        return packet

    async def close(self) -> None:
        """Close the socket."""
        self._transport.close()


class _Plain:
    """A plain RTP session of one m-line."""

    def __init__(self, codec: Codec) -> None:
        form = VideoForm(H264, 1280, 720, 30, 2_000_000)
        self._codec = codec
        self._session = RtpSession(
            CallTerms("bench", _intake(codec), NetworkOptions(), CLOCK, form)
        )
        self.stats = self._session.stats
        picture = codec.kind is Kind.VIDEO
        self.send = self._session.send_video if picture else self._session.send_audio

    async def open(self, far: socket.socket) -> int:
        """Negotiate with `far`."""
        kind, codec = self._codec.kind, self._codec
        channels = "/2" if codec is OPUS else ""
        lines = (
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
            f"m={kind} {far.getsockname()[1]} RTP/AVPF {PAYLOAD_TYPE}",
            f"a=rtpmap:{PAYLOAD_TYPE} {codec.name}/{codec.rtp_clock}{channels}",
            f"a=rtcp-fb:{PAYLOAD_TYPE} nack", f"a=rtcp-fb:{PAYLOAD_TYPE} nack pli", "a=rtcp-mux",
        )  # fmt: skip
        await self._session.accept("\r\n".join(lines))
        await self._session.start()
        return max(self._session.ports)

    def wrap(self, packet: bytes) -> bytes:
        """As it is."""
        return packet

    async def close(self) -> None:
        """End the session."""
        await self._session.stop()


class _Secure:
    """A WebRTC link after its handshake, with one stream: keys are given, ICE has chosen."""

    def __init__(self, codec: Codec) -> None:
        self.stats = EndpointStats()
        self._pair: Any = SimpleNamespace(protocol=None, remote_addr=("", 0))
        self._connection = SimpleNamespace(_nominated={COMPONENT: self._pair})
        dtls: Any = SimpleNamespace(
            transport=SimpleNamespace(_connection=self._connection),
            _rx_srtp=_srtp(pylibsrtp.Policy.SSRC_ANY_INBOUND),
            _tx_srtp=_srtp(pylibsrtp.Policy.SSRC_ANY_OUTBOUND),
        )
        self._far = _srtp(pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._link = WebRtcLink(dtls, NetworkOptions(), CLOCK, self.stats)
        group = StreamGroup(self.stats)
        self._link.on_rtp, self._link.on_rtcp = group.rtp_received, group.rtcp_received
        self._link.usual = group.usual
        stream = RtpStream(
            codec,
            (PAYLOAD_TYPE, PAYLOAD_TYPE),
            1,
            CLOCK,
            self._link.send_rtp,
            self._link.send_rtcp,
        )
        stream.sends = True
        stream.receive_into(_intake(codec))
        group.add(stream)
        self.send = stream.send

    async def open(self, far: socket.socket) -> int:
        """Listen as an ICE port does."""
        owner = SimpleNamespace(protocol_lost=lambda port: None, local_username=str(id(self)))
        self._pair.protocol = port = IcePort(owner, self._link, self._link.open_port(LOCAL))
        session = self._link.dtls._rx_srtp
        Datagrams.here().decrypt(port.flow, context_of(session), UNPROTECT)
        Datagrams.here().admit(port.flow, far.getsockname())
        self._pair.remote_addr = far.getsockname()
        return int(port.port.number)

    def wrap(self, packet: bytes) -> bytes:
        """Encrypted."""
        return bytes(self._far.protect(packet))

    async def close(self) -> None:
        """Close the socket."""
        self._pair.protocol.transport.close()


def _srtp(direction: int) -> pylibsrtp.Session:
    return pylibsrtp.Session(pylibsrtp.Policy(KEY, direction, srtp_profile=PROFILE))


class _Lane:
    """One endpoint and its far side."""

    def __init__(self, end: _End, codec: Codec) -> None:
        self.end = end
        self.far = open_udp(NetworkOptions())
        self.far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        self.address = ("127.0.0.1", 0)
        self._packets: list[bytes] = []
        self._sender = RtpSender(random.getrandbits(32), PAYLOAD_TYPE, codec, CLOCK, self._pack)

    async def open(self) -> None:
        """Connect both sides."""
        self.address = ("127.0.0.1", await self.end.open(self.far))

    def _pack(self, burst: Burst) -> None:
        self._packets += map(self.end.wrap, burst.packets())

    def arrive(self, unit: EncodedUnit) -> int:
        """Let a unit of the far side come to the endpoint's socket; its packets."""
        self._packets.clear()
        self._sender.send(unit)
        for packet in self._packets:
            self.far.sendto(packet, self.address)
        return len(self._packets)

    def drain(self) -> None:
        """Throw away what has come to the far side."""
        while _readable(self.far):
            pass

    async def close(self) -> None:
        """End both sides."""
        await self.end.close()
        self.far.close()


def _readable(one: socket.socket) -> bool:
    try:
        one.recv(2048)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _cost(into: list[float], packets: int) -> Iterator[None]:
    """Note the thread's microseconds per packet of the block."""
    began = thread_cpu_time_s()
    yield
    into.append((thread_cpu_time_s() - began) * 1e6 / packets)


def _units(codec: Codec) -> Iterator[EncodedUnit]:
    """Units without end, all of one size, a frame time apart."""
    step, number = FRAME_NS[codec], 0
    while True:
        number += 1
        data = _picture() if codec is H264 else b"\x78" + random.randbytes(SOUND_BYTES - 1)
        made = payloader(codec).payloads(data, False)
        yield EncodedUnit(codec, data, CLOCK.now_ns() + number * step, 0, False, made, step)


def _picture() -> bytes:
    size = PICTURE_BYTES // SLICES
    return b"".join(START_CODE + b"\x41\x9a" + b"\xaa" * size for _ in range(SLICES))


class _Measured:
    """Endpoints of one make, and what their packets cost."""

    def __init__(self, make: Callable[[Codec], _End], codec: Codec) -> None:
        self.sent: list[float] = []
        self.received: list[float] = []
        self._codec = codec
        self._lanes = [_Lane(make(codec), codec) for _ in range(ENDPOINTS)]

    async def open(self) -> None:
        """Connect all."""
        for lane in self._lanes:
            await lane.open()

    async def close(self) -> None:
        """End all."""
        for lane in self._lanes:
            await lane.close()

    async def send(self, unit: EncodedUnit) -> None:
        """Send a unit to all."""
        with _cost(self.sent, len(self._lanes) * len(unit.payloads)):
            for lane in self._lanes:
                lane.end.send(unit)
            await asyncio.sleep(0)  # they leave at the end of the loop's turn
        for lane in self._lanes:
            lane.drain()

    async def receive(self, unit: EncodedUnit) -> None:
        """Let a unit come from each."""
        costs: list[float] = []
        at_once = READY_AT_ONCE[self._codec]
        for first in range(0, len(self._lanes), at_once):
            some = self._lanes[first : first + at_once]
            goal = sum(lane.end.stats.packets_in + lane.arrive(unit) for lane in some)
            with _cost(costs, len(some) * len(unit.payloads)):
                while sum(lane.end.stats.packets_in for lane in some) < goal:
                    await asyncio.sleep(WAIT_S)
        self.received.append(sum(costs) / len(costs))


async def _measure(name: str, codec: Codec, make: Callable[[Codec], _End]) -> list[Row]:
    ours, floor = _Measured(make, codec), _Measured(_Bare, codec)
    both = (ours, floor)
    for one in both:
        await one.open()
    units = _units(codec)
    for _ in range(WARM_UP + ROUNDS):
        unit = next(units)
        for one in both:
            await one.send(unit)
            await one.receive(unit)
    for one in both:
        await one.close()
    return [
        _row(f"{name}, received", ours.received, floor.received),
        _row(f"{name}, sent", ours.sent, floor.sent),
    ]


def _row(name: str, costs: list[float], floor: list[float]) -> Row:
    us, bare = median(costs[WARM_UP:]), median(floor[WARM_UP:])
    return {"packets": name, "us": us, "floor_us": bare, "over_us": us - bare}


async def _all() -> list[Row]:
    rows: list[Row] = []
    for name, codec, make in (
        ("RTP video", H264, _Plain),
        ("RTP sound", OPUS, _Plain),
        ("SRTP video", H264, _Secure),
        ("SRTP sound", OPUS, _Secure),
    ):
        rows += await _measure(name, codec, make)
    return rows


def run() -> Report:
    """A row for each kind of packet and each way."""
    return Report("Packets, CPU us each", uvloop.run(_all()), notes=list(NOTES))
