"""A site on a path of its own that reports what comes: by transport-cc, or by reports alone."""

import asyncio
import contextlib
import random
import socket

from mcu_core.endpoints.endpoint import EndpointStats, Intake
from mcu_core.endpoints.rtp_stream import RtpStream
from mcu_core.endpoints.stream_group import StreamGroup
from mcu_core.errors import MalformedInput
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_MS, MonotonicClock
from mcu_core.media.codec import H264, OPUS
from mcu_core.protocol import rtcp, rtp
from mcu_core.protocol.transport_cc import EXTENSION

HOST = "127.0.0.1"
VIDEO_TYPE, SOUND_TYPE, PATH_ID = 96, 97, 3
TELL_EVERY_NS = 60 * NS_PER_MS
LOOK_EVERY_S = 0.004
MOST_TOLD = 2000


def offer(video_port: int, sound_port: int, *, told: bool) -> str:
    """What the site takes; `told`: it tells when each packet came."""
    lines = [
        "v=0", f"o=- 1 1 IN IP4 {HOST}", "s=site", f"c=IN IP4 {HOST}", "t=0 0",
        f"m=video {video_port} RTP/AVPF {VIDEO_TYPE}", "a=rtcp-mux",
        f"a=rtpmap:{VIDEO_TYPE} H264/90000",
        f"a=fmtp:{VIDEO_TYPE} packetization-mode=1;profile-level-id=42e02a",
        f"a=rtcp-fb:{VIDEO_TYPE} nack", f"a=rtcp-fb:{VIDEO_TYPE} nack pli",
    ]  # fmt: skip
    if told:
        lines += [f"a=rtcp-fb:{VIDEO_TYPE} transport-cc", f"a=extmap:{PATH_ID} {EXTENSION}"]
    lines += [
        f"m=audio {sound_port} RTP/AVPF {SOUND_TYPE}", "a=rtcp-mux",
        f"a=rtpmap:{SOUND_TYPE} opus/48000/2", f"a=fmtp:{SOUND_TYPE} useinbandfec=1",
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def bound() -> socket.socket:
    """A UDP socket of its own."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setblocking(False)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    one.bind((HOST, 0))
    return one


class Teller:
    """Which packets of a path came, and when, until it is told."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._came: dict[int, int] = {}
        self._number = 0

    def came(self, number: int, now_ns: int) -> None:
        """A packet of that number came."""
        if self._first is None:
            self._first = number
        ahead = (number - self._first) & 0xFFFF
        if ahead < MOST_TOLD:
            self._came[ahead] = now_ns // 1000

    def told(self) -> rtcp.TransportFeedback | None:
        """All since the last time; None if nothing came."""
        if self._first is None or not self._came:
            return None
        count = max(self._came) + 1
        times = tuple(self._came.get(ahead) for ahead in range(count))
        told = rtcp.TransportFeedback(1, 0, self._first, self._number & 0xFF, times)
        self._first, self._came = (self._first + count) & 0xFFFF, {}
        self._number += 1
        return told


class ReportingSite:
    """Decodes what comes; belongs to the running loop and to its owner, who starts and stops it.

    `shown_ns`: when each new picture was decoded; `heard_ns`: when each packet of sound came;
    `bits`: (ns, bits) of each packet of either, with its headers.
    """

    def __init__(self) -> None:
        self.clock = MonotonicClock()
        self.video, self.audio = bound(), bound()
        self.shown_ns: list[int] = []
        self.heard_ns: list[int] = []
        self.pictures = VideoIngress(self.clock, "reporting site")
        self._sound = AudioIngress(self.clock, "reporting site")
        self._teller = Teller()
        self._told_ns = 0
        self._loop = asyncio.get_running_loop()
        self._way: dict[socket.socket, tuple[str, int]] = {}
        self._groups = {one: StreamGroup(EndpointStats()) for one in (self.video, self.audio)}
        self._streams = [self._join(self.video), self._join(self.audio)]
        self._task: asyncio.Task[None] | None = None

    def _join(self, one: socket.socket) -> RtpStream:
        codec, number = (H264, VIDEO_TYPE) if one is self.video else (OPUS, SOUND_TYPE)
        stream = RtpStream(
            codec, (number, number), random.getrandbits(32), self.clock,
            lambda burst: None, lambda data: self._send(one, data),
        )  # fmt: skip
        stream.rate.remb = False
        stream.receive_into(Intake(self.pictures, self._sound))
        self._groups[one].add(stream)
        return stream

    def start(self, video: tuple[str, int], audio: tuple[str, int]) -> None:
        """Receive, and report to there."""
        self._way = {self.video: video, self.audio: audio}
        self.pictures.on_keyframe_needed = lambda: self._loop.call_soon_threadsafe(
            self._streams[0].ask_keyframe
        )
        self.pictures.start()
        for one in (self.video, self.audio):
            self._loop.add_reader(one, self._came, one)
        self._task = asyncio.create_task(self._look_on(), name="reporting site")

    async def stop(self) -> None:
        """End all and wait for it."""
        for one in (self.video, self.audio):
            self._loop.remove_reader(one)
            one.close()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.pictures.stop()
        self._sound.close()

    def _send(self, one: socket.socket, data: bytes) -> None:
        if one in self._way:
            one.sendto(data, self._way[one])

    def _came(self, one: socket.socket) -> None:
        while True:
            try:
                data = one.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                return
            now_ns = self.clock.now_ns()
            if rtcp.is_rtcp(data):
                self._groups[one].rtcp_received(data, now_ns)
                continue
            if one is self.audio:
                self.heard_ns.append(now_ns)
            else:
                self._note(data, now_ns)
            self._groups[one].rtp_received(data, now_ns)

    def _note(self, data: bytes, now_ns: int) -> None:
        try:
            told = rtp.parse(data).extensions.get(PATH_ID)
        except MalformedInput:
            return
        if told is not None:
            self._teller.came(int.from_bytes(told), now_ns)

    async def _look_on(self) -> None:
        frames = 0
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now_ns = self.clock.now_ns()
            for stream in self._streams:
                stream.tick(now_ns)
            if self.pictures.stats.frames != frames:
                frames = self.pictures.stats.frames
                self.shown_ns.append(now_ns)
            self.pictures.take(now_ns, 1)
            self._sound.pull(now_ns) if len(self.heard_ns) % 5 == 0 else None
            if now_ns - self._told_ns >= TELL_EVERY_NS:
                self._told_ns = now_ns
                told = self._teller.told()
                if told is not None:
                    self._send(self.video, told.serialize())


class CountingSite:
    """Counts what comes by a wide path: keyframes, gaps, bits."""

    def __init__(self) -> None:
        self.video, self.audio = bound(), bound()
        self.keyframes = 0
        self.gaps = 0
        self.bits: list[tuple[int, int]] = []
        self._next: int | None = None
        self._stamp = -1
        self._clock = MonotonicClock()
        self._loop = asyncio.get_running_loop()
        for one in (self.video, self.audio):
            self._loop.add_reader(one, self._came, one)

    def stop(self) -> None:
        """Receive no more."""
        for one in (self.video, self.audio):
            self._loop.remove_reader(one)
            one.close()

    def _came(self, one: socket.socket) -> None:
        while True:
            try:
                data = one.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if one is self.video and not rtcp.is_rtcp(data):
                self._count(rtp.parse(data))

    def _count(self, packet: rtp.RtpPacket) -> None:
        if self._next is not None and packet.sequence != self._next:
            self.gaps += 1
        self._next = (packet.sequence + 1) & 0xFFFF
        self.bits.append((self._clock.now_ns(), 8 * (len(packet.payload) + 40)))
        if is_key(packet.payload) and packet.timestamp != self._stamp:
            self.keyframes += 1
            self._stamp = packet.timestamp


def is_key(payload: bytes) -> bool:
    """Whether an H.264 payload has a slice of a keyframe, or parameter sets (RFC 6184 5)."""
    kind = payload[0] & 0x1F if payload else 0
    if kind == 28 and len(payload) > 1:
        kind = payload[1] & 0x1F
    elif kind == 24 and len(payload) > 3:
        kind = payload[3] & 0x1F
    return kind in (5, 7, 8)
