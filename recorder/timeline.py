"""Puts the tracks of a recording on one clock: units in, fragments and gap records out; pure."""

from mcu_core.contract.events import TapLoss, TapTrack, TapUnit
from mcu_core.errors import MalformedInput
from mcu_core.media.clock import NS_PER_MS
from recorder.fragments import CUTTERS, Cut, Cutter, Fragment, encode
from recorder.journal import Gap
from recorder.tallies import RecorderTallies
from recorder.tracks import STEADY, TRACKS, TrackKind

GAP_NS = NS_PER_MS
"""Shorter holes come from rounding."""

Out = list[Fragment | Gap]


class Timeline:
    """The clock of one recording and the cutters of its tracks.

    `base_ns` is the stamp at the recording's time 0, None until the first fragment shows it: the
    earliest stamp among all that waits then, so that no track begins before 0. Where a recording
    goes on after the machine's clock began anew, `begin_ns` is the time at which it does.
    `ends` tells how far each track is stored, in ticks.
    """

    def __init__(
        self,
        tallies: RecorderTallies,
        base_ns: int | None = None,
        begin_ns: int = 0,
        ends: dict[str, int] | None = None,
    ) -> None:
        self.base_ns = base_ns
        self._keyframes: dict[str, int] = {}
        self._tallies = tallies
        self._begin_ns = begin_ns
        self._ends = dict(ends or {})
        self._cutters: dict[str, Cutter] = {}
        self._reasons: dict[str, str] = {}
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
        return self._encode(unit.name, cutter.push(unit, now_ns))

    def lose(self, loss: TapLoss) -> Out:
        """The tap dropped units of a track here."""
        self._tallies.recorder_units_lost_total += loss.units
        return self.interrupt(loss.name, f"{loss.units} units lost on the tap")

    def interrupt(self, name: str, reason: str) -> Out:
        """A track goes on only at its next keyframe; the gap record says from where, and why."""
        cutter = self._cutters.get(name)
        if cutter is None:
            return []
        cutter.lose()
        self._reasons[name] = reason
        self._tallies.recorder_gaps_total += 1
        return [Gap(name, self._ends.get(name, 0), 0, reason)]

    def pause(self) -> Out:
        """Nothing comes until the tap begins anew; what has come is given out."""
        out = self.flush()
        for name in self._cutters:
            out += self.interrupt(name, "paused")
        self._keyframes.clear()
        return out

    def drop(self, fragment: Fragment) -> Gap:
        """A fragment could not be stored: what needs it is passed over too."""
        self._cutters[fragment.track].lose()
        self._tallies.recorder_gaps_total += 1
        return Gap(fragment.track, fragment.time, fragment.duration, "the disk is too slow")

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

    def _encode(self, name: str, cuts: list[Cut]) -> Out:
        out: Out = []
        kind = TRACKS[name]
        for cut in cuts:
            if self.base_ns is None:
                self.base_ns = self._earliest(cut) - self._begin_ns
            self._sequence += 1
            fragment = encode(cut, kind, self.base_ns, self._sequence)
            end = self._ends.get(name)
            if end is not None and fragment.time - end > kind.ticks(GAP_NS):
                out += self._gap(kind, end, fragment.time - end)
            self._ends[name] = fragment.time + fragment.duration
            out.append(fragment)
        self._gather(name)
        return out

    def _gap(self, kind: TrackKind, time: int, duration: int) -> list[Gap]:
        reason = self._reasons.pop(kind.name, "")
        if kind.beside and not reason:
            return []  # it had ended
        self._tallies.recorder_gaps_total += 1
        return [Gap(kind.name, time, duration, reason or "nothing came from the tap")]

    def _earliest(self, cut: Cut) -> int:
        waiting = (cutter.pending_ns() for cutter in self._cutters.values())
        return min(cut.samples[0].stamp_ns, *(ns for ns in waiting if ns is not None))

    def _gather(self, name: str) -> None:
        """Move what a cutter counted into the totals."""
        own, total = self._cutters[name].tallies, self._tallies
        total.recorder_units_undecodable_total += own.undecodable
        total.recorder_units_stale_total += own.stale
        total.recorder_units_malformed_total += own.malformed
        total.recorder_frames_silent_total += own.silent
        own.undecodable = own.stale = own.malformed = own.silent = 0
