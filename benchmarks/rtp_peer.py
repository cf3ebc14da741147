"""RTP peers of a benchmark: each sends a coded stream and takes what the engine sends back.

One thread serves all peers, because their sends must not wait for each other: it sends what is
due, and notes when each packet came. What the packets hold is looked at in another thread or later.
"""

import random
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.stalls import Stall
from benchmarks.streams import BLOCKS_PER_S, FPS, Stream
from mcu_core.errors import MalformedInput
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from mcu_core.media.codec import H264, OPUS
from mcu_core.protocol import rtcp, rtp, sdp

VIDEO_TYPE, AUDIO_TYPE = 96, 111
LATE_NS = 5 * NS_PER_MS
LONGEST_WAIT_NS = 20 * NS_PER_MS
RECEIVE_BYTES = 4 * 1024 * 1024

Arrived = Callable[[rtp.RtpPacket, int], None]


@dataclass(slots=True)
class Flow:
    """One kind of media of a peer: its socket, where it sends, and its place in the loop."""

    socket: socket.socket
    payload_type: int
    ticks_per_unit: int
    units: Sequence[tuple[bytes, ...]]
    per_second: int
    arrived: Arrived = lambda packet, now_ns: None
    ssrc: int = field(default_factory=lambda: random.getrandbits(32))
    sequence: int = field(default_factory=lambda: random.getrandbits(15))
    sent: int = 0
    sent_ns: list[int] = field(default_factory=list)
    """When unit n of this run left, n counting on through all loops."""

    @property
    def port(self) -> int:
        """Its own port."""
        return int(self.socket.getsockname()[1])

    def due_ns(self, start_ns: int) -> int:
        """When its next unit is due."""
        return start_ns + self.sent * NS_PER_SECOND // self.per_second

    def send(self, now_ns: int) -> None:
        """Send the next unit."""
        payloads = self.units[self.sent % len(self.units)]
        timestamp = self.sent * self.ticks_per_unit & 0xFFFFFFFF
        self.sent_ns.append(now_ns)
        self.sent += 1
        for k, payload in enumerate(payloads, 1):
            marker = k == len(payloads) and self.payload_type == VIDEO_TYPE
            head = rtp.header(self.payload_type, marker, self.sequence, timestamp, self.ssrc)
            self.sequence = (self.sequence + 1) & 0xFFFF
            try:
                self.socket.send(head + payload)
            except (BlockingIOError, ConnectionRefusedError):
                continue  # like a packet lost on the way

    def receive(self, now_ns: int) -> None:
        """Take a packet, if it is one of media."""
        try:
            data = self.socket.recv(2048)
        except (BlockingIOError, ConnectionRefusedError):
            return
        if rtcp.is_rtcp(data):
            return
        try:
            self.arrived(rtp.parse(data), now_ns)
        except MalformedInput:
            return


class Peer:
    """One site: picture and sound, both ways, on two sockets of the loopback address."""

    def __init__(self, stream: Stream, offset_ns: int) -> None:
        self.video = Flow(_bound(), VIDEO_TYPE, 90_000 // FPS, stream.pictures, FPS)
        sound = [(payload,) for payload in stream.sound]
        self.audio = Flow(_bound(), AUDIO_TYPE, 960, sound, BLOCKS_PER_S)
        self.offset_ns = offset_ns
        """How much later than the others it begins: cameras are not in step."""

    @property
    def flows(self) -> tuple[Flow, Flow]:
        """Both kinds of media."""
        return self.video, self.audio

    def offer(self) -> str:
        """Its session description."""
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=bench", "c=IN IP4 127.0.0.1", "t=0 0"]
        lines += [f"m=video {self.video.port} RTP/AVP {VIDEO_TYPE}"]
        lines += [f"a=rtpmap:{VIDEO_TYPE} {H264.name}/90000"]
        lines += [f"a=fmtp:{VIDEO_TYPE} packetization-mode=1;profile-level-id=42e01f", "a=rtcp-mux"]
        lines += [f"m=audio {self.audio.port} RTP/AVP {AUDIO_TYPE}"]
        lines += [f"a=rtpmap:{AUDIO_TYPE} {OPUS.name}/48000/2", "a=rtcp-mux"]
        return "\r\n".join(lines) + "\r\n"

    def connect(self, answer: str) -> None:
        """Send from now on to where the answer says."""
        for media in sdp.parse(answer).media:
            flow = self.video if media.kind == "video" else self.audio
            flow.socket.connect(("127.0.0.1", media.port))

    def close(self) -> None:
        """Close its sockets."""
        for flow in self.flows:
            flow.socket.close()


class Wire:
    """The thread that sends and receives for all peers; owned by whoever enters it."""

    def __init__(self, peers: Sequence[Peer]) -> None:
        self._peers = peers
        self._clock = MonotonicClock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wire")
        self.start_ns = 0
        self.stalls: list[Stall] = []
        """When this thread itself was over LATE_NS late to look: arrivals are then noted late."""
        self.late_sends = 0
        """Units that left over LATE_NS late: then the bench itself could not keep up."""

    def __enter__(self) -> "Wire":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        flows = [(flow, peer.offset_ns) for peer in self._peers for flow in peer.flows]
        self.start_ns = start_ns = self._clock.now_ns() + NS_PER_SECOND // 20
        with selectors.DefaultSelector() as selector:
            for flow, _ in flows:
                selector.register(flow.socket, selectors.EVENT_READ, flow)
            expected_ns = start_ns
            while not self._stopping.is_set():
                now_ns = self._clock.now_ns()
                if now_ns - expected_ns > LATE_NS:
                    self.stalls.append(Stall(expected_ns, now_ns - expected_ns))
                wait_ns = self._send_due(flows, now_ns)
                expected_ns = now_ns + wait_ns
                for key, _ in selector.select(wait_ns / NS_PER_SECOND):
                    key.data.receive(self._clock.now_ns())

    def _send_due(self, flows: Sequence[tuple[Flow, int]], now_ns: int) -> int:
        """Send what is due; how many ns there are until the next unit."""
        wait_ns = LONGEST_WAIT_NS
        for flow, offset_ns in flows:
            due_ns = flow.due_ns(self.start_ns) + offset_ns
            if due_ns <= now_ns:
                self.late_sends += now_ns - due_ns > LATE_NS
                flow.send(self._clock.now_ns())
                wait_ns = 0
            else:
                wait_ns = min(wait_ns, due_ns - now_ns)
        return wait_ns


def _bound() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    made.bind(("127.0.0.1", 0))
    return made
