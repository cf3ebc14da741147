"""Watches how the engine keeps up, lets pictures give way in time, and knows if there is room."""

import asyncio
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

import structlog

from mcu_core.adaptation.admission import Load, Spent, cost_of, refusal
from mcu_core.adaptation.overload import STEPS, Effort, Overload, Pressure
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.egress.video_group import VideoGroup
from mcu_core.endpoints.endpoint import Endpoint
from mcu_core.engine.admission import Admission, Coding
from mcu_core.engine.conference import Conference
from mcu_core.engine.seat import Seat
from mcu_core.engine.ticks import Ticker
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_SECOND, Clock, cpu_time_s

log = structlog.get_logger()

Counted = TypeVar("Counted")

LOOK_EVERY_S = 0.25
SMOOTHING = 0.25
SETTLING_NS = 3 * NS_PER_SECOND
"""As long as this a new site's cost is not yet in what is measured."""

ARRIVING_NS = 2 * NS_PER_SECOND
"""So long after it began to send a site, or after it began to run an encoder, counts as new."""

_STAT = Path("/proc/stat")


class Count(NamedTuple):
    """Running totals of one ticker (ticks, those behind) or encoder group (pictures that it coded
    or not, those that it did not)."""

    whole: int
    part: int


class EffortKeeper(Admission):
    """One task: looks four times a second, tells all conferences; `start` and `stop` own it.

    `capacity_cores` bounds admission; by default the cores that this process may use.
    """

    def __init__(
        self,
        clock: Clock,
        conferences: Callable[[], Collection[Conference]],
        capacity_cores: float | None = None,
    ) -> None:
        self.overload = Overload()
        self.used_cores = 0.0
        self._clock = clock
        self._conferences = conferences
        self._cores = capacity_cores or float(len(os.sched_getaffinity(0)))
        self._admitted: list[tuple[int, float]] = []
        self._ticks: dict[Ticker, Count] = {}
        self._pictures: dict[VideoGroup, Count] = {}
        self._machine = Count(0, 0)
        self._streams: frozenset[int] = frozenset()
        self._arrived_ns: int | None = None
        self._cpu_s = cpu_time_s()
        self._looked_ns = clock.now_ns()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look_on(), name="effort")

    async def stop(self) -> None:
        """End the task and wait for it; safe twice."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look()

    # ------------------------------------------------------------------ overload

    def look(self) -> None:
        """Take one look and carry out what follows from it."""
        now_ns = self._clock.now_ns()
        conferences = self._conferences()
        pressure = self._pressure(conferences, now_ns)
        self._measure(now_ns)
        before = self.overload.step
        effort = self.overload.push(pressure, now_ns)
        if self.overload.step != before:
            log.warning("pictures' effort changed", step=self.overload.step, pressure=str(pressure))
        for conference in conferences:
            self._tell(conference, effort)

    @staticmethod
    def _tell(conference: Conference, effort: Effort) -> None:
        if conference.views.pictures.effort != effort:
            conference.views.set_effort(effort)
            conference.look_again()

    def _pressure(self, conferences: Collection[Conference], now_ns: int) -> Pressure:
        backlog = max(
            (_behind(seat) for conference in conferences for seat in conference.seats()), default=0
        )
        machine, self._machine = self._machine, _machine_time()
        tickers = {conference.views.pictures.ticker for conference in conferences}
        late, self._ticks = _grown(self._ticks, tickers, _ticks)
        groups = {group for c in conferences for group in c.views.outputs.groups()}
        overtaken, self._pictures = _grown(self._pictures, groups, _pictures)
        return Pressure(
            late=late,
            overtaken=overtaken,
            backlog=backlog,
            busy=1 - _share(self._machine.part - machine.part, self._machine.whole - machine.whole),
            arriving=self._arriving(conferences, now_ns),
        )

    def _arriving(self, conferences: Collection[Conference], now_ns: int) -> bool:
        """Whether streams have begun lately: sites that send pictures, encoders that run."""
        before, self._streams = self._streams, frozenset(_streams(conferences))
        if self._streams - before:
            self._arrived_ns = now_ns
        return self._arrived_ns is not None and now_ns - self._arrived_ns < ARRIVING_NS

    def _measure(self, now_ns: int) -> None:
        cpu_s, length_ns = cpu_time_s(), max(1, now_ns - self._looked_ns)
        used = (cpu_s - self._cpu_s) * NS_PER_SECOND / length_ns
        self.used_cores += SMOOTHING * (used - self.used_cores)
        self._cpu_s, self._looked_ns = cpu_s, now_ns

    # ------------------------------------------------------------------ admission

    def admit(self, conference: Coding, site: str, endpoint: Endpoint) -> None:
        """Let one more site in, or a viewer; raises Refused with the reason where there is no room
        for it: for decoding what it sends, and for an encoder where no running one suits it."""
        pixels_s = conference.coding(also=((site, endpoint),)) - conference.coding()
        if site:
            sends = endpoint.abilities.sends_video
            self._take(Load(1, int(sends), pixels_s), "one more site")
        else:
            self._take(Load(coded_pixels_s=pixels_s), "one more viewer")

    def admit_change(self, conference: Coding, definition: ConferenceDefinition) -> None:
        """Let a conference become that; raises Refused where it needs more encoders than there is
        room for."""
        pixels_s = conference.coding(definition) - conference.coding()
        self._take(Load(coded_pixels_s=pixels_s), "one more picture of its own")

    def expect(self, conference: Coding, site: str, endpoint: Endpoint) -> None:
        """Count a tap's encoders at once, before they are measured."""
        pixels_s = conference.coding(also=((site, endpoint),)) - conference.coding()
        spent = self._settled()
        self._admitted.append((self._clock.now_ns(), cost_of(spent, Load(coded_pixels_s=pixels_s))))

    def affords(self, pixels_s: int) -> bool:
        """Whether there is room for one more rung of a ladder; where there is, it is counted."""
        try:
            self._take(Load(coded_pixels_s=pixels_s), "one more rung")
        except Refused:
            return False
        return True

    def _take(self, load: Load, what: str) -> None:
        spent = self._settled()
        cost = cost_of(spent, load)
        if not cost:
            return
        reason = refusal(spent, cost, what)
        if reason:
            raise Refused(reason)
        self._admitted.append((self._clock.now_ns(), cost))

    def _settled(self) -> Spent:
        """What is used now, with what was let in and is not measured yet."""
        now_ns = self._clock.now_ns()
        self._admitted = [(at, cost) for at, cost in self._admitted if now_ns - at < SETTLING_NS]
        return self._spent(now_ns)

    def _spent(self, now_ns: int) -> Spent:
        conferences = self._conferences()
        running = [group for c in conferences for group in c.views.outputs.groups()]
        groups = [group for group in running if group.encoding_ms]
        per_720p = [g.encoding_ms * 1280 * 720 / (g.form.width * g.form.height) for g in groups]
        seats = [seat for conference in conferences for seat in conference.seats()]
        decoders = [
            seat.video.stats.decoding_ms * seat.video.stats.fps(now_ns) / 1000 for seat in seats
        ]
        return Spent(
            used_cores=self.used_cores + sum(cost for _, cost in self._admitted),
            cores=self._cores,
            decoders=decoders,
            encode_ms=sum(per_720p) / len(per_720p) if per_720p else 0.0,
            step=self.overload.step,
        )

    def counters(self) -> dict[str, float]:
        """For snapshots: the overload step 0..5, cores in use and to be had."""
        return {
            "overload_step": float(self.overload.step),
            "overload_last_step": float(len(STEPS) - 1),
            "cores_used": round(self.used_cores, 3),
            "cores": self._cores,
        }


