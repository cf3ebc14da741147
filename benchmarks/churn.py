"""churn: thousands of seeded joins, leaves, relayouts and mutes against one engine (bar 12).

One site stays and watches. After each stretch the room rests for a moment: then every pane must
show the site that the engine says, with pictures of now; and when all have left, threads,
descriptors and memory must be what they were.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.figures import cost_rows, figure
from benchmarks.live import CONFERENCE, Member, Run, Setting, rtp_site, watch
from benchmarks.load.fleet import Sends
from benchmarks.load.recording import Recording
from benchmarks.process import Usage
from benchmarks.report import Report, Row
from benchmarks.rig import Rig
from benchmarks.scenes import conference, plans, voices
from benchmarks.sights import Seen, Sender, decoded, markers
from benchmarks.tapes import VideoKind, video_tape
from mcu_core.compositor.scene import plan
from mcu_core.contract.definition import (
    ConferenceDefinition,
    LayoutChoice,
    View,
)
from mcu_core.errors import McuError
from mcu_core.layouts.catalogue import MODES
from mcu_core.media import marker
from mcu_core.media.clock import NS_PER_MS, MonotonicClock

CANVAS, BITRATE_BPS, SITES = (640, 360), 600_000, 8
REST_S, LOOK_S = 1.2, 0.4
SLOWEST_NS = 500 * NS_PER_MS
"""A picture that left longer ago than this, and is still shown, is stale."""

LEAVE_S = 5.0
WARM_UP_SHARE = 0.3
"""Of the events: after those, memory must not grow any more."""

SMALLEST_PANE = (90, 60)
"""Pixels of a pane in which a counter can still be read."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A moment of rest: who stood in which pane from `begun_ns` on."""

    begun_ns: int
    ended_ns: int
    mode: int
    panes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """What the engine's process used after so many events."""

    events: int
    usage: Usage


class Crowd:
    """What is wanted of the conference, changed by one seeded event after the other."""

    def __init__(self, members: Sequence[Member], definition: ConferenceDefinition, seed: int):
        self.definition = definition
        self.attached: dict[str, str] = {}
        self._members = members
        self._dice = random.Random(seed)
        self.kinds: dict[str, int] = {}

    async def event(self, rig: Rig, run: Run) -> None:
        """Do one thing; refusals count, and are no failure."""
        kind = self._dice.choices(
            ("join", "leave", "relayout", "mute", "hide", "own"), (25, 20, 20, 20, 10, 5)
        )[0]
        number = self._dice.randrange(1, len(self._members))  # 0 stays and watches
        try:
            await getattr(self, f"_{kind}")(rig, run, number)
        except McuError:
            kind = "refused"
        self.kinds[kind] = self.kinds.get(kind, 0) + 1

    async def _join(self, rig: Rig, run: Run, number: int) -> None:
        """A connection comes, or comes anew."""
        id = self._members[number].id
        if id not in {site.id for site in self.definition.sites}:
            sites = (*self.definition.sites, self._members[number].definition)
            await self._put(rig, sites=sites)
        self.attached[id] = await rig.attach(CONFERENCE, id, run.fleet.sites[number])
        run.fleet.order(number, "active", 1)

    async def _leave(self, rig: Rig, run: Run, number: int) -> None:
        """A connection ends, or its site is taken off the list too."""
        id = self._members[number].id
        run.fleet.order(number, "active", 0)
        endpoint = self.attached.pop(id, "")
        if self._dice.random() < 0.5:
            await rig.detach(CONFERENCE, endpoint)
        else:
            sites = tuple(site for site in self.definition.sites if site.id != id)
            await self._put(rig, sites=sites)

    async def _relayout(self, rig: Rig, run: Run, number: int) -> None:
        automatic = self._dice.random() < 0.3
        mode = None if automatic else self._dice.randrange(1, len(MODES))
        await self._put(rig, layout=LayoutChoice(mode=mode))

    async def _mute(self, rig: Rig, run: Run, number: int) -> None:
        await self._change(rig, number, muted=self._dice.random() < 0.5)

    async def _hide(self, rig: Rig, run: Run, number: int) -> None:
        await self._change(rig, number, video_off=self._dice.random() < 0.3)

    async def _own(self, rig: Rig, run: Run, number: int) -> None:
        view = View(LayoutChoice(mode=11)) if self._dice.random() < 0.5 else None
        await self._change(rig, number, view=view)

    async def _change(self, rig: Rig, number: int, **fields: object) -> None:
        id = self._members[number].id
        sites = tuple(
            msgspec.structs.replace(site, **fields) if site.id == id else site
            for site in self.definition.sites
        )
        await self._put(rig, sites=sites)

    async def _put(self, rig: Rig, **fields: object) -> None:
        revision = self.definition.revision + 1
        self.definition = msgspec.structs.replace(self.definition, revision=revision, **fields)
        await rig.put(self.definition)

    async def empty(self, rig: Rig, run: Run) -> None:
        """All but the one that watches leave."""
        for number in range(1, len(self._members)):
            run.fleet.order(number, "active", 0)
        self.attached.clear()
        await self._put(rig, sites=self.definition.sites[:1], layout=LayoutChoice(mode=11))


