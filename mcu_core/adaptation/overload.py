"""What gives way when the machine is full, and when it comes back: a pure decision (design 5).

Sound is never touched. Pictures give way in this order: their rate, the quality of tiles, the
encoder's preset, the number of rate classes, and the rate once more. Every step makes less work
for all conferences of the engine at once, so that none of them starves for another.
"""

from dataclasses import dataclass

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work pictures are given; `step` is its place in the order, 0 for all of it.

    Every `rate_divisor`-th picture is composed and coded; `draft_tiles`: scaled the cheapest way;
    `fast_preset`: coded with the encoder's fastest preset; `merged_classes`: receivers of one
    view, codec and size all get the lowest of their rates, from one encoder; `rungs`: how many
    encoders a view may have for receivers of different rates; `spares`: how many more a conference
    may run so that receivers change over without a keyframe for others.
    """

    step: int = 0
    rate_divisor: int = 1
    draft_tiles: bool = False
    fast_preset: bool = False
    merged_classes: bool = False
    rungs: int = 8
    spares: int = 2


STEPS = (
    Effort(),
    Effort(1, 2, spares=0),
    Effort(2, 2, draft_tiles=True, rungs=6, spares=0),
    Effort(3, 2, draft_tiles=True, fast_preset=True, rungs=4, spares=0),
    Effort(4, 2, draft_tiles=True, fast_preset=True, merged_classes=True, rungs=3, spares=0),
    Effort(5, 3, draft_tiles=True, fast_preset=True, merged_classes=True, rungs=2, spares=0),
)
"""From all that was asked for to the least that is still a conference."""


@dataclass(frozen=True, slots=True)
class Pressure:
    """What was seen since the last look; all are shares 0..1 but `backlog`.

    `late`: output ticks that began over half a period late; `overtaken`: composed pictures that no
    encoder had time for; `backlog`: coded pictures that wait for the decoder furthest behind;
    `busy`: of the machine's CPU time. `arriving`: whether sites have just begun to send, or
    encoders to run.
    """

    late: float = 0.0
    overtaken: float = 0.0
    backlog: int = 0
    busy: float = 0.0
    arriving: bool = False

    @property
    def strained(self) -> bool:
        """Whether there is more to do than can be done."""
        return self.severe or self.overtaken > MOST_OVERTAKEN

    @property
    def severe(self) -> bool:
        """Whether ticks or decoders fall behind, which being patient makes worse."""
        return self.late > MOST_LATE or self.backlog > MOST_WAIT


MOST_LATE = 0.25
MOST_OVERTAKEN = 0.2
MOST_WAIT = 8

STRAINED_FOR_NS = 450 * NS_PER_MS
"""A stall of the machine is over by then; two looks in a row at a quarter of a second."""

SKIPPING_FOR_NS = 1450 * NS_PER_MS
"""Encoders that leave out a picture here and there for a second and a half lose fewer than half the
rate does for the ten seconds that it may take to come back: other programs are done by then."""

ARRIVAL_NS = 2 * NS_PER_SECOND
"""Sites that come together are strain for a second: codecs open, and keyframes are all that comes.
Where the machine has room for what follows it is over by then."""

RELAXED_FOR_NS = 700 * NS_PER_MS
"""From the last step back to full effort in under five seconds."""

BUSY = 0.6
"""Over this share there is no room for a step back: it costs up to twice as much."""

TRY_ANYWAY_NS = 10 * NS_PER_SECOND
"""Others may keep the machine busy for ever without being in our way."""

FAILED_WITHIN_NS = 3 * NS_PER_SECOND
LONGEST_PATIENCE = 32
"""A step back that failed at once is tried again after twice the time, up to this many times."""


class Overload:
    """Follows the pressure and says how far to go; give it a look about four times a second."""

    def __init__(self) -> None:
        self.step = 0
        self._strained_since: int | None = None
        self._relaxed_since: int | None = None
        self._quiet_since: int | None = None
        self._eased_ns: int | None = None
        self._patience = 1

    @property
    def effort(self) -> Effort:
        """What to do with pictures now."""
        return STEPS[self.step]

    def push(self, pressure: Pressure, now_ns: int) -> Effort:
        """Take one look; the effort that holds from now on."""
        if pressure.strained:
            self._relaxed_since = self._quiet_since = None
            self._strain(pressure, now_ns)
        else:
            self._strained_since = None
            self._relax(pressure, now_ns)
        return self.effort

    def _strain(self, pressure: Pressure, now_ns: int) -> None:
        if self._strained_since is None:
            self._strained_since = now_ns
        patience_ns = self._patience_ns(pressure)
        if now_ns - self._strained_since < patience_ns or self.step == len(STEPS) - 1:
            return
        if self._eased_ns is not None and now_ns - self._eased_ns < FAILED_WITHIN_NS:
            self._patience = min(2 * self._patience, LONGEST_PATIENCE)
            self._eased_ns = None
        self.step += 1
        self._strained_since = now_ns  # the step shows its effect first

    def _patience_ns(self, pressure: Pressure) -> int:
        """More only from full effort: who comes and goes for ever holds up the first step alone."""
        if self.step:
            return STRAINED_FOR_NS
        if pressure.arriving:
            return ARRIVAL_NS
        return STRAINED_FOR_NS if pressure.severe else SKIPPING_FOR_NS

    def _relax(self, pressure: Pressure, now_ns: int) -> None:
        if self._quiet_since is None:
            self._quiet_since = now_ns
        if pressure.busy > BUSY:
            self._relaxed_since = None
        elif self._relaxed_since is None:
            self._relaxed_since = now_ns
        if self._eased_ns is not None and now_ns - self._eased_ns > 2 * FAILED_WITHIN_NS:
            self._patience, self._eased_ns = 1, None
        if self.step and self._may_ease(now_ns):
            self.step -= 1
            self._eased_ns = now_ns
            self._relaxed_since = self._quiet_since = now_ns

    def _may_ease(self, now_ns: int) -> bool:
        def for_long(since_ns: int | None, length_ns: int) -> bool:
            return since_ns is not None and now_ns - since_ns >= length_ns * self._patience

        return for_long(self._relaxed_since, RELAXED_FOR_NS) or for_long(
            self._quiet_since, TRY_ANYWAY_NS
        )
