"""keyframes: who gets one when receivers ask, join, or a layout changes (bar 6)."""

import asyncio
import random
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import msgspec

from benchmarks.live import CONFERENCE, Run, Setting, watch
from benchmarks.load.fleet import Sends
from benchmarks.load.tape import Numbers
from benchmarks.report import Report, Row
from benchmarks.rig import Rig
from benchmarks.scenes import BITRATE_BPS, conference, members, pictures, plans, voices
from mcu_core.contract.definition import LayoutChoice, VideoLimit
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock

SENDERS, CLASSES = 4, 2
SETTLE_S = 2.0
"""After joining, keyframes of the first seconds have come."""

RELAYOUT_MODE = 36
SEED = 6


@dataclass(slots=True)
class Phase:
    """A stretch of the run, and how many keyframes each class may get in it."""

    name: str
    begun_ns: int
    ended_ns: int
    allowed: tuple[int, int]


def run(seconds: int, receivers: int, clips: Path) -> Report:
    """So many receivers in two rate classes; `seconds` of asking, and of not asking before."""
    sending = pictures(SENDERS, "360p", clips)
    video: list[Sends | None] = [*sending, *[None] * (receivers + 1 - SENDERS)]
    limits = [VideoLimit(), VideoLimit(bitrate_bps=BITRATE_BPS // 2)]
    made = list(members(plans(video, voices(receivers + 1)), limits))
    made[-1] = replace(made[-1], attached=False)
    definition = conference([member.definition for member in made], SENDERS)
    phases: list[Phase] = []
    clock = MonotonicClock()

    async def during(rig: Rig, run: Run) -> None:
        async def phase(name: str, length_s: float, allowed: tuple[int, int]) -> None:
            begun_ns = clock.now_ns()
            await asyncio.sleep(length_s)
            phases.append(Phase(name, begun_ns, clock.now_ns(), allowed))

        await asyncio.sleep(SETTLE_S)
        await phase("nothing happens", seconds, (0, 0))
        asking = asyncio.create_task(_ask(run, receivers, seconds))
        await phase("all ask, each once a second", seconds, (seconds + 1, seconds + 1))
        await asking
        await asyncio.sleep(SETTLE_S)
        joiner = run.fleet.sites[-1]
        await rig.attach(CONFERENCE, made[-1].id, joiner)
        joined = (len(made) - 1) % CLASSES
        await phase("one joins", SETTLE_S, (int(joined == 0), int(joined == 1)))
        await asyncio.sleep(SETTLE_S)
        changed = msgspec.structs.replace(
            definition, layout=LayoutChoice(mode=RELAYOUT_MODE), revision=1
        )
        await rig.put(changed)
        await phase("the layout changes", SETTLE_S, (0, 0))

    report = Report(f"keyframes to {receivers} receivers in {CLASSES} classes, {seconds} s", [])

    def evaluate(done: Run) -> None:
        came = _by_class(done)
        for phase in phases:
            report.rows += [_row(phase, number, came[number]) for number in range(CLASSES)]
        report.stalls = done.stalls

    length_s = 2 * seconds + 6 * SETTLE_S
    asyncio.run(watch(Setting((definition,), tuple(made)), length_s, during, evaluate))
    return report


async def _ask(run: Run, receivers: int, seconds: int) -> None:
    """Each receiver asks once in each second, at a moment of its own."""
    dice = random.Random(SEED)
    begun_s = asyncio.get_running_loop().time()
    moments = sorted(
        (second + dice.random(), receiver)
        for second in range(seconds)
        for receiver in range(receivers)
    )
    for moment_s, receiver in moments:
        await asyncio.sleep(max(0.0, begun_s + moment_s - asyncio.get_running_loop().time()))
        run.fleet.ask_keyframe(receiver)


def _by_class(done: Run) -> list[Numbers]:
    """When keyframes came to the first receiver of each class, which gets what all of it get."""
    return [done.fleet.keyframes_ns(line) for line in done.video_lines[:CLASSES]]


def _row(phase: Phase, number: int, came_ns: Numbers) -> Row:
    within = came_ns[(came_ns >= phase.begun_ns) & (came_ns < phase.ended_ns)]
    gaps = [int(b) - int(a) for a, b in pairwise(within)]
    return {
        "keyframes": f"{phase.name}, class {number + 1}",
        "seconds": round((phase.ended_ns - phase.begun_ns) / NS_PER_SECOND, 1),
        "came": len(within),
        "at most": phase.allowed[number],
        "shortest gap, s": round(min(gaps, default=0) / NS_PER_SECOND, 2),
    }