def _ticks(ticker: Ticker) -> Count:
    return Count(ticker.ticks, ticker.behind)


def _pictures(group: VideoGroup) -> Count:
    return Count(group.units + group.dropped, group.dropped)


def _grown(
    before: Mapping[Counted, Count], now: Collection[Counted], count: Callable[[Counted], Count]
) -> tuple[float, dict[Counted, Count]]:
    """The share 0..1 in what has been counted since `before`, and what is before the next time.

    What has ended since tells its last: it takes nothing away from what the others have counted.
    """
    after = {one: count(one) for one in now}
    last = {one: count(one) for one in before if one not in after}
    totals, known = [*after.values(), *last.values()], before.values()
    share = _share(
        sum(total.part for total in totals) - sum(was.part for was in known),
        sum(total.whole for total in totals) - sum(was.whole for was in known),
    )
    return share, after


def _behind(seat: Seat) -> int:
    """Coded pictures that wait for the one of its decoders that is further behind."""
    return max(seat.video.backlog, seat.content.backlog)


def _streams(conferences: Collection[Conference]) -> Iterator[int]:
    """Identities of what takes CPU time all the while."""
    for conference in conferences:
        yield from (id(seat) for seat in conference.seats() if seat.video.units)
        yield from (id(group) for group in conference.views.outputs.groups())


def _share(part: int, whole: int) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 0.0


def _machine_time() -> Count:
    """All CPU time of the machine since it started (proc(5)), in ticks of its clock, and idle."""
    values = [int(text) for text in _STAT.read_text().split("\n", 1)[0].split()[1:9]]
    return Count(sum(values), values[3] + values[4])
