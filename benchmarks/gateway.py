"""gateway: how long each SOAP verb takes while the engine is busy with pictures (bar 3).

A whole system is started as users start it. Conferences of test patterns, each recorded, are added
until pictures give way: what was carried before is the machine's capacity. So many of them end that
the engine is at the share of it that is wanted; then callers ask one verb after the other, over
HTTP, in messages as real clients write them. Login and the beginning of recordings are not among
them. Ticks are counted while nobody asks, and while the callers do.
"""

import asyncio
import os
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from benchmarks.gateway_rig import SITES_EACH, Caller, System, Verbs, between, running
from benchmarks.report import Report, Row
from mcu_core.media.clock import NS_PER_SECOND, wall_time
from mcu_core.media.priority import Niceness, prefer

MOST_CONFERENCES = 24
SETTLE_S = 2.5
"""Sites that begin together are strain for two seconds."""

QUIET_S = 5.0
STRAINED, LOOK_S = 8, 0.5
"""So many looks in a row that pictures gave way are no accident of the beginning."""

NOTES = (
    "One caller after the other waits for its answer; times are those of the caller, HTTP and all. "
    "Late ticks: video over a frame late, sound late, of all conferences, and share of video's.",
)


@dataclass(frozen=True, slots=True)
class GatewayBench:
    """How often each verb by each of so many callers, at which share of the capacity, which is
    found first unless it is said in conferences."""

    asked: int
    callers: int
    share: float
    capacity: int = 0


@dataclass(frozen=True, slots=True)
class Ticks:
    """What an engine has done so far."""

    at_ns: int
    cpu_s: float
    pictures: int
    late: int
    late_sound: int
    step: int

    @classmethod
    def of(cls, snapshot: dict[str, Any]) -> "Ticks":
        """Out of a snapshot."""
        conferences, counters = snapshot["conferences"], snapshot["counters"]

        def total(name: str) -> int:
            return sum(int(one[name]) for one in conferences)

        return cls(
            int(snapshot["now_ns"]),
            float(counters["cpu_s"]),
            total("serial"),
            total("late_ticks"),
            total("late_audio_ticks"),
            int(counters["overload_step"]),
        )

    def since(self, before: "Ticks") -> str:
        """In words."""
        seconds = (self.at_ns - before.at_ns) / NS_PER_SECOND
        pictures = self.pictures - before.pictures
        late = self.late - before.late
        cores = (self.cpu_s - before.cpu_s) / seconds
        return (
            f"{seconds:.0f} s, engine {cores:.2f} of {len(os.sched_getaffinity(0))} cores, "
            f"{pictures / seconds:.0f} pictures/s, late {late} ({late / max(1, pictures):.2%}), "
            f"sound {self.late_sound - before.late_sound}, step {self.step}"
        )


