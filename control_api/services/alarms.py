"""Alarms: the machine is full, packets get lost, a process is gone; raised, told and cleared."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass, replace

import structlog

from control_api.persistence.alarms import Alarm, AlarmRows
from control_api.services.feed import Feed
from control_api.services.machine import Fullness, Machine
from control_api.services.own_tasks import OwnTasks
from control_api.services.thresholds import Key, Levels, Threshold
from mcu_core.contract.snapshots import SiteSnapshot
from mcu_core.errors import McuError, NotFound
from mcu_core.media.clock import NS_PER_SECOND, Clock, wall_time_s

log = structlog.get_logger()

EVERY_S = 5.0
LOSS_NS = 30 * NS_PER_SECOND
"""Loss is that of so long a time."""

FEWEST_PACKETS = 200
"""Of fewer nothing can be said."""

KEPT_S = 184 * 86400.0
FORGET_EVERY = 1000

EVENT = "alarm"


@dataclass(frozen=True, slots=True)
class Limits:
    """From which share (0..1) on processor, memory, disk and loss are alarms, after `hold_s`."""

    cpu: float = 0.9
    memory: float = 0.9
    disk: float = 0.9
    loss: float = 0.05
    hold_s: float = 30.0

    def thresholds(self) -> dict[str, Threshold]:
        """By kind. What was full is over a tenth below, so that it does not flutter."""
        shares = {"cpu": self.cpu, "memory": self.memory, "disk": self.disk, "loss": self.loss}
        found = {kind: Threshold(at, 0.9 * at, self.hold_s) for kind, at in shares.items()}
        gone = Threshold(1.0, 0.0, 0.0)
        return found | {"engine": gone, "recorder": gone}


@dataclass(frozen=True, slots=True)
class Processes:
    """Which processes there should be, and whether each answers; `recorder` None: none wanted."""

    engines: dict[str, bool]
    recorder: bool | None


Sites = Iterable[tuple[str, SiteSnapshot]]
"""All that are connected, each with its conference."""


class Alarms:
    """Owns one task; `open` before use, `start` and `stop` are its life."""

    def __init__(
        self,
        rows: AlarmRows,
        feed: Feed,
        clock: Clock,
        machine: Machine,
        limits: Limits,
        processes: Callable[[], Processes],
        sites: Callable[[], Sites],
        wall_s: Callable[[], float] = wall_time_s,
    ) -> None:
        self._rows = rows
        self._feed = feed
        self._clock = clock
        self._machine = machine
        self._processes = processes
        self._sites = sites
        self._wall_s = wall_s
        self._levels = Levels(limits.thresholds())
        self._active: dict[Key, Alarm] = {}
        self._counted: dict[str, deque[tuple[int, str, int, int]]] = {}
        """By object: when, connection, packets that came, and lost."""
        self._last = 0
        self.full: Fullness | None = None
        """How full the machine was at the last look."""
        self._tasks = OwnTasks()

    async def open(self) -> None:
        """Take up what an earlier process of ours had raised."""
        self._last = await self._rows.last_number()
        self._active = {(one.kind, one.object): one for one in await self._rows.active()}
        self._levels.on = set(self._active)
        await self._rows.forget_before(self._wall_s() - KEPT_S)

    def start(self) -> None:
        """Begin to look."""
        self._tasks.start(self._run(), "alarms")

    async def stop(self) -> None:
        """End and wait for it; safe twice. What is on stays on."""
        await self._tasks.stop()

    @property
    def active(self) -> list[Alarm]:
        """What is wrong now, the oldest first."""
        return sorted(self._active.values(), key=lambda alarm: alarm.number)

    async def newest(self, most: int, kinds: Collection[str], before: int = 0) -> list[Alarm]:
        """The newest of these kinds first, also those that are over; see AlarmRows.newest."""
        return await self._rows.newest(most, kinds, before)

    async def acknowledge(self, number: int, user: str) -> Alarm:
        """Somebody has seen it; the first who did stays. Raises NotFound, NotStored."""
        alarm = await self._rows.one(number)
        if alarm is None:
            raise NotFound("alarm", str(number))
        if alarm.seen_by:
            return alarm
        # What is on may have been cleared since the row was read.
        now = self._active.get((alarm.kind, alarm.object))
        latest = now if now is not None and now.number == number else alarm
        seen = replace(latest, seen_by=user, seen_s=self._wall_s())
        if now is not None and now.number == number:
            self._active[seen.kind, seen.object] = seen
        await self._rows.put(seen)
        self._feed.publish(EVENT, "", asdict(seen))
        return seen

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.look()
            except Exception:  # a look that broke must not be the last one
                log.exception("looking for alarms broke")

    async def look(self) -> None:
        """Measure, raise, clear, tell."""
        measured = await asyncio.to_thread(self._of_machine)
        measured |= self._of_processes() | self._of_lines()
        raised, over = self._levels.look(measured, self._clock.now_ns())
        now_s = self._wall_s()
        told = [replace(self._active.pop(key), cleared_s=now_s) for key in over]
        for key in raised:
            self._last += 1
            self._active[key] = Alarm(self._last, *key, round(measured[key], 4), now_s)
            told.append(self._active[key])
        for alarm in told:
            await self._tell(alarm)

    async def _tell(self, alarm: Alarm) -> None:
        """Keep it, log it, publish it; where the disk does not take it, the log has it."""
        log.warning("alarm", **asdict(alarm))
        self._feed.publish(EVENT, "", asdict(alarm))
        try:
            await self._rows.put(alarm)
            if alarm.number % FORGET_EVERY == 0:
                await self._rows.forget_before(self._wall_s() - KEPT_S)
        except McuError as error:
            log.error("alarm not stored", reason=str(error))

    # ------------------------------------------------------------------ measuring

    def _of_machine(self) -> dict[Key, float]:
        try:
            self.full = full = self._machine.look()
        except (OSError, ValueError, KeyError) as error:
            log.warning("the machine does not tell how full it is", reason=str(error))
            self.full = None
            return {}
        return {("cpu", ""): full.cpu, ("memory", ""): full.memory, ("disk", ""): full.disk}

    def _of_processes(self) -> dict[Key, float]:
        found = self._processes()
        measured = {("engine", name): float(not up) for name, up in found.engines.items()}
        if found.recorder is not None:
            measured["recorder", ""] = float(not found.recorder)
        return measured

    def _of_lines(self) -> dict[Key, float]:
        now_ns = self._clock.now_ns()
        counted: dict[str, deque[tuple[int, str, int, int]]] = {}
        measured: dict[Key, float] = {}
        for conference, site in self._sites():
            name = f"{conference}/{site.id}"
            seen = counted[name] = self._counted.get(name, deque())
            if seen and seen[-1][1] != site.endpoint:
                seen.clear()
            seen.append((now_ns, site.endpoint, site.packets_received, site.packets_lost))
            while now_ns - seen[0][0] > LOSS_NS:
                seen.popleft()
            came, lost = site.packets_received - seen[0][2], site.packets_lost - seen[0][3]
            measured["loss", name] = lost / (came + lost) if came + lost >= FEWEST_PACKETS else 0.0
        self._counted = counted
        return measured
