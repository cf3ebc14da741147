"""ladder by many dice: the same fall and return in moved time, by each kind of report (bar 3).

What is left out are the others in the conference: they are there in the bench by the clock.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat

from benchmarks.load.laddered_call import RTX, LadderPlan, fallen
from benchmarks.network import judged
from benchmarks.report import Report, Row
from mcu_core.negotiation.agreement import NO_PROTECTION

TELLS = {"reports": NO_PROTECTION, "REMB": RTX, "transport-cc": RTX}
"""By what a receiver tells of its path; who knows of an estimate knows of RTX, too."""

NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class LadderDice:
    """Dice 1 to `seeds`; how long the link is narrow, and wide again after that, s."""

    seeds: int
    narrow_s: float
    wide_s: float


def run(what: LadderDice) -> Report:
    """All kinds of reports, median and worst of the dice."""
    dice = range(1, what.seeds + 1)
    with ProcessPoolExecutor() as processes:
        falls = {tells: processes.map(_fall, repeat(tells), dice, repeat(what)) for tells in TELLS}
        rows = [judged(list(alike)) for alike in falls.values()]
    notes = [
        f"Moved time, seeds 1 to {what.seeds}: median / worst. From 2 Mbit/s to 300 kbit/s with a "
        f"queue of 100 ms for {what.narrow_s:g} s, and back. Freezes: of over 200 ms while it is "
        "narrow. Within 300 kbit/s: for 1.5 s from then on; inf: never."
    ]
    return Report("ladder in moved time", rows, notes=notes)


def _fall(tells: str, seed: int, what: LadderDice) -> Row:
    fall = fallen(LadderPlan(tells, seed, protection=TELLS[tells]), what.narrow_s, what.wide_s)
    return {
        "told by": tells,
        "within 300 kbit/s after, s": round(fall.within_s, 2),
        "freezes": fall.freezes,
        "longest freeze, s": round(fall.longest_freeze_s, 2),
        "sound gap, ms": round(1000 * fall.sound_gap_s),
        "back after, s": NEVER if fall.back_s is None else round(fall.back_s, 1),
    }
