"""From a camera to a viewer's screen: through the whole system, read from the pixels (bar 4).

Two RTP sites of the load send pictures with a counter in them and a chirp each second; the live
page shows the conference in Chromium. A picture's delay runs from the moment when the first packet
of its counter leaves to the moment when the browser puts it on the screen.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.live_system import Bridge, new_conference, whole_system
from benchmarks.live_viewers import PLAYING, WARM_S, line_rows
from benchmarks.load.fleet import Fleet, Sends
from benchmarks.report import Report, Row
from benchmarks.scenes import pane_rects, pictures, plans
from benchmarks.screen import Shown, screen
from benchmarks.sights import Sender
from benchmarks.skew import delays_ms, first_shown, sound_skews
from benchmarks.tapes import chirps, silent, sound_tape
from mcu_core.media.codec import OPUS

CANVAS = (1280, 720)
SITES = 2
ATTACH_S = 60


@dataclass(frozen=True, slots=True)
class ScreenBench:
    """What to measure; `clips` is the folder of the demo's clips."""

    seconds: int = 20
    clips: Path = Path("var/demo")


async def _watched(bridge: Bridge, conference: str, seconds: int) -> Shown:
    """What Chromium shows of a live conference in so many seconds."""
    x, y, w, h = pane_rects(SITES)[0]
    pane = (x / CANVAS[0], y / CANVAS[1], w / CANVAS[0], h / CANVAS[1])
    async with screen(f"{bridge.url}/live/{conference}", bridge.cookie) as page:
        await page.page.wait_for_selector(PLAYING)
        await page.read(pane, listen=True)
        await asyncio.sleep(WARM_S)
        await page.shown()
        await asyncio.sleep(seconds)
        return await page.shown()


async def _through(bridge: Bridge, what: ScreenBench) -> list[Row]:
    conference = await new_conference(bridge, mode=2)
    video = pictures(SITES, "720p", what.clips)
    sound = [Sends(sound_tape(OPUS, chirps())), Sends(sound_tape(OPUS, silent))]
    async with Fleet(plans(video, sound), what.seconds + ATTACH_S) as fleet:
        for k, site in enumerate(fleet.sites):
            sites = f"/conferences/{conference}/sites"
            added = await bridge.ask("POST", sites, {"name": f"site {k}", "kind": "rtp"})
            site.connect(await bridge.offer(f"{sites}/{added['id']}/rtp", site.offer()))
        fleet.begin()
        shown = await _watched(bridge, conference, what.seconds)
        line = fleet.sites[0].video
        assert line is not None
        assert line.sends is not None
        sender = Sender(fleet.sent_ns(line), line.sends.tape.units, line.sends.first_unit)
        delays = delays_ms(shown.main, sender.left_ns)
    sound_ms = [abs(skew) for _, skew in sound_skews(shown)]
    rate = len(first_shown(shown.main)) / what.seconds
    return [
        *line_rows("camera to a viewer's screen, ms", delays, "400"),
        figure("pictures a second on the screen", rate, "30"),
        *line_rows("sound and picture apart, ms", sound_ms, "33"),
        figure("stalls", shown.stalls),
    ]


async def _all(what: ScreenBench, port: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        async with whole_system(Path(name), port) as bridge:
            return await _through(bridge, what)


def run(what: ScreenBench, port: int = 18_080) -> Report:
    """Measure what is asked for."""
    return Report("live, on a screen", asyncio.run(_all(what, port)))
