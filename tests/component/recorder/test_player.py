"""player.js in a real browser: a finished recording, one with a gap, and one that is growing."""

import asyncio
import json
import shutil
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from mcu_core.contract.events import TapTrack, TapUnit
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from recorder.catalogue import Catalogue
from tests.fakes.recorder_bench import Bench, recorded, tap_of
from tests.fakes.tap import Clip, encode_clip, play
from tests.fakes.waiting import until

CHROMIUM = shutil.which("chromium")
STATIC = Path(__file__).parents[3] / "control_api/web/static"
REPORT_S = 40.0
CLOCK = MonotonicClock()

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

PAGE = """<!doctype html><video muted playsinline></video><video id="content" muted></video>
<script type="module">
import {{ ContentScreen }} from "/static/contentscreen.js";
import {{ openPlayer }} from "/static/player.js";
const video = document.querySelector("video");
const shown = [], errors = [];
const note = (now, frame) => {{
  shown.push([frame.mediaTime, frame.width]);
  video.requestVideoFrameCallback(note);
}};
const until = async (true_) => {{
  const end = performance.now() + 15000;
  while (!true_() && performance.now() < end) await new Promise((r) => setTimeout(r, 20));
  return true_();
}};
const seen = () => fetch("/seen", {{ method: "POST", body: "" }});
let told = {{}};
try {{
  const player = await openPlayer({{
    video, manifestUrl: "/manifest", trackUrl: (name) => `/tracks/${{name}}`,
    onChange: (p) => p.error && errors.push(p.error),
  }});
  video.requestVideoFrameCallback(note);
  await video.play();
  {script}
}} catch (error) {{ errors.push(String(error)); }}
await fetch("/report", {{ method: "POST", body: JSON.stringify({{ ...told, shown, errors,
  error: video.error && video.error.message }}) }});
</script>"""


class Site:
    """Serves a recording as the control plane does, and a page that reports what it saw.

    `seen` is set when the script says so by `await seen()`.
    """

    def __init__(self, catalogue: Catalogue, script: str, seen: threading.Event) -> None:
        self.report: dict[str, object] = {}
        site, self._done = self, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def answer(self, body: bytes, kind: str, status: int = 200) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path == "/":
                    self.answer(PAGE.format(script=script).encode(), "text/html")
                elif url.path.startswith("/static/"):
                    file = STATIC / url.path.rsplit("/", 1)[1]
                    self.answer(file.read_bytes(), "text/javascript")
                elif url.path == "/manifest":
                    after = int(parse_qs(url.query).get("after", ["0"])[0])
                    manifest = catalogue.manifest("r1", after)
                    self.answer(json.dumps(manifest).encode(), "application/json")
                elif url.path.startswith("/tracks/"):
                    begin, end = self.headers["Range"].removeprefix("bytes=").split("-")
                    data = catalogue.track_path("r1", url.path.rsplit("/", 1)[1]).read_bytes()
                    self.answer(data[int(begin) : int(end) + 1], "video/mp4", 206)
                else:
                    self.answer(b"", "text/plain", 404)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(b"", "text/plain")
                if self.path == "/seen":
                    seen.set()
                else:
                    site.report = json.loads(body)
                    site._done.set()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    async def reported(self) -> None:
        """Wait until the page has told what it saw."""
        assert await asyncio.to_thread(self._done.wait, REPORT_S), "the page never reported"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


async def watch(
    catalogue: Catalogue, script: str, profile: Path, seen: threading.Event | None = None
) -> dict[str, object]:
    """Open the page in Chromium and give back its report."""
    site = Site(catalogue, script, seen or threading.Event())
    return await reported(site, site.address, profile)


