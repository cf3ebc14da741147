"""Headless Chromium with a camera and a microphone out of files."""

import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from tests.e2e.system import PATIENCE_S, System, until

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
]
WIDTH, HEIGHT, FPS = 640, 360, 15
PATIENCE_MS = PATIENCE_S * 1000

expect.set_options(timeout=PATIENCE_MS)

READ_PIXEL = """
([selector, x, y]) => {
  const video = document.querySelector(selector);
  if (!video || !video.videoWidth) return null;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  return [...context.getImageData(Math.round(x * (canvas.width - 1)),
    Math.round(y * (canvas.height - 1)), 1, 1).data].slice(0, 3);
}
"""
FRAMES = """(selector) => {
  const video = document.querySelector(selector);
  return video ? video.getVideoPlaybackQuality().totalVideoFrames : 0;
}"""


def camera_file(folder: Path, yuv: tuple[int, int, int]) -> Path:
    """A camera's picture in one colour, in the form that Chromium's fake camera reads."""
    path = folder / "camera.y4m"
    planes = b"".join(
        np.full(size, level, np.uint8).tobytes()
        for size, level in zip((WIDTH * HEIGHT, *(2 * (WIDTH * HEIGHT // 4,))), yuv, strict=True)
    )
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420\n".encode()
    path.write_bytes(head + (b"FRAME\n" + planes) * FPS)
    return path


def microphone_file(folder: Path, hz: float = 500.0) -> Path:
    """A microphone's tone."""
    path = folder / "microphone.wav"
    times = np.arange(48_000) / 48_000
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        sound.writeframes((np.sin(2 * np.pi * hz * times) * 9000).astype("<i2").tobytes())
    return path


@contextmanager
def browser(system: System, *flags: str) -> Iterator[BrowserContext]:
    """A signed-in browser; each of its pages is one person at the system."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB")
        cookie = system.api.cookies["mcu_session"]
        context.add_cookies([{"name": "mcu_session", "value": cookie, "url": system.url}])
        try:
            yield context
        finally:
            chromium.close()


def frames(page: Page, selector: str) -> int:
    """How many pictures a video element has shown."""
    count: int = page.evaluate(FRAMES, selector)
    return count


def pixel(page: Page, selector: str, x: float, y: float) -> tuple[int, int, int] | None:
    """Red, green and blue of a video element at a fraction of its picture; None without one."""
    color = page.evaluate(READ_PIXEL, [selector, x, y])
    return tuple(color) if color else None


def plays(page: Page, selector: str, count: int = 30, limit_s: float = 2 * PATIENCE_S) -> None:
    """Wait until a video element has shown `count` more pictures."""
    target = frames(page, selector) + count
    until(lambda: frames(page, selector) >= target, limit_s, f"{count} pictures in {selector}")
