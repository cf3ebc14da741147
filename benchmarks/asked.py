"""asked: what a browser sends while it is shown large, in one tile of sixteen, and large again.

Chromium's invented camera in 720p; REMB is all that tells it what it is wanted for. What it may
send falls with the tile after five seconds; how quickly it climbs again is its own affair.
"""

import asyncio
from dataclasses import dataclass

from benchmarks.browser_site import browser_site
from benchmarks.figures import figure
from benchmarks.report import Report
from benchmarks.rig import Rig, running_rig
from mcu_core.contract.definition import (
    ConferenceDefinition,
    LayoutChoice,
    Pane,
    PatternSource,
    SiteDefinition,
    SiteKind,
)
from mcu_core.layouts.catalogue import MODES

CONFERENCE, BROWSER = "asked", "browser"
FORM = (1280, 720, 30)
SIXTEEN = next(number for number, mode in enumerate(MODES) if len(mode.panes) == 16)
SETTLED_S = 6
BACK = 0.8
"""Of the rate of before: it counts as climbed."""


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds large, small, and large again."""

    large_s: int = 16
    small_s: int = 20
    again_s: int = 24


def _definition(mode: int, revision: int) -> ConferenceDefinition:
    sites = (
        SiteDefinition(BROWSER, "Browser", SiteKind.WEBRTC),
        SiteDefinition("bars", "Bars", SiteKind.PATTERN, pattern=PatternSource()),
    )
    return ConferenceDefinition(
        CONFERENCE,
        "Asked",
        layout=LayoutChoice(mode=mode),
        panes=(Pane("site", site=BROWSER),),
        show_names=True,  # a picture that is drawn on is composed, not passed through
        sites=sites,
        revision=revision,
    )


async def _kbps(rig: Rig, seconds: int) -> list[float]:
    """What comes from the browser, sound and headers included, second by second."""
    rates, before = [], await _bytes(rig)
    for _ in range(seconds):
        await asyncio.sleep(1)
        now = await _bytes(rig)
        rates.append((now - before) * 8 / 1000)
        before = now
    return rates


async def _bytes(rig: Rig) -> int:
    snapshot = await rig.snapshot(CONFERENCE)
    return next(site.bytes_received for site in snapshot.sites if site.id == BROWSER)


async def _measure(phases: Phases) -> list[list[float]]:
    async with running_rig() as rig, browser_site() as page:
        await rig.put(_definition(1, 1))
        await rig.attach_browser(CONFERENCE, BROWSER, page, FORM)
        large = await _kbps(rig, phases.large_s)
        await rig.put(_definition(SIXTEEN, 2))
        small = await _kbps(rig, phases.small_s)
        await rig.put(_definition(1, 3))
        return [large, small, await _kbps(rig, phases.again_s)]


def run(phases: Phases) -> Report:
    """The three phases."""
    large, small, again = asyncio.run(_measure(phases))
    before = sum(large[-5:]) / 5
    tile = sum(small[-5:]) / 5
    fell = next((k + 1 for k, rate in enumerate(small) if rate < (before + tile) / 2), 0)
    back = next((k + 1 for k, rate in enumerate(again) if rate >= BACK * before), 0)
    report = Report("a browser's camera, by the tile that shows it", [])
    report.rows = [
        figure("large: kbit/s", before),
        figure("one tile of sixteen: kbit/s", tile, "300 and headers"),
        figure("seconds until it had fallen half-way", fell, "7"),
        figure(f"seconds until {BACK:.0%} of before, large again (0: not)", back),
    ]
    report.series, report.series_unit = {"kbit/s": [*large, *small, *again]}, "kbit/s"
    report.notes.append(" ".join(f"{rate:.0f}" for rate in (*large, *small, *again)))
    return report