async def _rounds(caller: Caller, conference: str, sites: list[str], count: int, seed: int) -> None:
    """Every verb `count` times, in an order that differs from caller to caller."""
    dice = random.Random(seed)
    conf = f"<confId>{conference}</confId>"
    for _ in range(count):
        site = escape(dice.choice(sites))
        uris = f"<siteUris>{site}</siteUris>"
        panes = "".join(f"<subPics>{one}</subPics>" for one in dice.sample(sites, 4))
        begin = f"<beginTime>{wall_time():%Y-%m-%dT%H:%M:%S}Z</beginTime>"
        verbs = [
            ("common", "KeepAlive", ""),
            ("confCtrl", "setSitesMute", f"{conf}{uris}<isMute>{dice.randrange(2)}</isMute>"),
            ("confCtrl", "setSitesQuiet", f"{conf}{uris}<isQuiet>1</isQuiet>"),
            (
                "confCtrl",
                "setContinuousPresence",
                f"{conf}<target></target><presenceMode>{dice.choice([11, 12, 13])}</presenceMode>"
                f"{panes}",
            ),
            (
                "confCtrl",
                "setVideoSource",
                f"{conf}<siteUri>{site}</siteUri><videoSourceUri></videoSourceUri>",
            ),
            ("confCtrl", "setAudioSwitch", f"{conf}<isSwitch>{dice.randrange(2)}</isSwitch>"),
            ("confMgr", "queryConferencesStatus", f"<confIds>{conference}</confIds>"),
            ("confMgr", "queryConfSitesStatus", conf),
            ("confMgr", "querySiteStatus", f"{uris}{begin}<duration>P1D</duration>"),
        ]
        dice.shuffle(verbs)
        for service, name, inner in verbs:
            await caller.ask(service, name, inner)
        day = wall_time() + timedelta(days=dice.randrange(30, 300))
        later = f"<beginTime>{day:%Y-%m-%dT%H:%M:%S}Z</beginTime><duration>PT1H</duration>"
        booked = f"<name>bench</name>{later}<rate>2M</rate><sites><uri>{site}</uri></sites>"
        text = await caller.ask("confMgr", "scheduleConf", f"<scheduleConf>{booked}</scheduleConf>")
        number = between(text, "<confId>", "<")
        await caller.ask("confMgr", "delScheduledConf", f"<confId>{number}</confId>")


async def _loaded(system: System, what: GatewayBench) -> tuple[int, str, list[str]]:
    """The capacity in conferences, and the first of those that run at the share of it."""
    made = [await system.conference()]
    wanted = max(1, round(what.capacity * what.share))
    while len(made) < (wanted if what.capacity else MOST_CONFERENCES):
        made.append(await system.conference())
        if what.capacity:
            continue
        await asyncio.sleep(SETTLE_S)
        if await _strained(system):
            break
    capacity = what.capacity or len(made) - 1
    for conference, _ in made[max(1, round(capacity * what.share)) :]:
        await system.json("DELETE", f"/conferences/{conference}")
    return capacity, *made[0]


async def _strained(system: System) -> bool:
    """Whether pictures give way, and not only because somebody has just begun."""
    for _ in range(STRAINED):
        if not Ticks.of(await system.engine()).step:
            return False
        await asyncio.sleep(LOOK_S)
    return True


async def _measure(what: GatewayBench) -> Report:
    verbs = Verbs()
    async with running() as system:
        # Callers sit at machines of their own: here they must not wait for codecs.
        prefer(Niceness.PACKETS)
        capacity, conference, sites = await _loaded(system, what)
        await asyncio.sleep(QUIET_S)  # steps come back one by one
        begun = Ticks.of(await system.engine())
        await asyncio.sleep(QUIET_S)
        quiet = Ticks.of(await system.engine())
        async with asyncio.TaskGroup() as group:
            for k in range(what.callers):
                caller = Caller(system.http, verbs)
                await caller.log_in()
                group.create_task(_rounds(caller, conference, sites, what.asked, k))
        over = Ticks.of(await system.engine())
        conferences = len(await system.json("GET", "/conferences"))
    load = (
        f"pictures give way after {capacity} recorded conferences of {SITES_EACH} patterns; "
        f"{conferences} ran; {what.callers} callers"
    )
    ticks = f"nobody asks: {quiet.since(begun)}; verbs: {over.since(quiet)}"
    return Report("gateway", _rows(verbs), notes=[load, ticks, *NOTES])


def _rows(verbs: Verbs) -> list[Row]:
    rows: list[Row] = []
    for name, times in sorted(verbs.times_ms.items()):
        p50, p99 = np.percentile(times, [50, 99])
        rows.append(
            {
                "verb": name,
                "asked": len(times),
                "failed": verbs.failed.get(name, 0),
                "p50_ms": round(float(p50), 1),
                "p99_ms": round(float(p99), 1),
                "worst_ms": round(max(times), 1),
            }
        )
    return rows


def run(what: GatewayBench) -> Report:
    """Ask every verb while the engine is that busy."""
    return asyncio.run(_measure(what))
