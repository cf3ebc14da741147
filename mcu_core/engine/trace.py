"""A minute of every site, second by second: the answer to "why was this pane frozen?"."""

from collections import deque
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from mcu_core.contract.snapshots import Course, TraceSample
from mcu_core.media.picture import Picture

Number = TypeVar("Number", int, float)

SECONDS = 60
FROZEN_MS = 200.0
"""No new picture for so long is seen as standing still."""


@dataclass(slots=True)
class Shown:
    """What the picture tick has shown of one site; written by its thread, emptied each second."""

    pictures: int = 0
    longest_still_ns: int = 0
    delay_ns: int = 0
    _serial: int = -1
    _changed_ns: int = 0

    def note(self, picture: Picture | None, now_ns: int) -> None:
        """One tick: the picture that it shows."""
        if picture is not None and picture.serial != self._serial:
            self._serial, self._changed_ns = picture.serial, now_ns
            self.pictures += 1
            self.delay_ns = now_ns - picture.stamp_ns
        elif self._changed_ns:
            self.longest_still_ns = max(self.longest_still_ns, now_ns - self._changed_ns)
        elif picture is not None:
            self._changed_ns = now_ns  # seen again, and still the one that was seen before

    def unseen(self) -> None:
        """It stands in no picture any more: what nobody sees does not stand still."""
        self._changed_ns = 0

    def take_still_ns(self) -> int:
        """The longest time without a new picture since the last call."""
        longest, self.longest_still_ns = self.longest_still_ns, 0
        return longest


@dataclass(frozen=True, slots=True)
class Totals:
    """Counters of a site that only grow."""

    packets: int = 0
    lost: int = 0
    repaired: int = 0
    units: int = 0
    broken: int = 0
    skipped: int = 0
    keyframes_asked: int = 0
    decoded: int = 0
    shown: int = 0
    sound_frames: int = 0
    concealed_ms: float = 0.0
    sound_late: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """What a site is at the end of a second."""

    time_ns: int
    joined: bool
    video_off: bool
    watched: bool
    decode_ms: float
    backlog: int
    longest_still_ms: float
    delay_ms: float
    sound_wait_ms: float
    level_dbov: float
    effort: int


class Trace:
    """The last SECONDS samples of one site; older ones go."""

    def __init__(self) -> None:
        self._samples: deque[TraceSample] = deque(maxlen=SECONDS)
        self._before = Totals()

    @property
    def samples(self) -> tuple[TraceSample, ...]:
        """Oldest first."""
        return tuple(self._samples)

    def note(self, totals: Totals, moment: Moment) -> TraceSample:
        """Take one second, and give it back.

        Counters that went back belong to a new connection: they count anew.
        """
        before, self._before = self._before, totals
        sample = TraceSample(
            time_ns=moment.time_ns,
            packets=_growth(totals.packets, before.packets),
            lost=_growth(totals.lost, before.lost),
            repaired=_growth(totals.repaired, before.repaired),
            units=_growth(totals.units, before.units),
            broken=_growth(totals.broken, before.broken),
            skipped=_growth(totals.skipped, before.skipped),
            keyframes_asked=_growth(totals.keyframes_asked, before.keyframes_asked),
            decoded=_growth(totals.decoded, before.decoded),
            decode_ms=round(moment.decode_ms, 2),
            backlog=moment.backlog,
            watched=moment.watched,
            shown=_growth(totals.shown, before.shown),
            longest_still_ms=round(moment.longest_still_ms, 1),
            delay_ms=round(moment.delay_ms, 1),
            sound_frames=_growth(totals.sound_frames, before.sound_frames),
            concealed_ms=_growth(totals.concealed_ms, before.concealed_ms),
            sound_late=_growth(totals.sound_late, before.sound_late),
            sound_wait_ms=round(moment.sound_wait_ms, 1),
            level_dbov=round(moment.level_dbov, 1),
            effort=moment.effort,
        )
        reason = verdict(sample, joined=moment.joined, video_off=moment.video_off)
        self._samples.append(msgspec.structs.replace(sample, verdict=reason))
        return self._samples[-1]


class CourseSum:
    """The seconds of one connection, added up."""

    def __init__(self) -> None:
        self._seconds = self._repaired = self._reduced_s = 0
        self._still_ms = self._concealed_ms = 0.0
        self._picture_delays = Mean()
        self._sound_delays = Mean()

    def add(self, sample: TraceSample) -> None:
        """One second more."""
        self._seconds += 1
        self._repaired += sample.repaired
        self._concealed_ms += sample.concealed_ms
        self._reduced_s += sample.effort > 0
        if sample.shown:
            self._picture_delays.add(sample.delay_ms)
        if sample.sound_frames:
            self._sound_delays.add(sample.sound_wait_ms)
        at_fault = sample.lost or sample.broken or sample.skipped or sample.backlog or sample.effort
        if sample.watched and at_fault and sample.longest_still_ms >= FROZEN_MS:
            self._still_ms += min(sample.longest_still_ms, 1000.0)

    @property
    def sum(self) -> Course:
        """As it is told."""
        return Course(
            self._seconds,
            round(self._picture_delays.value, 1),
            round(self._sound_delays.value, 1),
            round(self._still_ms, 1),
            round(self._concealed_ms, 1),
            self._repaired,
            self._reduced_s,
        )


@dataclass(slots=True)
class Mean:
    """Of what was added; 0 of nothing."""

    total: float = 0.0
    count: int = 0

    def add(self, value: float) -> None:
        """One more."""
        self.total += value
        self.count += 1

    @property
    def value(self) -> float:
        """It."""
        return self.total / self.count if self.count else 0.0


def _growth(now: Number, before: Number) -> Number:
    return now - before if now >= before else now


def verdict(sample: TraceSample, *, joined: bool, video_off: bool) -> str:
    """Why the picture stood still in that second, for people; empty where it did not.

    The first stage from the network on that explains it: a later one only suffers.
    """
    if not joined:
        return "the site is not connected"
    if video_off:
        return "its picture is switched off"
    if not sample.watched:
        if sample.units or sample.packets:
            return "nobody sees it composed: it is not decoded"
        return "nobody sees it composed, and the site sends no picture"
    if sample.shown and sample.longest_still_ms < FROZEN_MS:
        return ""
    rules = (
        (sample.units == 0 and sample.packets == 0, "the site sends no picture"),
        (sample.lost > 0, "packets were lost on the way and not repaired"),
        (sample.units == 0, "packets come, but no whole picture of them"),
        (sample.broken > 0, "pictures came incomplete or damaged"),
        (
            sample.skipped > 0 and sample.decoded == 0,
            "waiting for a keyframe that the site was asked for"
            if sample.keyframes_asked
            else "waiting for a keyframe",
        ),
        (sample.backlog > 0 and sample.decoded < sample.units, "the decoder is behind"),
        (sample.effort > 0, "the engine is overloaded and composes fewer pictures"),
        (sample.decoded > 0 and sample.shown == 0, "it is in no composed picture"),
    )
    return next((reason for holds, reason in rules if holds), "the site paused its picture")
