"""sync: how far picture, content and sound are apart on a screen, live and recorded (bar 5).

Chromium shows a page of a system that is fed with coded pictures. While it plays on, the viewer
seeks (in a recording), changes how the pictures stand, and looks at another tab; what is off later
than a second after any of that is told apart. With `hidden` the page stands in a window, and is
hidden by another tab a few times instead (benchmarks/window.py).
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.live_feed import Material, units_of
from benchmarks.live_system import CLOCK, Bridge, fed_system, new_conference
from benchmarks.live_viewers import PLAYING, line_rows
from benchmarks.report import Report, Row
from benchmarks.screen import Reader, Screen, Shown, screen
from benchmarks.skew import content_skews, settled, sound_skews
from benchmarks.window import Window, window
from recorder.files import RecordingFiles
from recorder.fragments import Fragment
from recorder.journal import Started, Stopped
from recorder.tallies import RecorderTallies
from recorder.timeline import Timeline

RECORDED_S = 120
WALL = "2026-11-21T08:00:00+00:00"
PAUSE_S = 2.4
RECORDING = "bench"
SHOWS = ("corner", "content", "beside")
HIDDEN_S, TIMES = 4.0, 4
PLAYS = f"document.querySelector({PLAYING!r}) !== null"
BEGUN = "Number(document.querySelector('#video')?.currentTime) > 1"

Disturbances = list[tuple[str, Callable[[], Awaitable[object]]]]


@dataclass(frozen=True, slots=True)
class SyncBench:
    """What to measure: `live` or a recording; so long undisturbed; pictures of that size."""

    live: bool = False
    hidden: bool = False
    seconds: int = 15
    size: tuple[int, int] = (1280, 720)


def store(folder: Path, material: Material, seconds: int = RECORDED_S) -> None:
    """A recording that has ended, as the recorder writes it."""
    files = RecordingFiles.create(folder, Started(1, folder.name, "c", "bench", WALL, 0, "boot"))
    line = Timeline(RecorderTallies())
    for track in material.tracks:
        line.announce(track)
    for unit in units_of(material, seconds):
        for item in line.push(unit, unit.stamp_ns):
            files.put(item) if isinstance(item, Fragment) else files.note(item)
    for item in line.flush():
        files.put(item) if isinstance(item, Fragment) else files.note(item)
    files.note(Stopped(WALL))
    files.close()


async def _other_tab(page: Screen) -> None:
    """Another tab is in front for a while; headless browsers do not call the page hidden then."""
    other = await page.page.context.new_page()
    await other.goto("about:blank")
    await other.bring_to_front()
    await asyncio.sleep(PAUSE_S)
    await page.page.bring_to_front()
    await other.close()


def _disturbances(page: Screen, live: bool) -> Disturbances:
    async def pressed(key: str) -> None:
        await page.page.keyboard.press(key)

    async def stands(show: str) -> None:
        await page.page.select_option("#show", show)

    seeks = [] if live else [("seek", lambda: pressed("ArrowRight"))] * 3
    changes = [("layout", lambda show=show: stands(show)) for show in SHOWS]
    return [*seeks, *changes, ("another tab", lambda: _other_tab(page))]


async def _watched(page: Screen, what: SyncBench) -> list[Row]:
    return await _measured(page, what, _disturbances(page, what.live))


async def _hidden(page: Window, what: SyncBench) -> list[Row]:
    return await _measured(page, what, [("hidden tab", lambda: page.hide(HIDDEN_S))] * TIMES)


async def _measured(page: Reader, what: SyncBench, disturbances: Disturbances) -> list[Row]:
    await page.read(listen=True)
    await asyncio.sleep(PAUSE_S)
    await page.shown()
    await asyncio.sleep(what.seconds)
    rows = _rows(await page.shown(), "undisturbed", "33")
    kinds: dict[str, tuple[list[float], list[float]]] = {}
    for kind, disturb in disturbances:
        await page.shown()
        await disturb()
        event_ns = CLOCK.now_ns()
        await asyncio.sleep(PAUSE_S)
        shown = await page.shown()
        content, sound = kinds.setdefault(kind, ([], []))
        content += _after(content_skews(shown), event_ns)
        sound += _after(sound_skews(shown), event_ns)
    for kind, (content, sound) in kinds.items():
        rows += line_rows(f"from 1 s after {kind}: content and picture apart, ms", content, "50")
        rows += line_rows(f"from 1 s after {kind}: sound and picture apart, ms", sound, "50")
    return rows


def _after(skews: list[tuple[int, float]], event_ns: int) -> list[float]:
    return settled(skews, [event_ns])[0]


def _rows(shown: Shown, when: str, bar: str) -> list[Row]:
    content = [abs(skew) for _, skew in content_skews(shown)]
    sound = [abs(skew) for _, skew in sound_skews(shown)]
    return [
        *line_rows(f"{when}: content and picture apart, ms", content, bar),
        *line_rows(f"{when}: sound and picture apart, ms", sound, bar),
        figure(f"{when}: pictures read / not read", len(shown.main) + len(shown.content)),
        figure(f"{when}: not readable", shown.unread),
        figure(f"{when}: stalls", shown.stalls),
    ]


async def _address(bridge: Bridge, material: Material, live: bool) -> str:
    if live:
        address = f"live/{await new_conference(bridge, 1)}"
    else:
        folder = bridge.folder / "recordings" / RECORDING
        await asyncio.to_thread(store, folder, material)
        address = f"play/{RECORDING}"
    return f"{bridge.url}/{address}?show=beside"


async def _shown(bridge: Bridge, address: str, what: SyncBench) -> list[Row]:
    if what.hidden:
        async with window(address, bridge.cookie) as page:
            await page.page.until(PLAYS if what.live else BEGUN)
            return await _hidden(page, what)
    async with screen(address, bridge.cookie) as seen:
        if what.live:
            await seen.page.wait_for_selector(PLAYING)
        else:
            await seen.page.wait_for_function(BEGUN)
        return await _watched(seen, what)


async def _all(what: SyncBench, port: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        async with fed_system(Path(name), port, what.size) as (bridge, feed):
            return await _shown(bridge, await _address(bridge, feed.material, what.live), what)


def run(what: SyncBench, port: int = 18_080) -> Report:
    """Measure what is asked for."""
    kind = "live" if what.live else "a recording"
    return Report(f"in step, {kind}", asyncio.run(_all(what, port)))
