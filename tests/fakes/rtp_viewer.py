"""A plain RTP endpoint for tests: offers what it takes, decodes what comes, keeps the newest."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import av
import numpy as np
from numpy.typing import NDArray

from mcu_core.errors import MalformedInput
from mcu_core.media.clock import MonotonicClock
from mcu_core.media.codec import H264, Codec, codec_named
from mcu_core.protocol import rtcp, rtp
from mcu_core.protocol.payload.base import depayloader
from tests.fakes.rtp_offers import media_line, rtp_offer

SOUNDS = {"opus": (97, "opus/48000/2"), "PCMU": (0, "PCMU/8000"), "G722": (9, "G722/8000")}
POLL_S = 0.1


class RtpViewer:
    """Two UDP sockets with a thread each. `picture` is the newest decoded one as I420 planes."""

    def __init__(self, sound: str = "opus", direction: str = "recvonly") -> None:
        self.video = _bound()
        self.audio = _bound()
        self._sound = codec_named(sound)
        self._direction = direction
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._clock = MonotonicClock()
        self.pictures = 0
        self.keyframes = 0
        self.arrivals_ns: list[int] = []
        self.picture: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]] | None = None
        self.on_picture: Callable[[], None] = lambda: None
        self.samples: list[NDArray[np.float32]] = []
        self._threads = [
            threading.Thread(target=self._watch, name="viewer video"),
            threading.Thread(target=self._listen, name="viewer audio"),
        ]

    def offer(self) -> str:
        """SDP of what this endpoint takes."""
        number, coding = SOUNDS[self._sound.name]
        video, audio = (one.getsockname()[1] for one in (self.video, self.audio))
        fmtp = "fmtp:96 packetization-mode=1;profile-level-id=42e01f"
        return rtp_offer(
            media_line("video", video, 96, "H264/90000", fmtp, self._direction),
            media_line("audio", audio, number, coding, self._direction),
        ).replace("\n", "\r\n")

    def start(self) -> None:
        """Begin to receive."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop, wait, close."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self.video.close()
        self.audio.close()

    def wait_pictures(self, count: int, limit_s: float = 30.0) -> bool:
        """Wait until `count` more pictures were decoded."""
        with self._changed:
            target = self.pictures + count
            return self._changed.wait_for(lambda: self.pictures >= target, limit_s)

    def sound(self) -> NDArray[np.float32]:
        """All sound so far, mono, at the codec's own rate."""
        return np.concatenate(self.samples) if self.samples else np.zeros(0, np.float32)

    def _packets(self, source: socket.socket) -> Iterator[rtp.RtpPacket]:
        while not self._stopping.is_set():
            try:
                data = source.recv(2048)
            except TimeoutError:
                continue
            if rtcp.is_rtcp(data):
                continue
            try:
                yield rtp.parse(data)
            except MalformedInput as error:
                raise AssertionError(f"the engine sent what is no RTP: {error}") from error

    def _watch(self) -> None:
        frames = depayloader(H264)
        decoder = av.CodecContext.create("h264", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        expected: int | None = None
        whole = False
        for packet in self._packets(self.video):
            lost = expected is not None and packet.sequence != expected
            expected = (packet.sequence + 1) & 0xFFFF
            for frame in frames.push(packet, lost):
                self.keyframes += frame.keyframe
                # As any player: from a keyframe on, and from the next one after a loss.
                whole = frame.keyframe or (whole and not frame.broken)
                if not whole:
                    continue
                for picture in decoder.decode(av.Packet(frame.data)):
                    self._show(picture)

    def _show(self, picture: av.VideoFrame) -> None:
        array = picture.to_ndarray(format="yuv420p").astype(np.uint8, copy=False)
        height, width = picture.height, picture.width
        chroma = array[height:].reshape(2, height // 2, width // 2)
        with self._changed:
            self.picture = (array[:height], chroma[0], chroma[1])
            self.pictures += 1
            self.arrivals_ns.append(self._clock.now_ns())
            self.on_picture()
            self._changed.notify_all()

    def _listen(self) -> None:
        decoder = av.CodecContext.create(self._sound.decoder, "r")
        assert isinstance(decoder, av.AudioCodecContext)
        _describe(decoder, self._sound)
        for packet in self._packets(self.audio):
            for frame in decoder.decode(av.Packet(packet.payload)):
                array = frame.to_ndarray()
                if array.dtype == np.int16:
                    array = array.astype(np.float32) / 32768
                channels = len(frame.layout.channels)
                mono = array.reshape(-1, channels) if array.shape[0] == 1 else array.T
                self.samples.append(mono.mean(axis=1, dtype=np.float32))


def _describe(decoder: av.AudioCodecContext, codec: Codec) -> None:
    decoder.sample_rate = codec.sample_rate
    decoder.layout = "stereo" if codec.channels == 2 else "mono"
    decoder.open()


def _bound() -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
    bound.bind(("127.0.0.1", 0))
    bound.settimeout(POLL_S)
    return bound


@contextmanager
def rtp_viewer(sound: str = "opus", direction: str = "recvonly") -> Iterator[RtpViewer]:
    """A viewer that receives for as long as the block runs."""
    viewer = RtpViewer(sound, direction)
    viewer.start()
    try:
        yield viewer
    finally:
        viewer.stop()
