"""HD and SD by the network: the player page of the real application in a throttled Chromium."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from control_api.main import build_app
from control_api.settings import Settings
from mcu_core.contract.events import TapTrack, TapUnit
from mcu_core.media.clock import NS_PER_SECOND
from recorder.files import RecordingFiles
from recorder.fragments import Fragment
from recorder.journal import Started, Stopped
from recorder.tallies import RecorderTallies
from recorder.timeline import Timeline
from tests.component.control.test_http_connections import served
from tests.e2e.browser import CHROMIUM, FLAGS
from tests.fakes.tap import encode_clip

WALL = "2026-11-21T08:00:00+00:00"
HD, SD = 640, 160
LIMIT_MS = 60_000
TURNS, TURN_S = 40, 2.0
"""Longer than what a player loads ahead, so that something is fetched all the time."""

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Chromium")


def _store(folder: Path) -> float:
    """A recording with both codings; gives back what HD takes, in bytes a second."""
    large = encode_clip(TURN_S, width=HD, height=360)
    small = encode_clip(TURN_S, width=SD, height=96)
    files = RecordingFiles.create(folder, Started(1, folder.name, "c1", "Ward", WALL, 0, "boot"))
    line = Timeline(RecorderTallies())
    for track in (*large.tracks, TapTrack("sd", "H264", width=SD, height=96, fps=30)):
        line.announce(track)
    for turn in range(TURNS):
        at_ns = round(NS_PER_SECOND * (1 + turn * TURN_S))
        tiny = [
            TapUnit("sd", u.stamp_ns, u.duration_ns, u.keyframe, u.data)
            for u in small.at(at_ns)
            if u.name == "main"
        ]
        for unit in sorted((*large.at(at_ns), *tiny), key=lambda unit: unit.stamp_ns):
            for item in line.push(unit, unit.stamp_ns):
                files.put(item) if isinstance(item, Fragment) else files.note(item)
    for item in line.flush():
        files.put(item) if isinstance(item, Fragment) else files.note(item)
    files.note(Stopped(WALL))
    files.close()
    return sum(len(u.data) for u in large.units if u.name == "main") / TURN_S


@asynccontextmanager
async def _player(data: Path) -> AsyncIterator[Page]:
    settings = Settings(data=data, engines={}, read_slides=False)
    async with (
        served(what=build_app(settings), lifespan="on") as port,
        async_playwright() as playwright,
    ):
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await (await chromium.new_context(locale="en-GB")).new_page()
        url = f"http://127.0.0.1:{port}"
        token = (data / "login-token").read_text().strip()
        await page.request.post(f"{url}/api/v1/session", data={"token": token})
        await page.goto(f"{url}/login")
        try:
            yield page
        finally:
            await chromium.close()


async def _shows(page: Page, width: int) -> None:
    seen = f"() => document.querySelector('#video').videoWidth === {width}"
    await page.wait_for_function(seen, timeout=LIMIT_MS)
    at_s = await page.evaluate("document.querySelector('#video').currentTime")
    moved = f"() => document.querySelector('#video').currentTime > {at_s}"
    await page.wait_for_function(moved, timeout=LIMIT_MS)


async def test_a_narrow_network_brings_sd_and_a_wide_one_hd_again(tmp_path: Path) -> None:
    hd_bytes_s = await asyncio.to_thread(_store, tmp_path / "recordings" / "r1")
    async with _player(tmp_path) as page:
        network = await page.context.new_cdp_session(page)
        await network.send("Network.enable")

        async def passes(bytes_s: float) -> None:
            limit = {"downloadThroughput": bytes_s, "uploadThroughput": -1, "latency": 5}
            await network.send("Network.emulateNetworkConditions", {"offline": False, **limit})

        await page.goto(str(page.url).replace("/login", "/play/r1"))
        await _shows(page, HD)
        await passes(hd_bytes_s / 2)
        await page.evaluate("document.querySelector('#video').currentTime = 30")
        await _shows(page, SD)
        await passes(-1)
        await page.evaluate("document.querySelector('#video').currentTime = 60")
        await _shows(page, HD)
        await page.select_option("#quality", "sd")
        await _shows(page, SD)