def run(events: int, each: int, seed: int, clips: Path) -> Report:
    """So many events, with a rest after `each`; the same ones for the same seed."""
    video = [Sends(video_tape(VideoKind(k, "360p", 30, 500_000), clips)) for k in range(SITES)]
    made = plans(video, voices(SITES), watched=[0])
    members = [Member(rtp_site(f"s{k}"), site_plan) for k, site_plan in enumerate(made)]
    members = [members[0], *(replace(member, attached=False) for member in members[1:])]
    definition = conference([members[0].definition], 1, CANVAS, bitrate_bps=BITRATE_BPS)
    definition = msgspec.structs.replace(definition, panes=(), layout=LayoutChoice(mode=11))
    crowd = Crowd(members, definition, seed)
    rests: list[Rest] = []
    samples: list[Sample] = []

    async def during(rig: Rig, run: Run) -> None:
        for number in range(1, SITES):
            run.fleet.order(number, "active", 0)
        for done in range(0, events, each):
            for _ in islice(range(each), events - done):
                await crowd.event(rig, run)
            rests.append(await _rest(rig))
            samples.append(Sample(min(events, done + each), rig.usage()))
        await crowd.empty(rig, run)
        await asyncio.sleep(LEAVE_S)
        samples.append(Sample(events, rig.usage()))

    report = Report(f"churn of {events} events, seed {seed}", [])

    def evaluate(done: Run) -> None:
        report.rows = [figure(f"events: {kind}", n) for kind, n in sorted(crowd.kinds.items())]
        report.rows += _pane_rows(done, members, rests) + _leak_rows(done, samples)
        report.rows += cost_rows(done)
        report.stalls = done.stalls
        report.series = {"engine": [sample.usage.rss_mb for sample in samples]}
        report.series_unit = "MB resident"

    length_s = events / 20 + events / each * (REST_S + LOOK_S) + LEAVE_S + 60
    setting = Setting((definition,), tuple(members))
    asyncio.run(watch(setting, length_s, during, evaluate))
    return report


async def _rest(rig: Rig) -> Rest:
    """Wait until all is as wanted, note what that is, and let it be looked at."""
    clock = MonotonicClock()
    await asyncio.sleep(REST_S)
    before = await rig.snapshot(CONFERENCE)
    begun_ns = clock.now_ns()
    await asyncio.sleep(LOOK_S)
    after, ended_ns = await rig.snapshot(CONFERENCE), clock.now_ns()
    steady = before.panes == after.panes and before.mode == after.mode
    return Rest(begun_ns, ended_ns, after.mode or 0, after.panes if steady else ())


# ------------------------------------------------------------------ what it says


def _pane_rows(done: Run, members: Sequence[Member], rests: Sequence[Rest]) -> list[Row]:
    line = done.fleet.sites[0].video
    assert line is not None
    recording = done.recording(line)
    looked = stale = wrong = 0
    for rest, seen in zip(rests, _seen_at_rest(recording, rests), strict=True):
        for pane, id in enumerate(rest.panes):
            number = next((k for k, member in enumerate(members) if member.id == id), -1)
            for sight in seen:
                found = sight.markers[pane]
                if found is None:
                    continue
                looked += 1
                wrong += found.source != number
                stale += found.source == number and _is_stale(done, number, sight, pane)
    return [
        figure("rests", len(rests)),
        figure("counters looked at", looked),
        figure("panes that showed another site than said", wrong, "0"),
        figure("panes with a picture of over 0.5 s ago", stale, "0"),
        figure("datagrams that found no room to be kept", recording.missed, "0"),
    ]


def _is_stale(done: Run, number: int, sight: Seen, pane: int) -> bool:
    line, mark = done.fleet.sites[number].video, sight.markers[pane]
    assert line is not None
    assert line.sends is not None
    assert mark is not None
    sender = Sender(done.fleet.sent_ns(line), line.sends.tape.units, line.sends.first_unit)
    left_ns = sender.left_ns(mark.counter, sight.at_ns)
    return left_ns is None or sight.at_ns - left_ns > SLOWEST_NS


def _seen_at_rest(recording: Recording, rests: Sequence[Rest]) -> list[list[Seen]]:
    """What was seen in each rest."""
    seen: list[list[Seen]] = [[] for _ in rests]
    panes = [_readable(rest) for rest in rests]
    number = 0
    for coded, luma in decoded(recording):
        while number < len(rests) and coded.at_ns >= rests[number].ended_ns:
            number += 1
        if number < len(rests) and coded.at_ns >= rests[number].begun_ns:
            seen[number].append(Seen(coded.at_ns, markers(luma, panes[number])))
    return seen


def _readable(rest: Rest) -> list[marker.Rect]:
    """Where the panes are; beyond the picture for those too small to be read."""
    rects = plan(MODES[rest.mode], *CANVAS)[: len(rest.panes)]
    large = [r.w >= SMALLEST_PANE[0] and r.h >= SMALLEST_PANE[1] for r in rects]
    return [
        (float(r.x), float(r.y), float(r.w), float(r.h)) if readable else (-1.0, -1.0, 1.0, 1.0)
        for r, readable in zip(rects, large, strict=True)
    ]


def _leak_rows(done: Run, samples: Sequence[Sample]) -> list[Row]:
    before, after = done.engine[0], samples[-1].usage
    rows = [
        figure("threads more than at first", after.threads - before.threads, "0"),
        figure("descriptors more than at first", after.descriptors - before.descriptors, "0"),
    ]
    began, ended = done.began[CONFERENCE], done.ended[CONFERENCE]
    rows.append(
        figure("encoders more than at first", len(ended.video_outputs) - len(began.video_outputs))
    )
    late = [s for s in samples[:-1] if s.events >= WARM_UP_SHARE * samples[-1].events]
    if len(late) >= 3:
        slope = np.polyfit([s.events / 1000 for s in late], [s.usage.rss_mb for s in late], 1)[0]
        rows.append(figure("memory's slope, MB per 1000 events", slope, "1"))
    rate = samples[-1].events / max(done.seconds, 1e-9)
    return [*rows, figure("events a second", rate)]