async def reported(site: Site, address: str, profile: Path) -> dict[str, object]:
    """Open that address in Chromium and give back what its page told the site."""
    assert CHROMIUM is not None
    browser = await asyncio.create_subprocess_exec(
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--autoplay-policy=no-user-gesture-required", f"--user-data-dir={profile}",
        "--disable-dev-shm-usage", address,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await site.reported()
    finally:
        browser.send_signal(signal.SIGTERM)
        await browser.wait()
        site.close()
    return site.report


def shown(report: dict[str, object]) -> list[float]:
    frames = report["shown"]
    assert isinstance(frames, list)
    return [frame[0] for frame in frames]


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(6.0)


async def test_a_finished_recording_plays_seeks_and_ends(
    bench: Bench, clip: Clip, tmp_path: Path
) -> None:
    async with tap_of(bench, clip) as tap:
        await recorded(bench, tap, clip.at(CLOCK.now_ns()))
    report = await watch(
        bench.catalogue,
        """
        await until(() => video.currentTime > 1.5);
        const before = shown.length;
        player.seek(4.55);
        await until(() => video.currentTime > 5);
        const after = shown.slice(before).map(([time]) => time);
        player.seek(0.5);
        await until(() => !video.seeking && video.currentTime < 2);
        player.seek(5.5);
        told = { ended: await until(() => video.ended), duration: video.duration, before, after };
        """,
        tmp_path / "profile",
    )
    assert report["errors"] == []
    assert report["error"] is None
    assert report["ended"] is True
    assert report["duration"] == pytest.approx(6.0, abs=0.05)
    assert int(str(report["before"])) > 20
    after = report["after"]
    assert isinstance(after, list)
    jumped = [time for time in after if time > 2.5]
    assert jumped[0] == pytest.approx(4.55, abs=0.05), "exact, not the keyframe before"


async def test_a_gap_is_jumped_and_a_new_size_is_taken(
    bench: Bench, clip: Clip, tmp_path: Path
) -> None:
    begin_ns = CLOCK.now_ns()
    other = encode_clip(1.0, width=160, height=96)
    first = [u for u in clip.at(begin_ns) if u.stamp_ns < begin_ns + NS_PER_SECOND]
    async with tap_of(bench, clip) as tap:
        later = other.at(begin_ns + 12 * NS_PER_SECOND)
        await recorded(bench, tap, [*first, *later])
    report = await watch(
        bench.catalogue,
        "told = { ended: await until(() => video.ended), gaps: player.gaps.length };",
        tmp_path / "profile",
    )
    assert report["errors"] == []
    assert report["ended"] is True
    assert report["gaps"] == 2
    frames = report["shown"]
    assert isinstance(frames, list)
    assert {width for _, width in frames} == {320, 160}
    times = shown(report)
    assert not [time for time in times if 1.1 < time < 11.9], "nothing was recorded there"
    assert max(times) > 12.5


async def test_a_growing_recording_plays_on_and_at_its_edge(
    bench: Bench, clip: Clip, tmp_path: Path
) -> None:
    begin_ns = CLOCK.now_ns() + 300 * NS_PER_MS
    units = [u for n in range(5) for u in clip.at(begin_ns + 6 * n * NS_PER_SECOND)]
    enough = threading.Event()
    async with tap_of(bench, clip) as tap:
        playing = asyncio.create_task(play(tap, units, CLOCK))
        await bench.start()
        watching = asyncio.create_task(
            watch(
                bench.catalogue,
                """
                await until(() => video.currentTime > 1);
                const first = player.duration;
                player.goLive();
                await until(() => player.duration > first + 2);
                told = { first, live: player.live, at: video.currentTime,
                         behind: player.duration - video.currentTime };
                await seen();
                told.ended = await until(() => video.ended);
                told.liveAtEnd = player.live;
                """,
                tmp_path / "profile",
                enough,
            )
        )
        await until(lambda: enough.is_set() or watching.done(), "the edge is seen", REPORT_S)
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        recording = await bench.stop()
        report = await watching
    assert report["errors"] == []
    assert report["live"] is True
    assert float(str(report["behind"])) < 2.5
    assert report["ended"] is True
    assert report["liveAtEnd"] is False
    assert max(shown(report)) > recording.duration_s - 0.5


async def test_content_plays_beside_the_picture_and_in_step(
    bench: Bench, clip: Clip, tmp_path: Path
) -> None:
    """Skew is read from what is on both screens at a time: the pictures' own times."""
    begin_ns = CLOCK.now_ns()
    units = clip.at(begin_ns)
    content = [
        TapUnit("content", u.stamp_ns, u.duration_ns, u.keyframe, u.data)
        for u in units
        if u.name == "main"
    ]
    both = sorted((*units, *content), key=lambda unit: unit.stamp_ns)
    tracks = (*clip.tracks, TapTrack("content", "H264", width=320, height=180, fps=30))
    async with tap_of(bench, Clip(tracks, tuple(both))) as tap:
        await recorded(bench, tap, both)
    report = await watch(
        bench.catalogue,
        """
        const second = document.querySelector("#content");
        const on = [], skews = [];
        let newest = null;
        const noteContent = (now, frame) => {
          newest = frame.mediaTime;
          second.requestVideoFrameCallback(noteContent);
        };
        second.requestVideoFrameCallback(noteContent);
        new ContentScreen({
          main: video, video: second, player, shown: (is) => on.push(is),
          manifestUrl: "/manifest", trackUrl: (name) => `/tracks/${name}`,
        });
        const compare = (now, frame) => {
          if (newest !== null) skews.push(Math.abs(frame.mediaTime - newest));
          video.requestVideoFrameCallback(compare);
        };
        await until(() => newest !== null);
        player.seek(0.5);
        await until(() => !video.seeking && newest > 0.4 && newest < 1.5);
        await until(() => Math.abs(second.currentTime - video.currentTime) < 0.05);
        video.requestVideoFrameCallback(compare);
        const together = await until(() => skews.filter((skew) => skew < 0.05).length > 9);
        told = { on: [...on], together,
                 size: [second.videoWidth, second.videoHeight] };
        """,
        tmp_path / "profile",
    )
    assert report["errors"] == []
    assert report["on"] == [True], "it is there all the time"
    assert report["size"] == [320, 180]
    assert report["together"], "ten pictures of both were on the screens in step"
