"""A site in headless Chromium: its camera goes in, it shows what the engine makes.

Needs Playwright's Python package and Debian's Chromium; both are there where tests run.
"""

import functools
import http.server
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mcu_core.errors import Refused

if TYPE_CHECKING:
    from playwright.async_api import Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--mute-audio",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
PAGE = "<!doctype html><title>bench</title><video id=remote autoplay playsinline muted></video>"

OFFER = """
async ([width, height, fps]) => {
  const media = await navigator.mediaDevices.getUserMedia(
    { audio: true, video: { width, height, frameRate: fps } });
  // Its beeps would cover the tones that are measured: the track is there, and silent.
  for (const track of media.getAudioTracks()) track.enabled = false;
  const pc = window.pc = new RTCPeerConnection();
  const stream = new MediaStream();
  pc.addEventListener("track", (event) => {
    stream.addTrack(event.track);
    document.querySelector("#remote").srcObject = stream;
  });
  for (const track of media.getTracks()) pc.addTrack(track, media);
  const video = pc.getTransceivers().find((line) => line.sender.track.kind === "video");
  const codecs = RTCRtpReceiver.getCapabilities("video").codecs;
  video.setCodecPreferences(codecs.filter((codec) => codec.mimeType === "video/H264"));
  await pc.setLocalDescription(await pc.createOffer());
  while (pc.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
  return pc.localDescription.sdp;
}
"""
ANSWER = "(sdp) => window.pc.setRemoteDescription({ type: 'answer', sdp })"
SHOWN = "() => document.querySelector('#remote').getVideoPlaybackQuality().totalVideoFrames"


class BrowserSite:
    """One page with one connection."""

    def __init__(self, page: "Page") -> None:
        self._page = page

    async def offer(self, width: int, height: int, fps: int) -> str:
        """Open camera and microphone and offer them; the SDP has all candidates."""
        sdp: str = await self._page.evaluate(OFFER, [width, height, fps])
        return sdp

    async def connect(self, answer_sdp: str) -> None:
        """Take the engine's answer."""
        await self._page.evaluate(ANSWER, answer_sdp)

    async def shown(self) -> int:
        """Pictures shown so far."""
        count: int = await self._page.evaluate(SHOWN)
        return count


@asynccontextmanager
async def browser_site() -> AsyncIterator[BrowserSite]:
    """A browser for as long as the block runs; raises Refused where there is none."""
    try:
        from playwright.async_api import async_playwright
    except ImportError as error:
        raise Refused("a browser site needs Playwright: pip install playwright") from error
    if shutil.which(CHROMIUM) is None:
        raise Refused(f"a browser site needs Chromium at {CHROMIUM}")
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as folder:
        (Path(folder) / "index.html").write_text(PAGE)
        handler = functools.partial(_Silent, directory=folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            serving = threading.Thread(target=server.serve_forever, name="bench page")
            serving.start()
            try:
                async with async_playwright() as playwright:
                    chromium = await playwright.chromium.launch(
                        executable_path=CHROMIUM, args=FLAGS
                    )
                    page = await chromium.new_page()
                    await page.goto(f"http://127.0.0.1:{server.server_port}/")
                    yield BrowserSite(page)
                    await chromium.close()
            finally:
                server.shutdown()
                serving.join()


class _Silent(http.server.SimpleHTTPRequestHandler):
    """Serves the page and writes no log."""

    def log_message(self, format: str, *args: object) -> None:
        return
