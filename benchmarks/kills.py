"""kills: control is killed again and again while callers book and steer (bar 5).

A whole system is started as users start it, with two recorded conferences. One caller books and
deletes bookings, one mutes sites and changes layouts, one asks; control is killed with SIGKILL at
moments of the dice. When it is back: what was answered must be so, what was not may be so or not;
the engine must be the same, and its pictures and sound must have gone on meanwhile.
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

from benchmarks.gateway_rig import System, running
from benchmarks.report import Report, Row
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock, wall_time

CLOCK = MonotonicClock()
BACK_S = 30.0
MOST_BETWEEN_S = 1.5
FEWEST_PICTURES = 0.9
"""Of those that are due while control is killed and comes back: of the rate before."""

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


@dataclass
class Promises:
    """What was answered, and what was asked when control died: that may be so or not."""

    booked: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    unsure: set[int] = field(default_factory=set)
    mutes: dict[str, set[bool]] = field(default_factory=dict)
    mode: set[int] = field(default_factory=set)


class Upset:
    """The callers of one run, and the looks between two kills."""

    def __init__(self, system: System, dice: random.Random, tally: Tally) -> None:
        self._system = system
        self._dice = dice
        self._tally = tally
        self._kept = Promises()
        self._conference, self._sites = "", list[str]()

    async def begin(self) -> None:
        """Two recorded conferences."""
        self._conference, self._sites = await self._system.conference()
        await self._system.conference()

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
        back_s = (CLOCK.now_ns() - killed_ns) / NS_PER_SECOND
        self._tally.kills += 1
        self._tally.slowest_back_s = max(self._tally.slowest_back_s, round(back_s, 2))
        self._compare(before, after)

    async def _back(self) -> dict[str, Any]:
        async with asyncio.timeout(BACK_S):
            while True:
                try:
                    return await self._system.engine()
                except (httpx.HTTPError, Refused):
                    await asyncio.sleep(0.05)

    def _compare(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """The same engine went on with the same conferences."""
        seconds = (after["now_ns"] - before["now_ns"]) / NS_PER_SECOND
        then = {one["id"]: one for one in before["conferences"]}
        now = {one["id"]: one for one in after["conferences"]}
        whole = before["pid"] == after["pid"] and set(then) == set(now)
        for name in set(then) & set(now):
            pictures = now[name]["serial"] - then[name]["serial"]
            due = 30 * seconds / (2 if after["counters"]["overload_step"] else 1)
            whole &= pictures >= FEWEST_PICTURES * due - 2
            late = now[name]["late_audio_ticks"] - then[name]["late_audio_ticks"]
            self._tally.late_sound += late
        self._tally.disturbed += not whole

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
    dice = random.Random(seed)
    async with running() as system:
        upset = Upset(system, dice, tally)
        await upset.begin()
        await asyncio.sleep(3.0)
        for _ in range(times):
            callers = [asyncio.create_task(work()) for work in (upset.books, upset.steers)]
            await asyncio.sleep(dice.random() * MOST_BETWEEN_S)
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
            "all": (max if name == "slowest_back_s" else sum)(one[name] for one in pieces),
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
