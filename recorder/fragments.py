"""Cuts what the tap gives into fragments, each sample as long as its stamps say: pure.

A picture lasts until the next one, so the newest picture is held until its follower is there; then
a picture that stands still for a while, or one before a loss, is recorded as what people saw. Sound
frames have a length of their own and are put end to end; where some are missing, silence is.
"""

from dataclasses import dataclass, field

from mcu_core.contract.events import TapTrack, TapUnit
from mcu_core.errors import MalformedInput
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.protocol.h264 import ParameterSets, picture_sample, sequence_facts
from recorder.aac import FRAME_SAMPLES, AacFacts, aac_facts
from recorder.boxes import fragment, init_segment, picture_entry, sound_entry
from recorder.tracks import TrackKind

FRAGMENT_NS = 250 * NS_PER_MS
"""The longest fragment, and so what a crash may cost (design 7)."""

BRIDGED_NS = 3 * NS_PER_SECOND
"""A pause up to this long is one of the source: the picture stands, sound is silent, players go on.

It covers a lost picture until the next keyframe (every 2 s) and an engine that is replaced. Beyond
it there is nothing on the clock, and players jump.
"""

STAMP_JITTER_NS = 5 * NS_PER_MS
"""Sound frames this near to the end of the one before follow it without a seam."""


@dataclass(frozen=True, slots=True)
class Init:
    """What stands before the fragments of a track; equal parameters give equal segments."""

    codec: str
    segment: bytes
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded picture or sound frame, `arrived_ns` on the clock of whoever pushes and polls."""

    stamp_ns: int
    arrived_ns: int
    duration_ns: int
    keyframe: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """Consecutive samples for one fragment; each lasts until the next, the last until `end_ns`."""

    init: Init
    samples: tuple[Sample, ...]
    end_ns: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fragment as it goes to disk; times in ticks of the track since the recording's start."""

    track: str
    init: Init
    time: int
    duration: int
    keyframe: bool
    data: bytes


@dataclass(slots=True)
class CutterTallies:
    """What did not get into the recording, and what was put in for it."""

    undecodable: int = 0
    """Pictures without the keyframe before them."""
    stale: int = 0
    """Units of a time that is stored already."""
    malformed: int = 0
    silent: int = 0
    """Frames of silence put in."""


def encode(cut: Cut, kind: TrackKind, base_ns: int, sequence: int) -> Fragment:
    """A cut as moof and mdat; `base_ns` is the stamp at which the recording's time is 0."""
    starts = [kind.ticks(sample.stamp_ns - base_ns) for sample in cut.samples]
    ends = [*starts[1:], kind.ticks(cut.end_ns - base_ns)]
    samples = [
        (max(1, end - start), sample.keyframe, sample.data)
        for start, end, sample in zip(starts, ends, cut.samples, strict=True)
    ]
    return Fragment(
        track=kind.name,
        init=cut.init,
        time=starts[0],
        duration=sum(duration for duration, _, _ in samples),
        keyframe=cut.samples[0].keyframe,
        data=fragment(sequence, starts[0], samples),
    )


