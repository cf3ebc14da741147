"""The figures that every live run has: what came, how late, what it cost."""

from collections.abc import Sequence
from itertools import pairwise

from benchmarks.live import Run
from benchmarks.load.tape import Numbers
from benchmarks.report import Row, percentile
from benchmarks.stalls import Stalls
from mcu_core.contract.snapshots import ConferenceSnapshot
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

SOUND_PER_S = 50
SOUND_GAP_NS = 60 * NS_PER_MS
"""Two packets that should have come in between did not."""


def figure(what: str, value: float, bar: str = "") -> Row:
    """One row of a report."""
    return {"figure": what, "value": round(float(value), 3), "bar": bar}


def lateness_ns(arrivals: Sequence[int] | Numbers, frame_ns: int) -> list[int]:
    """How much later each picture came than a steady clock of the stated rate would have it.

    The clock is moved forward by a picture that comes early, and back by one that is over a frame
    late: a tick that was left out counts once, not against all that follow.
    """
    lateness: list[int] = []
    expected = int(arrivals[0]) if len(arrivals) else 0
    for moment in arrivals:
        at = int(moment)
        by = max(0, at - expected)
        lateness.append(by)
        expected = (at if at < expected or by > frame_ns else expected) + frame_ns
    return lateness


def picture_rows(run: Run, fps: int) -> list[Row]:
    """What the receivers of pictures got, the worst of them first in mind."""
    frame_ns = NS_PER_SECOND // fps
    came = [run.came_ns(line) for line in run.video_lines]
    late = [lateness_ns(moments, frame_ns) for moments in came]
    over = [
        (int(at), by)
        for moments, behind in zip(came, late, strict=True)
        for at, by in zip(moments, behind, strict=True)
        if by > frame_ns
    ]
    stalls = run.stalls
    ours = [at for at, by in over if stalls is None or not explained(stalls, at, by)]
    every = [by for behind in late for by in behind]
    return [
        figure("receivers of pictures", len(came)),
        figure("pictures a second, worst receiver", _slowest(came, run.seconds), f"{fps}.0"),
        figure("picture late, 99 %, ms", percentile(every, 0.99) / NS_PER_MS),
        figure("picture late, worst, ms", max(every, default=0) / NS_PER_MS),
        figure("pictures over a frame late, all receivers", len(over)),
        figure("of these without a stall of the machine", len(ours), "0"),
        figure("packets lost on the way to receivers", run.total("lost_in"), "0"),
    ]


def explained(stalls: Stalls, at_ns: int, late_ns: int) -> bool:
    """Whether the machine stalled while a picture that came late was made."""
    return any(
        stall.due_ns - late_ns <= at_ns <= stall.due_ns + stall.late_ns + late_ns + 40 * NS_PER_MS
        for stall in stalls.noted
    )


def _slowest(came: Sequence[Numbers], seconds: float) -> float:
    return min((len(moments) for moments in came), default=0) / seconds


def sound_rows(run: Run) -> list[Row]:
    """What the receivers of sound got."""
    came = [run.came_ns(line) for line in run.sound_lines]
    gaps = [int(b) - int(a) for moments in came for a, b in pairwise(moments)]
    stalls = run.stalls
    bare = sum(
        1
        for moments in came
        for a, b in pairwise(moments)
        if b - a > SOUND_GAP_NS
        and not (stalls is not None and explained(stalls, int(b), int(b - a)))
    )
    return [
        figure("sound packets a second, worst receiver", _slowest(came, run.seconds), "50.0"),
        figure("longest pause between sound packets, ms", max(gaps, default=0) / NS_PER_MS),
        figure("pauses over 60 ms without a stall of the machine", bare, "0"),
    ]


def tick_rows(began: ConferenceSnapshot, ended: ConferenceSnapshot, seconds: float) -> list[Row]:
    """What the engine says of its ticks."""
    return [
        figure("pictures composed a second", (ended.serial - began.serial) / seconds),
        figure("video ticks over a frame late", ended.late_ticks - began.late_ticks),
        figure("sound ticks late", ended.late_audio_ticks - began.late_audio_ticks, "0"),
        figure("video encoders", len(ended.video_outputs)),
        figure("pictures that an encoder left out", _dropped(ended) - _dropped(began)),
        figure("sound encoders", len(ended.audio_outputs)),
        figure("decoders", ended.decoders),
    ]


def _dropped(snapshot: ConferenceSnapshot) -> int:
    return sum(output.dropped for output in snapshot.video_outputs)


def cost_rows(run: Run) -> list[Row]:
    """What it took."""
    before, after = run.engine
    late = run.total("late_out")
    return [
        figure("engine, cores", run.engine_cores),
        figure("load apart, cores", run.load_cores),
        figure("how far the engine gave way under load, 0..5", run.overload_step, "0"),
        figure("engine, MB", after.rss_mb),
        figure("engine grew, MB", after.rss_mb - before.rss_mb),
        figure("engine threads", after.threads),
        figure("units that the load sent over 5 ms late", late),
        figure("share of a core that the host took", run.stolen_s / run.seconds),
    ]
