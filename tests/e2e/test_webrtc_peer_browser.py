"""A real browser against the WebRTC peer on loopback, its network rules as they come."""

import asyncio
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest

from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.webrtc_peer import WebRtcPeer
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import MonotonicClock
from mcu_core.media.codec import H264, OPUS
from mcu_core.media.picture import blank_picture
from mcu_core.media.units import AudioForm, VideoForm
from mcu_core.protocol.rtp import Burst

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--mute-audio",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
LIMIT_S = 40
FORM = VideoForm(H264, 640, 360, 30, 800_000)
CLOCK = MonotonicClock()

PAGE = """<!doctype html><video id=v autoplay muted></video><script>
const post = (path, body) => fetch(path, {method: 'POST', body: JSON.stringify(body)});
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
async function decoded(pc) {
  let found = {width: 0, frames: 0};
  (await pc.getStats()).forEach((s) => {
    if (s.type === 'inbound-rtp' && s.kind === 'video')
      found = {width: s.frameWidth || 0, frames: s.framesDecoded || 0};
  });
  return found;
}
(async () => {
  const pc = new RTCPeerConnection();
  pc.createDataChannel('refused, and no harm done');
  pc.ontrack = (e) => { document.getElementById('v').srcObject = e.streams[0]; };
  if (CAMERA) {
    const media = await navigator.mediaDevices.getUserMedia({video: true, audio: true});
    media.getTracks().forEach((track) => pc.addTrack(track, media));
  } else {
    for (const kind of ['video', 'audio']) pc.addTransceiver(kind, {direction: 'recvonly'});
  }
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') await wait(20);
  const answer = await (await post('/offer', pc.localDescription.sdp)).json();
  await pc.setRemoteDescription({type: 'answer', sdp: answer});
  for (;;) { await wait(200); await post('/seen', await decoded(pc)); }
})().catch((error) => post('/failed', String(error)));
</script>"""


class Bridge:
    """Serves the page, answers its offers and sends it pictures; what a conference would do."""

    def __init__(self, camera: bool = True, page: str = PAGE) -> None:
        self.page = page.replace("CAMERA", "true" if camera else "false")
        self.video, self.audio = VideoIngress(CLOCK, "browser"), AudioIngress(CLOCK, "browser")
        intake = Intake(self.video, self.audio) if camera else Intake(None, None)
        sound = AudioForm(OPUS, 2, 64_000)
        self.peer = WebRtcPeer(CallTerms("browser", intake, NetworkOptions(), CLOCK, FORM, sound))
        self.seen: dict[str, int] = {"width": 0, "frames": 0}
        self.told: dict[str, object] = {}
        self._answered = False
        self.failure = ""
        self.port = 0
        self._keyframe = False
        self.keyframes = 0
        loop = asyncio.get_running_loop()
        self.peer.feedback.keyframe_wanted = self._wants_keyframe

        def keyframe_needed() -> None:
            loop.call_soon_threadsafe(self.peer.ask_keyframe)

        self.video.on_keyframe_needed = keyframe_needed

    def _wants_keyframe(self) -> None:
        self._keyframe = True
        self.keyframes += 1

    async def send_pictures(self) -> None:
        encoder = VideoEncoder(FORM)
        try:
            for number in count():
                picture = blank_picture(FORM.width, FORM.height, 30 + number % 200)
                picture = replace(picture, stamp_ns=CLOCK.now_ns())
                keyframe, self._keyframe = self._keyframe, False
                self.peer.send_video(encoder.encode(picture, keyframe))
                await asyncio.sleep(1 / FORM.fps)
        finally:
            encoder.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            lengths = [line[15:] for line in head if line.lower().startswith("content-length:")]
            body = await reader.readexactly(int(lengths[0]) if lengths else 0)
            reply = await self._reply(head[0].split()[1], body)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(reply), reply)
            )
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # browsers open connections ahead of need
        finally:
            writer.close()

    async def _reply(self, path: str, body: bytes) -> bytes:
        match path:
            case "/":
                return self.page.encode()
            case "/offer":
                answer = self.peer.reoffer if self._answered else self.peer.accept
                self._answered = True
                return json.dumps(await answer(json.loads(body))).encode()
            case "/steps":
                self.told = json.loads(body)
            case "/seen":
                self.seen = json.loads(body)
            case "/failed":
                self.failure = body.decode()
            case _:
                pass
        return b""


B = TypeVar("B", bound=Bridge)


@asynccontextmanager
async def browser(url: str) -> AsyncIterator[None]:
    """Chromium with a fresh profile on a page; all its processes end with the block."""
    profile = tempfile.mkdtemp(prefix="browser-")
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *FLAGS,
        f"--user-data-dir={profile}",
        url,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        shutil.rmtree(Path(profile), ignore_errors=True)


@asynccontextmanager
async def running(one: B) -> AsyncIterator[B]:
    """A bridge before which a browser stands."""
    one.video.start()
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    sending = asyncio.create_task(one.send_pictures())
    try:
        async with browser(f"http://127.0.0.1:{one.port}/"):
            yield one
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await one.peer.stop()
        server.close()
        await server.wait_closed()
        await one.video.stop()
        one.audio.close()


async def until(one: Bridge, condition: Any) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            assert not one.failure
            await asyncio.sleep(0.05)


pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.timeout(90),
]


async def test_pictures_are_decoded_at_both_ends() -> None:
    async with running(Bridge()) as one:
        await until(one, lambda: one.video.stats.frames > 10 and one.seen["frames"] > 10)
        await until(one, lambda: one.audio.pull(CLOCK.now_ns()) is not None)
        assert one.seen["width"] == FORM.width
        assert one.video.stats.codec == "H264"
        assert one.peer._video is not None
        arrived, told = one.peer._video.arrived, one.peer._video.way.numbers.watch
        await until(one, lambda: arrived.messages > 5 and told.told > 20)  # each tells the other


async def test_a_viewer_without_a_camera_sees_the_picture() -> None:
    async with running(Bridge(camera=False)) as one:
        await until(one, lambda: one.seen["frames"] > 10)
        assert one.peer.stats.packets_dropped == 0
        assert one.peer._video is not None
        watch = one.peer._video.way.numbers.watch
        await until(one, lambda: watch.told > 20)  # it tells when each packet came


async def test_a_browser_mends_what_is_lost_by_repair_packets() -> None:
    async with running(Bridge(camera=False)) as one:
        await until(one, lambda: one.seen["frames"] > 10)
        stream = one.peer._video
        assert stream is not None
        assert stream.protection.red
        stream._protect_pictures(30, None, CLOCK.now_ns())  # as if it had told of losses
        pictures, gone, asked = 0, [], []
        leave = stream.way._transmit

        def lose_some(burst: Burst) -> None:
            nonlocal pictures
            pictures += burst.payloads[0][0] == stream.payload_type_in
            if pictures % 9 == 8 and burst.payloads[0][0] == stream.payload_type_in:
                gone.append(burst)
            else:
                leave(burst)

        def asked_again(lost: Sequence[int], now_ns: int) -> None:
            asked.append(lost)  # and not answered: there is but one way to have them

        stream.way._transmit, stream._asked_again = lose_some, asked_again  # type: ignore[method-assign]
        before, keyframes = one.seen["frames"], one.keyframes
        await until(one, lambda: len(gone) > 10 and one.seen["frames"] > before + 80)
        assert one.keyframes - keyframes < len(gone) / 2, "else each loss would cost one"
