"""kills: control is killed again and again while callers book and steer (bar 5).

A whole system is started as users start it, with a recorded conference of patterns, in which a room
takes part by RTP. One caller books and deletes bookings, one mutes sites and changes layouts;
control is killed with SIGKILL at moments of the dice. When it is back: what was answered must be
so, what was not may be so or not; the engine must be the same, and the room must be connected as
before and have been sent pictures and sound all the while: at the rate of before the kill, and
without a pause that one sees or hears. So the machine must have room: pictures that give way
already say nothing of kills.
"""

import asyncio
import json
import os
import random
import signal
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.gateway_rig import System, running
from benchmarks.load.fleet import Fleet, Line, Sends, SitePlan
from benchmarks.report import Report, Row
from benchmarks.tapes import sound_tape, tone
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock, wall_time
from mcu_core.media.codec import OPUS

CLOCK = MonotonicClock()
BACK_S = 30.0
MOST_BETWEEN_S = 1.5
FEWEST_PICTURES = 0.9
"""Of those that are due while control is killed and comes back: of the rate before."""

LONGEST_PAUSE_MS = {"pictures": 400, "sound": 150}
"""A shorter one is not told from any other unevenness: jitter buffers are as long."""

WORSE = 1.5
"""On a busy machine calls pause by themselves: by so much longer than before may be chance."""

SETTLED_S, LOOK_S, WAIT_S = 3.0, 0.25, 20.0
QUIET_S = 4.0
"""Before each kill: the rate that is due, and the pauses that the machine makes by itself."""

RUN_S = 600.0
NICE = 15

LAYOUTS = (11, 12, 13, 14)


@dataclass
class Tally:
    """What a run counted; adds to those of runs before."""

    kills: int = 0
    booked: int = 0
    deleted: int = 0
    changes: int = 0
    unanswered: int = 0
    lost: int = 0
    undone: int = 0
    different: int = 0
    disturbed: int = 0
    late_sound: int = 0
    slowest_back_s: float = 0.0
    longest_picture_pause_ms: float = 0.0
    longest_sound_pause_ms: float = 0.0
    longest_picture_pause_before_ms: float = 0.0
    longest_sound_pause_before_ms: float = 0.0


MOST = {name for name in asdict(Tally()) if name.startswith(("slowest", "longest"))}
"""What does not add up."""


@dataclass
class Promises:
    """What was answered, and what was asked when control died: that may be so or not."""

    booked: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    unsure: set[int] = field(default_factory=set)
    mutes: dict[str, set[bool]] = field(default_factory=dict)
    mode: set[int] = field(default_factory=set)


class Call:
    """A room that takes part by RTP: it hums, and is sent the conference's picture and sound."""

    def __init__(self) -> None:
        hum = Sends(sound_tape(OPUS, tone(220)))
        self.fleet = Fleet([SitePlan(sound=hum, receives_video=True)], RUN_S)

    async def begin(self, system: System, conference: str) -> None:
        """Join and hum."""
        (site,) = self.fleet.sites
        made = await system.json(
            "POST", f"/conferences/{conference}/sites", json={"name": "room", "kind": "rtp"}
        )
        path = f"/api/v1/conferences/{conference}/sites/{made['id']}/rtp"
        kind = {"Content-Type": "application/sdp"}
        answer = await system.http.post(path, content=site.offer(), headers=kind)
        if not answer.is_success:
            raise Refused(f"the room's offer: {answer.text[:200]}")
        site.connect(answer.text)
        self.fleet.begin()
        await self.fleet.wait_until(lambda flows: bool((flows["units_in"] > 0).all()))

    def came(self, since_ns: int, until_ns: int) -> dict[str, tuple[int, float]]:
        """Pictures and blocks of sound that came in a span, and the longest pause, ms."""
        (site,) = self.fleet.sites
        lines = {"pictures": site.video, "sound": site.sound}
        return {
            name: self._came(line, since_ns, until_ns)
            for name, line in lines.items()
            if line is not None
        }

    def _came(self, line: Line, since_ns: int, until_ns: int) -> tuple[int, float]:
        times = self.fleet.came_ns(line)
        within = times[(times >= since_ns) & (times <= until_ns)]
        edges = np.concatenate(([since_ns], within, [until_ns]))
        return len(within), float(np.diff(edges).max()) / NS_PER_MS


