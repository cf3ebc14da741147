"""One side of `stock`: peers that send and take the same media, ours or aiortc's own.

``python -m benchmarks.stock_peer ours|stock PEERS SECONDS`` reads offers as JSON lines, answers
them, and writes at the end what its event loop's thread has cost for how many packets.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle
from typing import Any

import av
import numpy as np
import uvloop
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription

from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.webrtc_peer import WebRtcPeer
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock, thread_cpu_time_s
from mcu_core.media.codec import H264, OPUS
from mcu_core.media.units import AccessUnit, EncodedUnit, VideoForm
from mcu_core.protocol.payload.base import payloader

FPS, BLOCKS_PER_S = 30, 50
SIZE = (640, 360)
BITRATE_BPS = 2_000_000
LOOP = 60
SETTLE_S = 3.0
CLOCK = MonotonicClock()


def pictures() -> list[tuple[bytes, bool]]:
    """Two seconds of H.264 that costs BITRATE_BPS, and whether each is a keyframe."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = SIZE
    encoder.pix_fmt, encoder.bit_rate = "yuv420p", BITRATE_BPS
    encoder.time_base, encoder.gop_size = Fraction(1, FPS), LOOP
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
    dice = np.random.default_rng(1)
    made = []
    for number in range(LOOP):
        noise = dice.integers(0, 60, (SIZE[1] * 3 // 2, SIZE[0]), np.uint8)
        frame = av.VideoFrame.from_ndarray(noise + np.uint8(number), format="yuv420p")
        frame.pts = number
        made += [(bytes(packet), packet.is_keyframe) for packet in encoder.encode(frame)]
    return [*made, *((bytes(packet), False) for packet in encoder.encode(None))]


def sound() -> bytes:
    """A frame of Opus: 20 ms of some noise."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "s16"
    encoder.bit_rate = 64_000
    frames = []
    for number in range(4):
        samples = np.random.default_rng(number).integers(-3000, 3000, (1, 1920), np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, number * 960
        frames += [bytes(packet) for packet in encoder.encode(frame)]
    return frames[-1]


class Track(MediaStreamTrack):
    """Coded units at their pace, for aiortc to pack: nothing is encoded."""

    def __init__(self, kind: str, units: list[bytes], per_second: int) -> None:
        super().__init__()
        self.kind = kind
        self._units, self._step = cycle(units), Fraction(1, per_second)
        self._number = 0
        self._began_ns = 0

    async def recv(self) -> Any:
        """The next unit, when it is due."""
        self._began_ns = self._began_ns or CLOCK.now_ns()
        due_ns = self._began_ns + int(self._number * self._step * NS_PER_SECOND)
        await asyncio.sleep(max(0, due_ns - CLOCK.now_ns()) / NS_PER_SECOND)
        packet = av.Packet(next(self._units))
        packet.pts, packet.time_base = self._number, self._step
        self._number += 1
        return packet


def tracks() -> Iterator[Track]:
    """What each peer sends."""
    yield Track("audio", [sound()], BLOCKS_PER_S)
    yield Track("video", [data for data, _ in pictures()], FPS)


class Stock:
    """aiortc as it comes; what it receives is taken from its queues."""

    def __init__(self) -> None:
        self._pc = RTCPeerConnection()
        self._sinks: list[asyncio.Task[None]] = []

    async def answer(self, offer: str) -> str:
        """Negotiate; the connection comes up by itself."""
        self._pc.on("track", lambda track: self._sinks.append(asyncio.create_task(_drain(track))))
        await self._pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        for track in tracks():
            self._pc.addTrack(track)
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        return str(self._pc.localDescription.sdp)

    def packets(self) -> tuple[int, int]:
        """In and out, RTCP included."""
        transport: Any = self._pc.getSenders()[0].transport
        inside = vars(transport)
        return inside["_RTCDtlsTransport__rx_packets"], inside["_RTCDtlsTransport__tx_packets"]

    async def close(self) -> None:
        """End it."""
        for sink in self._sinks:
            sink.cancel()
        await self._pc.close()


async def _drain(track: Any) -> None:
    while True:
        await track.recv()


class _Pictures(VideoIngress):
    def push(self, unit: AccessUnit) -> None:
        """Nothing: what follows is the decoder's cost."""


class _Sound(AudioIngress):
    def push(self, unit: AccessUnit) -> None:
        """Nothing: what follows is the mixer's cost."""


class Ours:
    """The engine's peer; units are made once for all, as an encoder of the engine makes them."""

    made: tuple[list[EncodedUnit], EncodedUnit] | None = None

    def __init__(self) -> None:
        intake = Intake(_Pictures(CLOCK, "bench"), _Sound(CLOCK, "bench"))
        form = VideoForm(H264, *SIZE, FPS, BITRATE_BPS)
        self._peer = WebRtcPeer(CallTerms("bench", intake, NetworkOptions(), CLOCK, form))
        self._sending: list[asyncio.Task[None]] = []

    async def answer(self, offer: str) -> str:
        """Negotiate; the connection comes up by itself."""
        answer = await self._peer.accept(offer)
        await self._peer.start()
        frame_ns, block_ns = NS_PER_SECOND // FPS, NS_PER_SECOND // BLOCKS_PER_S
        loop = [
            EncodedUnit(
                H264, data, 0, 0, key, tuple(payloader(H264).payloads(data, True)), frame_ns
            )
            for data, key in pictures()
        ]
        frame = sound()
        spoken = EncodedUnit(OPUS, frame, 0, 0, True, (frame,), block_ns)
        self._sending = [
            asyncio.create_task(_play(loop, FPS, self._peer.send_video)),
            asyncio.create_task(_play([spoken], BLOCKS_PER_S, self._peer.send_audio)),
        ]
        return answer

    def packets(self) -> tuple[int, int]:
        """In and out, RTCP included."""
        return self._peer.stats.packets_in, self._peer.stats.packets_out

    async def close(self) -> None:
        """End it."""
        for one in self._sending:
            one.cancel()
        await self._peer.stop()


async def _play(units: list[EncodedUnit], per_second: int, send: Any) -> None:
    began_ns = CLOCK.now_ns()
    for number, unit in enumerate(cycle(units)):
        stamp_ns = began_ns + number * NS_PER_SECOND // per_second
        await asyncio.sleep(max(0, stamp_ns - CLOCK.now_ns()) / NS_PER_SECOND)
        made = (unit.codec, unit.data, stamp_ns, 0, unit.keyframe, unit.payloads, unit.duration_ns)
        send(EncodedUnit(*made))


async def serve(kind: str, count: int, seconds: float) -> None:
    """Answer so many offers; then measure for so long, and tell."""
    peers: list[Stock | Ours] = []
    for _ in range(count):
        line = await asyncio.to_thread(sys.stdin.readline)
        peer = Ours() if kind == "ours" else Stock()
        peers.append(peer)
        _say({"sdp": await peer.answer(json.loads(line)["sdp"])})
    await asyncio.sleep(SETTLE_S)
    before, cpu_s = _count(peers), thread_cpu_time_s()
    await asyncio.sleep(seconds)
    cpu_s, after = thread_cpu_time_s() - cpu_s, _count(peers)
    received, sent = after[0] - before[0], after[1] - before[1]
    _say({"cpu_s": cpu_s, "in": received, "out": sent})
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.gather(*(peer.close() for peer in peers))


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _count(peers: list[Stock | Ours]) -> tuple[int, int]:
    every = [peer.packets() for peer in peers]
    return sum(one for one, _ in every), sum(one for _, one in every)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