class PictureCutter:
    """H.264 units to cuts. A fragment begins at every keyframe, so that players can enter there."""

    def __init__(self, kind: TrackKind, end_ns: int = -1) -> None:
        """`end_ns` is the stamp up to which pictures are stored already, -1 for none."""
        self.tallies = CutterTallies()
        self._kind = kind
        self._last_ns = end_ns - NS_PER_MS if end_ns >= 0 else -1
        self.reached_ns = -1
        """The stamp at which the newest picture of this run ends by its sender's word, -1: none."""
        self._sets: ParameterSets | None = None
        self._init: Init | None = None
        self._pending: list[Sample] = []
        self._waiting = True

    def announce(self, track: TapTrack) -> list[Cut]:
        """The tap (again) begins here: its first picture must be a keyframe."""
        self._waiting = True
        return []

    def lose(self) -> None:
        """Units are missing here: what follows cannot be decoded before the next keyframe."""
        self._waiting = True

    def drop(self, end_ns: int) -> bool:
        """What was cut last, up to `end_ns`, is not stored; whether more is missing for that.

        What waits needs it unless it begins with a keyframe.
        """
        if self._pending and self._pending[0].keyframe:
            return False
        self._pending, self._waiting = [], True
        self.reached_ns = end_ns
        return True

    def pending_ns(self) -> int | None:
        """The stamp of the oldest picture not cut yet."""
        return self._pending[0].stamp_ns if self._pending else None

    def push(self, unit: TapUnit, now_ns: int) -> list[Cut]:
        """Take a picture; the cuts that it completes.

        Pictures that are stored already are passed over, but a keyframe among them vouches for
        what follows it: so a replay continues a recording without a seam.
        """
        self._waiting = self._waiting and not unit.keyframe
        if self._waiting:
            self.tallies.undecodable += 1
            return []
        data, sets = picture_sample(unit.data)
        cuts: list[Cut] = []
        if sets is not None and sets != self._sets:
            cuts += self._cut(len(self._pending), unit.stamp_ns)
            self._take(sets)
        if self._init is None or not data:
            self.tallies.malformed += 1
            self._waiting = True
            return cuts
        if unit.stamp_ns <= self._last_ns:
            self.tallies.stale += 1
            return cuts
        if self._pending:
            end_ns = unit.stamp_ns + unit.duration_ns
            if unit.keyframe or end_ns - self._pending[0].stamp_ns > FRAGMENT_NS:
                cuts += self._cut(len(self._pending), unit.stamp_ns)
        self._last_ns, self.reached_ns = unit.stamp_ns, unit.stamp_ns + unit.duration_ns
        self._pending.append(Sample(unit.stamp_ns, now_ns, unit.duration_ns, unit.keyframe, data))
        return cuts

    def poll(self, now_ns: int) -> list[Cut]:
        """The cuts that are due by time: all but the newest picture, and that after BRIDGED_NS."""
        if not self._pending:
            return []
        held_ns = now_ns - self._pending[0].arrived_ns
        if len(self._pending) > 1 and held_ns >= FRAGMENT_NS:
            return self._cut(len(self._pending) - 1, self._pending[-1].stamp_ns)
        if held_ns >= BRIDGED_NS:
            return self._cut(1, self._pending[0].stamp_ns + BRIDGED_NS)
        return []

    def flush(self) -> list[Cut]:
        """All that is left; the newest picture lasts as long as its sender said."""
        if not self._pending:
            return []
        last = self._pending[-1]
        return self._cut(len(self._pending), last.stamp_ns + last.duration_ns)

    def _take(self, sets: ParameterSets) -> None:
        self._sets, self._init = sets, None
        try:
            facts = sequence_facts(sets.sps)
        except MalformedInput:
            return
        size = (facts.width, facts.height)
        entry = picture_entry(sets, facts)
        self._init = Init(sets.codec, init_segment(self._kind.timescale, size, entry), *size)

    def _cut(self, count: int, end_ns: int) -> list[Cut]:
        taken, self._pending = self._pending[:count], self._pending[count:]
        if not taken or self._init is None:
            return []
        return [Cut(self._init, tuple(taken), min(end_ns, taken[-1].stamp_ns + BRIDGED_NS))]


@dataclass(slots=True)
class _Grid:
    """Where sound frames lie that follow each other without a seam."""

    rate: int
    start_ns: int
    frames: int = 0

    @property
    def next_ns(self) -> int:
        return self.start_ns + self.frames * FRAME_SAMPLES * NS_PER_SECOND // self.rate


