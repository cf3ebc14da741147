"""stock: CPU per packet of the WebRTC path, beside a stock aiortc peer connection (bar 7).

Either is a process of its own on uvloop, and sends and takes the same: H.264 of 2 Mbit/s that was
coded before, and Opus. The far side is aiortc for both, in this process. Counted is the CPU of the
event loop's thread alone, so aiortc's decoders, which have threads of their own, cost it nothing.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any

from aiortc import RTCPeerConnection, RTCSessionDescription

from benchmarks.figures import figure
from benchmarks.report import Report
from benchmarks.stock_peer import tracks

ANSWER_S = 60.0


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU of the event loop's thread for packets in and out."""

    cpu_s: float
    came: int
    left: int

    @property
    def us(self) -> float:
        """A packet, in or out."""
        return self.cpu_s * 1e6 / max(1, self.came + self.left)


class _Far:
    """A stock connection to the process under measurement."""

    def __init__(self) -> None:
        self._pc = RTCPeerConnection()
        self._sinks: list[asyncio.Task[None]] = []

    async def connect(self, process: asyncio.subprocess.Process) -> None:
        """Offer, and take the answer."""
        self._pc.on("track", lambda track: self._sinks.append(asyncio.create_task(_drain(track))))
        for track in tracks():
            self._pc.addTrack(track)
        _prefer_h264(self._pc)
        await self._pc.setLocalDescription(await self._pc.createOffer())
        answer = await _asked(process, {"sdp": self._pc.localDescription.sdp})
        await self._pc.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))

    async def close(self) -> None:
        """End it."""
        for sink in self._sinks:
            sink.cancel()
        await self._pc.close()


def _prefer_h264(pc: RTCPeerConnection) -> None:
    from aiortc import RTCRtpSender

    for line in pc.getTransceivers():
        if line.kind == "video":
            codecs = RTCRtpSender.getCapabilities("video").codecs
            line.setCodecPreferences([one for one in codecs if one.mimeType == "video/H264"][:1])


async def _drain(track: Any) -> None:
    while True:
        await track.recv()


async def _asked(process: asyncio.subprocess.Process, what: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None
    process.stdin.write(json.dumps(what).encode() + b"\n")
    return await _told(process)


async def _told(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    async with asyncio.timeout(ANSWER_S):
        found: dict[str, Any] = json.loads(await process.stdout.readline())
    return found


async def cost(kind: str, peers: int, seconds: float) -> Cost:
    """What packets cost a process of `ours` or `stock` connections."""
    words = (sys.executable, "-m", "benchmarks.stock_peer", kind, str(peers), str(seconds))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, limit=1 << 20)
    far = [_Far() for _ in range(peers)]
    try:
        for one in far:
            await one.connect(process)
        async with asyncio.timeout(ANSWER_S + seconds):
            told = await _told(process)
        return Cost(told["cpu_s"], told["in"], told["out"])
    finally:
        await asyncio.gather(*(one.close() for one in far))
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def run(peers: int, seconds: float, turns: int) -> Report:
    """In turns, so that both have the same machine."""
    report = Report(f"{peers} WebRTC connections, beside stock aiortc", [])
    ratios = []
    for turn in range(turns):
        stock, ours = (asyncio.run(cost(kind, peers, seconds)) for kind in ("stock", "ours"))
        ratios.append(ours.us / stock.us)
        report.rows += [
            figure(f"turn {turn + 1}: stock, us a packet", stock.us),
            figure("ours, us a packet", ours.us),
            figure("stock: packets in / out", stock.came / max(1, stock.left)),
            figure("ours: packets a second", (ours.came + ours.left) / seconds),
            figure("stock: packets a second", (stock.came + stock.left) / seconds),
        ]
    report.rows.append(figure("ours, of stock", sum(ratios) / len(ratios), "0.45"))
    return report
