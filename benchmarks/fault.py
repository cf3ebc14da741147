"""fault: one site on a dead line, then on one that loses 30 % (bar 11).

What the others get meanwhile is told by counters burnt into the pictures and a steady tone.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.hearing import cracks, heard
from benchmarks.live import Run, Setting, watch
from benchmarks.load.fleet import Sends
from benchmarks.load.recording import Recording
from benchmarks.report import Report, Row
from benchmarks.rig import Rig
from benchmarks.scenes import conference, members, pane_rects, pictures, plans, tone_of
from benchmarks.sights import shown_per_s, sights
from benchmarks.tapes import silent, sound_tape, tone
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock
from mcu_core.media.codec import OPUS

LOSS_PERMILLE = 300
SETTLE_S = 2.0
SOUNDING = 1
"""The site whose tone site 0 listens to; the last site is the one with the bad line."""


@dataclass(slots=True)
class Phase:
    """A stretch of the run."""

    name: str
    begun_ns: int
    ended_ns: int


def run(seconds: int, sites: int, size: str, clips: Path) -> Report:
    """`seconds` each: all well, one line dead, well again, one line losing 30 %."""
    quiet, sounding = Sends(sound_tape(OPUS, silent)), Sends(sound_tape(OPUS, tone(tone_of(0))))
    sound = [sounding if k == SOUNDING else quiet for k in range(sites)]
    made = members(plans(pictures(sites, size, clips), sound, watched=[0]))
    definition = conference([member.definition for member in made], sites)
    report = Report(f"fault of one of {sites} sites, {size}, {seconds} s each", [])
    phases: list[Phase] = []
    clock = MonotonicClock()

    async def during(rig: Rig, run: Run) -> None:
        async def phase(name: str, settle_s: float = 0.0) -> None:
            begun_ns = clock.now_ns()
            await asyncio.sleep(settle_s + seconds)
            phases.append(Phase(name, begun_ns, clock.now_ns()))

        bad = sites - 1
        await phase("all well")
        run.fleet.order(bad, "active", 0)
        await phase("line dead")
        run.fleet.order(bad, "active", 1)
        await asyncio.sleep(SETTLE_S)
        await phase("well again")
        run.fleet.order(bad, "loss_permille", LOSS_PERMILLE)
        await phase("30 % lost")

    def evaluate(done: Run) -> None:
        for phase in phases:
            report.rows += _rows(done, phase, sites)
        report.stalls = done.stalls

    length_s = 4 * seconds + SETTLE_S
    asyncio.run(watch(Setting((definition,), made), length_s, during, evaluate))
    return report


def _rows(done: Run, phase: Phase, sites: int) -> list[Row]:
    line, listener = done.fleet.sites[0].video, done.fleet.sites[0].sound
    assert line is not None
    assert listener is not None
    seconds = (phase.ended_ns - phase.begun_ns) / NS_PER_SECOND
    panes = [(float(x), float(y), float(w), float(h)) for x, y, w, h in pane_rects(sites)]
    seen = sights(done.recording(line), panes, phase.begun_ns, phase.ended_ns)
    shown = [shown_per_s(seen, pane) for pane in range(sites)]
    kept = done.recording(listener)
    part = Recording(tuple(a for a in kept.arrivals if phase.begun_ns <= a.at_ns < phase.ended_ns))
    came = [done.fleet.came_ns(other) for other in done.sound_lines[:-1]]
    slowest = min(
        int(((moments >= phase.begun_ns) & (moments < phase.ended_ns)).sum()) for moments in came
    )
    samples = heard(part, OPUS).samples[4800:]
    name = phase.name
    return [
        figure(f"{name}: new pictures a second, slowest healthy pane", min(shown[:-1]), "30.0"),
        figure(f"{name}: new pictures a second, pane of the bad line", shown[-1]),
        figure(f"{name}: composed pictures a second", len(seen) / seconds, "30.0"),
        figure(f"{name}: sound packets a second, worst healthy site", slowest / seconds, "50.0"),
        figure(f"{name}: cracks in the tone of another site", cracks(samples, tone_of(0)), "0"),
    ]