@dataclass(slots=True)
class SoundCutter:
    """AAC frames to cuts, put end to end; `end_ns` as in PictureCutter."""

    kind: TrackKind
    end_ns: int = -1
    tallies: CutterTallies = field(default_factory=CutterTallies)
    _facts: AacFacts | None = None
    _init: Init | None = None
    _grid: _Grid | None = None
    _pending: list[Sample] = field(default_factory=list)

    def announce(self, track: TapTrack) -> list[Cut]:
        """The tap begins here, or changes its sound; raises MalformedInput for no AAC we know."""
        facts = aac_facts(track.config)
        segment = init_segment(self.kind.timescale, (0, 0), sound_entry(track.config, facts))
        init = Init(facts.codec, segment)
        cuts = self.flush() if init != self._init else []
        self._facts, self._init = facts, init
        return cuts

    def lose(self) -> None:
        """Units are missing here; their place on the clock tells as much."""

    def drop(self, end_ns: int) -> bool:
        """As of pictures; no frame needs another one."""
        return False

    @property
    def reached_ns(self) -> int:
        """The stamp at which the newest frame of this run ends, -1: none."""
        return self._grid.next_ns if self._grid is not None else -1

    def pending_ns(self) -> int | None:
        """The stamp of the oldest frame not cut yet."""
        return self._pending[0].stamp_ns if self._pending else None

    def push(self, unit: TapUnit, now_ns: int) -> list[Cut]:
        """Take a frame; the cuts that it completes."""
        if self._init is None or self._facts is None:
            self.tallies.malformed += 1
            return []
        begin_ns = self.end_ns if self.end_ns >= 0 else unit.stamp_ns
        grid = self._grid or _Grid(self._facts.sample_rate, begin_ns)
        late_ns = unit.stamp_ns - grid.next_ns
        if late_ns < -STAMP_JITTER_NS:
            self.tallies.stale += 1
            return []
        cuts: list[Cut] = []
        if late_ns > STAMP_JITTER_NS:
            cuts += self._bridge(grid, late_ns, now_ns)
            grid = _Grid(self._facts.sample_rate, unit.stamp_ns)
        self._grid = grid
        return cuts + self._place(grid, unit.data, now_ns)

    def poll(self, now_ns: int) -> list[Cut]:
        """The cut that is due by time."""
        if self._pending and now_ns - self._pending[0].arrived_ns >= FRAGMENT_NS:
            return self.flush()
        return []

    def flush(self) -> list[Cut]:
        """All that is left."""
        return self._cut(self._grid.next_ns) if self._grid is not None else []

    def _bridge(self, grid: _Grid, gap_ns: int, now_ns: int) -> list[Cut]:
        """Silence over a short gap; a long one stays empty on the clock."""
        assert self._facts is not None
        silence = self._facts.silence
        if gap_ns > BRIDGED_NS or not silence:
            return self._cut(grid.next_ns)
        frame_ns = FRAME_SAMPLES * NS_PER_SECOND // self._facts.sample_rate
        cuts: list[Cut] = []
        for _ in range(gap_ns // frame_ns):
            self.tallies.silent += 1
            cuts += self._place(grid, silence, now_ns)
        return cuts

    def _place(self, grid: _Grid, data: bytes, now_ns: int) -> list[Cut]:
        start_ns = grid.next_ns
        grid.frames += 1
        cuts: list[Cut] = []
        if self._pending and grid.next_ns - self._pending[0].stamp_ns > FRAGMENT_NS:
            cuts = self._cut(start_ns)
        self._pending.append(Sample(start_ns, now_ns, grid.next_ns - start_ns, True, data))
        return cuts

    def _cut(self, end_ns: int) -> list[Cut]:
        taken, self._pending = self._pending, []
        if not taken or self._init is None:
            return []
        return [Cut(self._init, tuple(taken), end_ns)]


Cutter = PictureCutter | SoundCutter
CUTTERS: dict[str, type[PictureCutter] | type[SoundCutter]] = {
    "H264": PictureCutter,
    "AAC": SoundCutter,
}
