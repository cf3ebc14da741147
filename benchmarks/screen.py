"""What a viewer sees and hears: Chromium shows one of our pages, and its pixels and sound are read.

Of each picture that the browser puts on the screen the counter in it (mcu_core/media/marker.py) is
read out of its pixels: nothing that a player claims about its time is believed. The
sound goes through a Web Audio analyser, where the chirp of each second is looked for. Times are
those of the monotonic clock of this machine, to which the browser's is compared.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urljoin

from benchmarks.browser_site import CHROMIUM
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_MS, MonotonicClock

if TYPE_CHECKING:
    from playwright.async_api import Page

CLOCK = MonotonicClock()
WHOLE = (0.0, 0.0, 1.0, 1.0)
WIDTH, HEIGHT = 1366, 768
COMPARISONS = 15
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
]

READER = """
([mainRect, contentRect]) => {
  const COLUMNS = 16, ROWS = 4, LEAST_CONTRAST = 40, INSIDE = [0.3, 0.4, 0.5, 0.6, 0.7];
  const SYNC = [1,0,1,0, 0,1,1,1, 0,0,1,0, 1,1,0,0];
  const crc = (bytes) => bytes.reduce((sum, byte) => {
    sum ^= byte << 8;
    for (let k = 0; k < 8; k += 1) sum = sum & 0x8000 ? ((sum << 1) ^ 0x1021) & 0xffff : sum << 1;
    return sum;
  }, 0xffff);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  /** The luma of the cells of a marker in what a video element shows now: the middle of each. */
  const cellsOf = async (video, [x, y, w, h], memory) => {
    const frame = new VideoFrame(video);
    const { x: beside, y: above, width, height } = frame.visibleRect;
    const even = (value) => 2 * Math.round(value / 2);
    const [left, top] = [beside + width * (x + w * 8 / 32), above + height * (y + h * 2 / 24)];
    const [cellWidth, cellHeight] = [width * w / 32, height * h / 24];
    const rect = { x: even(left), y: even(top),
      width: even(cellWidth * COLUMNS), height: even(cellHeight * ROWS) };
    try {
      memory.bytes ??= new Uint8Array(frame.allocationSize({ rect }));
      const [{ offset, stride }] = await frame.copyTo(memory.bytes, { rect });
      const cells = [];
      for (let row = 0; row < ROWS; row += 1) for (let column = 0; column < COLUMNS; column += 1) {
        let sum = 0;
        for (const v of INSIDE) for (const u of INSIDE) {
          const line = Math.floor((row + v) * cellHeight);
          sum += memory.bytes[offset + line * stride + Math.floor((column + u) * cellWidth)];
        }
        cells.push(sum / INSIDE.length ** 2);
      }
      return cells;
    } finally {
      frame.close();
    }
  };

  /** The counter that cells say; null where they say none. */
  const counterOf = (cells) => {
    const white = mean(cells.slice(0, 16).filter((_, k) => SYNC[k]));
    const black = mean(cells.slice(0, 16).filter((_, k) => !SYNC[k]));
    if (white - black < LEAST_CONTRAST) return null;
    const bits = cells.map((cell) => cell > (white + black) / 2 ? 1 : 0);
    if (SYNC.some((bit, k) => bit !== bits[k])) return null;
    const byte = (k) => bits.slice(8 * k, 8 * k + 8).reduce((sum, bit) => 2 * sum + bit, 0);
    if (crc([byte(2), byte(3), byte(4), byte(5)]) !== byte(6) * 256 + byte(7)) return null;
    return byte(2) * 65536 + byte(3) * 256 + byte(4);
  };

  const told = window.told = { main: [], content: [], chirps: [], unread: 0, stalls: 0 };
  const watch = (video, rect, shown) => {
    const memory = {};
    const note = (now, frame) => {
      const at = frame.expectedDisplayTime;
      video.requestVideoFrameCallback(note);
      cellsOf(video, rect, memory).then((cells) => {
        const counter = counterOf(cells);
        if (counter === null) told.unread += 1;
        else shown().push([at, counter]);
      }, () => { told.unread += 1; });
    };
    video.requestVideoFrameCallback(note);
  };
  const [video, content] = [document.querySelector("#video"), document.querySelector("#content")];
  watch(video, mainRect, () => told.main);
  if (content) watch(content, contentRect, () => told.content);
  video.addEventListener("waiting", () => { told.stalls += video.seeking ? 0 : 1; });
}
"""

LISTENER = """
() => {
  const LOUD = 0.05, HALF_CHIRP_MS = 20, LONG_MS = 60;
  const video = document.querySelector("#video");
  const context = new AudioContext({ sampleRate: 48000 });
  const analyser = context.createAnalyser();
  analyser.fftSize = 4096;
  context.createMediaElementSource(video).connect(analyser);
  analyser.connect(context.destination);
  video.muted = false;
  const samples = new Float32Array(analyser.fftSize);
  // An element whose sound goes through Web Audio shows its pictures when the graph takes the sound
  // (what devices add then is not known to it): so that is the moment which is compared.
  let ahead = -Infinity;
  let last = context.currentTime, energy = 0, moment = 0, began = -1;
  setInterval(() => {
    const now = context.currentTime, rate = context.sampleRate;
    ahead = Math.max(now * 1000 - performance.now(), ahead - 0.01);
    const fresh = Math.min(samples.length, Math.round((now - last) * rate));
    last = now;
    analyser.getFloatTimeDomainData(samples);
    for (let k = samples.length - fresh; k < samples.length; k += 1) {
      const time = now - (samples.length - k) / rate;
      const power = samples[k] * samples[k];
      if (began < 0 && power > LOUD * LOUD) [began, energy, moment] = [time, 0, 0];
      if (began < 0) continue;
      energy += power;
      moment += power * time;
      if (time - began < LONG_MS / 1000) continue;
      window.told.chirps.push((moment / energy) * 1000 - ahead - HALF_CHIRP_MS);
      began = -1;
    }
  }, 20);
}
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was on the screen: (time in ns on the monotonic clock, counter) of each picture in the
    order of display, when each chirp was heard, pictures without a counter, and stalls."""

    main: list[tuple[int, int]]
    content: list[tuple[int, int]]
    chirps_ns: list[int]
    unread: int
    stalls: int


class Evaluates(Protocol):
    """A page, as far as it is asked."""

    async def evaluate(self, expression: str, arg: object = None) -> Any:
        """What an expression or a function is there."""


class Reader:
    """Reads what a page shows and lets hear."""

    def __init__(self, page: Evaluates) -> None:
        self.page = page

    async def read(
        self,
        main: tuple[float, float, float, float] = WHOLE,
        content: tuple[float, float, float, float] = WHOLE,
        listen: bool = False,
    ) -> None:
        """Read from now on; the markers are in these parts of the pictures, in fractions."""
        await self.page.evaluate(READER, [main, content])
        if listen:
            await self.page.evaluate(LISTENER)

    async def shown(self) -> Shown:
        """What was seen since `read` or the last call."""
        ahead_ns = await self._ahead_ns()
        told: dict[str, Any] = await self.page.evaluate(
            "() => { const told = { ...window.told }; Object.assign(window.told,"
            " { main: [], content: [], chirps: [], unread: 0, stalls: 0 }); return told; }"
        )
        return Shown(
            [(round(at * NS_PER_MS) + ahead_ns, counter) for at, counter in told["main"]],
            [(round(at * NS_PER_MS) + ahead_ns, counter) for at, counter in told["content"]],
            [round(at * NS_PER_MS) + ahead_ns for at in told["chirps"]],
            told["unread"],
            told["stalls"],
        )

    async def _ahead_ns(self) -> int:
        """How far our clock is ahead of the page's: by the quickest of some questions."""
        best = (1 << 62, 0)
        for _ in range(COMPARISONS):
            before = CLOCK.now_ns()
            at_ms: float = await self.page.evaluate("performance.now()")
            after = CLOCK.now_ns()
            best = min(best, (after - before, (before + after) // 2 - round(at_ms * NS_PER_MS)))
        return best[1]


class Screen(Reader):
    """A page of a headless browser."""

    page: "Page"

    def __init__(self, page: "Page") -> None:
        super().__init__(page)
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))


@asynccontextmanager
async def screen(url: str, cookie: str) -> AsyncIterator[Screen]:
    """Chromium with that page and session (name=value); raises Refused where there is none."""
    try:
        from playwright.async_api import async_playwright
    except ImportError as error:
        raise Refused("a screen needs Playwright: pip install playwright") from error
    if shutil.which(CHROMIUM) is None:
        raise Refused(f"a screen needs Chromium at {CHROMIUM}")
    name, _, value = cookie.partition("=")
    home = urljoin(url, "/")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await chromium.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB"
        )
        await context.add_cookies([{"name": name, "value": value, "url": home}])
        page = await context.new_page()
        made = Screen(page)
        await page.goto(url)
        try:
            yield made
        finally:
            await chromium.close()
