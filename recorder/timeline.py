"""Puts the tracks of a recording on one clock: units in, fragments and gap records out; pure."""

from dataclasses import dataclass

from mcu_core.contract.events import TapLoss, TapTrack, TapUnit
from mcu_core.errors import MalformedInput
from mcu_core.media.clock import NS_PER_MS
from recorder.fragments import BRIDGED_NS, CUTTERS, Cut, Cutter, Fragment, encode
from recorder.journal import Gap
from recorder.tallies import RecorderTallies
from recorder.tracks import STEADY, TRACKS

GAP_NS = NS_PER_MS
"""Shorter holes come from rounding."""

NOTHING_CAME = "nothing came from the tap"
AWAY = "the recorder was away"
PAUSED = "paused"
SLOW_DISK = "the disk is too slow"

Out = list[Fragment | Gap]


@dataclass(frozen=True, slots=True)
class _Hole:
    """A track has nothing between two stamps: what was to be there never came."""

    track: str
    begin_ns: int
    end_ns: int
    reason: str


class Timeline:
    """The clock of one recording and the cutters of its tracks.

    `base_ns` is the stamp at the recording's time 0, None until the first fragment shows it: the
    earliest stamp among all that waits then, so that no track begins before 0. Where a recording
    goes on after the machine's clock began anew, `begin_ns` is the time at which it does.
    `ends` tells how far each track is stored, in ticks, and `missing` why there is no more of it.

    A gap is told once it is over, as long as it was: from the end of the last picture or sound to
    the beginning of the next, whether or not the picture stands or silence fills it meanwhile.
    """

    def __init__(
        self,
        tallies: RecorderTallies,
        base_ns: int | None = None,
        begin_ns: int = 0,
        ends: dict[str, int] | None = None,
        missing: str = AWAY,
    ) -> None:
        self.base_ns = base_ns
        self._keyframes: dict[str, int] = {}
        self._tallies = tallies
        self._begin_ns = begin_ns
        self._ends = dict(ends or {})
        """Of tracks of an earlier run, until they go on."""
        self._missing = missing
        self._cutters: dict[str, Cutter] = {}
        self._reasons: dict[str, str] = {}
        """Of tracks that were interrupted and have not gone on."""
        self._holes: list[_Hole] = []
        """Waiting for the time base, in the first quarter of a second."""
        self._newest_ns = 0
        self._sequence = 0

    @property
    def keyframe_ns(self) -> int:
        """A replay that begins with keyframes of this stamp or later leaves no seam; 0: none."""
        return min(self._keyframes.values(), default=0)

    def announce(self, track: TapTrack) -> Out:
        """A track of the tap begins; tracks that we do not know are passed over."""
        kind = TRACKS.get(track.name)
        if kind is None or kind.codec != track.codec:
            return []
        cutter = self._cutters.get(track.name)
        if cutter is None:
            end_ns = -1
            if self.base_ns is not None and track.name in self._ends:
                end_ns = self.base_ns + kind.ns(self._ends[track.name])
            cutter = self._cutters[track.name] = CUTTERS[track.codec](kind, end_ns)
        try:
            return self._encode(track.name, cutter.announce(track))
        except MalformedInput:
            self._tallies.recorder_units_malformed_total += 1
            return []

    def push(self, unit: TapUnit, now_ns: int) -> Out:
        """Take a unit; the fragments that it completes."""
        self._tallies.recorder_units_total += 1
        cutter = self._cutters.get(unit.name)
        if cutter is None:
            self._tallies.recorder_units_malformed_total += 1
            return []
        if self.base_ns is not None and unit.stamp_ns < self.base_ns:
            self._tallies.recorder_units_stale_total += 1
            return []
        if unit.keyframe and unit.name in STEADY:
            self._keyframes[unit.name] = unit.stamp_ns
        reached_ns = cutter.reached_ns
        cuts = cutter.push(unit, now_ns)
        if cutter.reached_ns != reached_ns:
            self._note_hole(unit.name, reached_ns, unit.stamp_ns)
            self._newest_ns = max(self._newest_ns, unit.stamp_ns)
        return self._encode(unit.name, cuts)

    def lose(self, loss: TapLoss) -> None:
        """The tap dropped units of a track here."""
        self._tallies.recorder_units_lost_total += loss.units
        self._interrupt(loss.name, f"{loss.units} units lost on the tap")

    def interrupt(self, reason: str) -> None:
        """Nothing comes any more for now; each picture goes on at its next keyframe."""
        for name in self._cutters:
            self._interrupt(name, reason)

    def pause(self) -> Out:
        """Nothing comes until the tap begins anew; what has come is given out."""
        out = self.flush()
        self.interrupt(PAUSED)
        self._keyframes.clear()
        return out

    def drop(self, fragment: Fragment) -> Gap:
        """A fragment could not be stored: what needs it is passed over too."""
        kind, end = TRACKS[fragment.track], fragment.time + fragment.duration
        assert self.base_ns is not None
        if self._cutters[kind.name].drop(self.base_ns + kind.ns(end)):
            self._reasons[kind.name] = SLOW_DISK
        self._tallies.recorder_gaps_total += 1
        return Gap(kind.name, fragment.time, fragment.duration, SLOW_DISK)

    def poll(self, now_ns: int) -> Out:
        """The fragments that are due by time."""
        out: Out = []
        for name, cutter in self._cutters.items():
            out += self._encode(name, cutter.poll(now_ns))
        return out

    def flush(self) -> Out:
        """All that is left, at the end."""
        out: Out = []
        for name, cutter in self._cutters.items():
            out += self._encode(name, cutter.flush())
        return out

    def end(self, now_ns: int) -> Out:
        """All that is left, and what did not come any more up to `now_ns`, but for a pause."""
        out = self.flush()
        for name, reason in self._reasons.items():
            begin_ns = self._cutters[name].reached_ns
            if begin_ns >= 0 and reason != PAUSED and now_ns - begin_ns > GAP_NS:
                self._holes.append(_Hole(name, begin_ns, now_ns, reason))
        return out + self._told_holes()

    def _interrupt(self, name: str, reason: str) -> None:
        cutter = self._cutters.get(name)
        if cutter is None:
            return
        cutter.lose()
        if not TRACKS[name].beside or self._newest_ns - cutter.reached_ns <= BRIDGED_NS:
            self._reasons[name] = reason  # else it had ended before

    def _note_hole(self, name: str, begin_ns: int, end_ns: int) -> None:
        """A track goes on at `end_ns`; `begin_ns` is where it was, -1 when it had not begun."""
        reason, long_ns = self._reasons.pop(name, ""), end_ns - begin_ns
        came_late = long_ns > BRIDGED_NS and not TRACKS[name].beside
        if begin_ns >= 0 and long_ns > GAP_NS and (reason or came_late):
            self._holes.append(_Hole(name, begin_ns, end_ns, reason or NOTHING_CAME))

    def _encode(self, name: str, cuts: list[Cut]) -> Out:
        out: Out = []
        kind = TRACKS[name]
        for cut in cuts:
            if self.base_ns is None:
                self.base_ns = self._earliest(cut) - self._begin_ns
            self._sequence += 1
            fragment = encode(cut, kind, self.base_ns, self._sequence)
            out += self._gap_before(fragment)
            out.append(fragment)
        out += self._told_holes()
        self._gather(name)
        return out

    def _told_holes(self) -> list[Gap]:
        base_ns = self.base_ns
        if base_ns is None or not self._holes:
            return []
        holes, self._holes = self._holes, []
        return [self._gap(hole, base_ns) for hole in holes]

    def _gap_before(self, first: Fragment) -> list[Gap]:
        """What a track lacks between an earlier run's end and this one's beginning."""
        kind, end = TRACKS[first.track], self._ends.pop(first.track, None)
        if end is None or kind.beside or first.time - end <= kind.ticks(GAP_NS):
            return []
        self._tallies.recorder_gaps_total += 1
        return [Gap(kind.name, end, first.time - end, self._missing)]

    def _gap(self, hole: _Hole, base_ns: int) -> Gap:
        kind = TRACKS[hole.track]
        begin, end = kind.ticks(hole.begin_ns - base_ns), kind.ticks(hole.end_ns - base_ns)
        self._tallies.recorder_gaps_total += 1
        return Gap(kind.name, begin, end - begin, hole.reason)

    def _earliest(self, cut: Cut) -> int:
        waiting = (cutter.pending_ns() for cutter in self._cutters.values())
        return min([cut.samples[0].stamp_ns, *(ns for ns in waiting if ns is not None)])

    def _gather(self, name: str) -> None:
        """Move what a cutter counted into the totals."""
        own, total = self._cutters[name].tallies, self._tallies
        total.recorder_units_undecodable_total += own.undecodable
        total.recorder_units_stale_total += own.stale
        total.recorder_units_malformed_total += own.malformed
        total.recorder_frames_silent_total += own.silent
        own.undecodable = own.stale = own.malformed = own.silent = 0