class Upset:
    """The callers of one run, and the looks between two kills."""

    def __init__(self, system: System, call: Call, dice: random.Random, tally: Tally) -> None:
        self._system = system
        self._call = call
        self._dice = dice
        self._tally = tally
        self._kept = Promises()
        self._conference, self._sites = "", list[str]()

    async def begin(self) -> None:
        """A recorded conference with a room in it, when pictures have all that they ask for."""
        self._conference, self._sites = await self._system.conference()
        await self._call.begin(self._system, self._conference)
        async with asyncio.timeout(WAIT_S):
            quiet_since = CLOCK.now_ns()
            while CLOCK.now_ns() - quiet_since < SETTLED_S * NS_PER_SECOND:
                if (await self._system.engine())["counters"]["overload_step"]:
                    quiet_since = CLOCK.now_ns()
                await asyncio.sleep(LOOK_S)

    async def _ask(self, method: str, path: str, **given: Any) -> Any:
        """An answer; raises HTTPError where control died. Raises Refused for no success."""
        try:
            return await self._system.json(method, path, **given)
        except httpx.HTTPError:
            self._tally.unanswered += 1
            raise

    async def books(self) -> None:
        """Book for some day, delete now and then, for ever."""
        while True:
            day = wall_time() + timedelta(days=self._dice.randrange(30, 300))
            uris = [{"uri": f"site-{self._dice.randrange(1000)}"} for _ in range(3)]
            body = {"name": "kill", "begin": day.isoformat(), "minutes": 60, "sites": uris}
            try:
                made = await self._ask("POST", "/bookings", json=body)
                self._kept.booked.add(made["id"])
                self._tally.booked += 1
                if self._dice.random() < 0.3:
                    await self._delete(self._dice.choice(sorted(self._kept.booked)))
            except (httpx.HTTPError, Refused):
                await asyncio.sleep(0.05)

    async def _delete(self, number: int) -> None:
        self._kept.unsure.add(number)
        await self._ask("DELETE", f"/bookings/{number}")
        self._kept.unsure.discard(number)
        self._kept.booked.discard(number)
        self._kept.deleted.add(number)
        self._tally.deleted += 1

    async def steers(self) -> None:
        """Mute sites and change the layout, for ever."""
        path = f"/conferences/{self._conference}"
        while True:
            site, muted = self._dice.choice(self._sites), self._dice.random() < 0.5
            mode = self._dice.choice(LAYOUTS)
            try:
                self._kept.mutes.setdefault(site, {False}).add(muted)
                await self._ask("PATCH", f"{path}/sites/{site}", json={"muted": muted})
                self._kept.mutes[site] = {muted}
                self._kept.mode.add(mode)
                await self._ask("PUT", f"{path}/layout", json={"mode": mode})
                self._kept.mode = {mode}
                self._tally.changes += 2
            except (httpx.HTTPError, Refused):
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """Kill control, wait for it, compare."""
        before = await self._system.engine()
        killed_ns = CLOCK.now_ns()
        os.kill(control_of(self._system.pid), signal.SIGKILL)
        after = await self._back()
        back_ns = CLOCK.now_ns()
        back_s = (back_ns - killed_ns) / NS_PER_SECOND
        self._tally.kills += 1
        self._tally.slowest_back_s = max(self._tally.slowest_back_s, round(back_s, 2))
        whole = self._same(before, after) and self._heard_on(killed_ns, back_ns)
        self._tally.disturbed += not whole

    async def _back(self) -> dict[str, Any]:
        async with asyncio.timeout(BACK_S):
            while True:
                try:
                    return await self._system.engine()
                except (httpx.HTTPError, Refused):
                    await asyncio.sleep(0.05)

    def _same(self, before: dict[str, Any], after: dict[str, Any]) -> bool:
        """The same engine has the same conferences, with the same connections."""
        then = {one["id"]: one for one in before["conferences"]}
        now = {one["id"]: one for one in after["conferences"]}
        for name in set(then) & set(now):
            late = now[name]["late_audio_ticks"] - then[name]["late_audio_ticks"]
            self._tally.late_sound += late

        def joined(conferences: dict[str, Any]) -> set[tuple[str, str, str]]:
            return {
                (name, site["id"], site["endpoint"])
                for name, one in conferences.items()
                for site in one["sites"]
            }

        return before["pid"] == after["pid"] and joined(then) == joined(now)

    def _heard_on(self, killed_ns: int, back_ns: int) -> bool:
        """The room was sent what it was sent before."""
        before_ns = round(killed_ns - QUIET_S * NS_PER_SECOND)
        due = self._call.came(before_ns, killed_ns)
        whole = True
        for name, (count, pause_ms) in self._call.came(killed_ns, back_ns).items():
            before, before_ms = due[name]
            rate = before / QUIET_S * (back_ns - killed_ns) / NS_PER_SECOND
            longest = f"longest_{name.removesuffix('s')}_pause"
            self._note_most(f"{longest}_ms", pause_ms)
            self._note_most(f"{longest}_before_ms", before_ms)
            whole &= count >= FEWEST_PICTURES * rate - 2
            whole &= pause_ms <= max(LONGEST_PAUSE_MS[name], WORSE * before_ms)
        return whole

    def _note_most(self, name: str, value: float) -> None:
        setattr(self._tally, name, max(getattr(self._tally, name), round(value)))

    async def settle(self) -> None:
        """Everything that was promised is so; while nobody asks for changes."""
        there = set()
        for number in self._kept.booked | self._kept.deleted:
            reply = await self._system.http.get(f"/api/v1/bookings/{number}")
            if reply.is_success and any(
                one["state"] == "booked" for one in reply.json()["occurrences"]
            ):
                there.add(number)
        self._tally.lost += len(self._kept.booked - there - self._kept.unsure)
        self._tally.undone += len(self._kept.deleted & there)
        self._kept.booked = self._kept.booked & there
        self._kept.deleted.clear()
        self._kept.unsure.clear()
        view = await self._system.json("GET", f"/conferences/{self._conference}")
        engine = await self._system.engine()
        carried = next(one for one in engine["conferences"] if one["id"] == self._conference)
        muted = {one["id"]: one["muted"] for one in carried["sites"]}
        right = view["revision"] == carried["revision"] and carried["mode"] in self._kept.mode
        for site in view["sites"]:
            allowed = self._kept.mutes.get(site["id"], {False})
            right &= site["muted"] in allowed and muted[site["id"]] == site["muted"]
        self._tally.different += not right


def control_of(supervisor: int) -> int:
    """The process of control among the supervisor's children; raises Refused."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended meanwhile
        if parent == supervisor and b"control_api" in words:
            return int(entry.name)
    raise Refused("control is not there")


async def _measure(times: int, seed: int, tally: Tally, keep: Callable[[], None]) -> None:
    dice, call = random.Random(seed), Call()
    async with running() as system, call.fleet:
        upset = Upset(system, call, dice, tally)
        await upset.begin()
        os.nice(NICE)  # callers sit at machines of their own: theirs is no work of this one
        for _ in range(times):
            callers = [asyncio.create_task(work()) for work in (upset.books, upset.steers)]
            await asyncio.sleep(QUIET_S + dice.random() * MOST_BETWEEN_S)
            try:
                await upset.kill()
            finally:
                for caller in callers:
                    caller.cancel()
                await asyncio.gather(*callers, return_exceptions=True)
            await upset.settle()
            keep()


def run(times: int, kept: Path) -> Report:
    """Kill so many times more, after those that `kept` tells of; BadInput for no such file."""
    pieces = _read(kept)
    tally = Tally()
    before = list(pieces)

    def keep() -> None:
        """After each, so that a run that is cut short counts, too."""
        pieces[:] = [*before, asdict(tally)]
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(pieces, indent=1), "utf-8")

    asyncio.run(_measure(times, len(before), tally, keep))
    names = list(asdict(tally))
    rows: list[Row] = [
        {
            "what": name.replace("_", " "),
            "this run": asdict(tally)[name],
            "all": (max if name in MOST else sum)(one[name] for one in pieces),
        }
        for name in names
    ]
    return Report("kills", rows, notes=[f"{len(pieces)} runs, kept in {kept}"])


def _read(kept: Path) -> list[dict[str, Any]]:
    if not kept.exists():
        return []
    try:
        pieces: list[dict[str, Any]] = json.loads(kept.read_text("utf-8"))
        return [asdict(Tally(**piece)) for piece in pieces]
    except (OSError, ValueError, TypeError) as error:
        raise BadInput("--kept", f"a file of this bench ({error})") from error
