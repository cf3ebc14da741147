"""Lips and sound together, over simulated networks: as a receiver of the mix would have it.

A site sends sound in frames of 20 ms and 30 pictures a second. At each tick of the output the
picture that is shown and the sound that is mixed are compared by when they were captured.
"""

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.lipsync import LipSync, PictureLag
from mcu_core.ingress.output_queue import OutputQueue
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.codec import L16_MONO
from mcu_core.media.picture import Picture, blank_picture
from mcu_core.media.sound import BLOCK_NS
from mcu_core.media.units import AccessUnit
from tests.fakes.sound_call import coded
from tests.fakes.tones import tone

FRAME_NS = TICK_NS = NS_PER_SECOND // 30
DECODING_NS = 4 * NS_PER_MS
START_NS = 100 * NS_PER_SECOND
PICTURE_CLOCK_NS = 55 * NS_PER_SECOND
"""Where the sender's clock for pictures stands when its clock for sound stands at 0."""

BLANK = blank_picture(16, 16)
Transit = Callable[[random.Random, int], float | None]
"""Milliseconds from capture to the last packet here at that second; None where it is lost."""


class Lips:
    """A site, its network, and the ticks; `late_ms`: how late sound was at each picture shown."""

    def __init__(self, sound: Transit, picture: Transit, reports: bool) -> None:
        self.clock = ManualClock(START_NS)
        self.audio = AudioIngress(self.clock, "site")
        self.queue, self.lag, self.sync = OutputQueue(), PictureLag(), LipSync()
        self.late_ms: list[float] = []
        self.holds_ms: list[float] = []
        self._ways = {"sound": sound, "picture": picture}
        self._dice = random.Random(7)
        self._reports = reports
        self._frames = [unit.data for unit in coded(L16_MONO, tone(500, 960 * 50))]
        self._shown: Picture | None = None

    def run(self, seconds: int) -> None:
        events: list[tuple[int, int, int]] = []
        for n in range(seconds * 50):
            self._send(events, "sound", 0, (n + 1) * BLOCK_NS, n)
        for n in range(seconds * 30):
            self._send(events, "picture", 1, n * FRAME_NS, n)
        events += [(n * BLOCK_NS + 7 * NS_PER_MS, 2, n) for n in range(seconds * 50)]
        events += [(n * TICK_NS + 11 * NS_PER_MS, 3, n) for n in range(seconds * 30)]
        for moment_ns, kind, number in sorted(events):
            self.clock.advance_ns(max(0, START_NS + moment_ns - self.clock.now_ns()))
            (self._sound, self._picture, self._mix, self._tick)[kind](number)

    def _send(
        self, events: list[tuple[int, int, int]], what: str, kind: int, whole_ns: int, n: int
    ) -> None:
        late = self._ways[what](self._dice, whole_ns // NS_PER_SECOND)
        if late is not None:
            events.append((whole_ns + int(late * NS_PER_MS), kind, n))

    def _sound(self, n: int) -> None:
        for part in (2 * n, 2 * n + 1):
            data = self._frames[part % len(self._frames)]
            self.audio.push(AccessUnit(L16_MONO, data, part * BLOCK_NS // 2, True))

    def _picture(self, n: int) -> None:
        now_ns = self.clock.now_ns()
        self.lag.arrived(PICTURE_CLOCK_NS + n * FRAME_NS, now_ns, now_ns)
        if self._reports:
            self.audio.wall_less_media_ns = 10**18
        self.queue.push(replace(BLANK, stamp_ns=self.clock.now_ns(), serial=n))

    def _mix(self, n: int) -> None:
        self.audio.pull(self.clock.now_ns())

    def _tick(self, n: int) -> None:
        now_ns = self.clock.now_ns()
        picture = self.queue.take(now_ns - DECODING_NS, TICK_NS)
        if picture is None:
            return
        if self._shown is None or picture.serial != self._shown.serial:
            self._shown = picture
            self.lag.shown(now_ns - picture.stamp_ns)
            captured_ns = picture.serial * FRAME_NS
            mixed_ns = captured_ns + self.audio._arrivals.timing.base_ns + self.audio.delay_ns
            self.late_ms.append((mixed_ns - now_ns) / NS_PER_MS)
        lag = self.lag.lag(10**18 - PICTURE_CLOCK_NS if self._reports else None)
        assert lag is not None
        self.sync.update(self.audio.lag(), lag, now_ns, TICK_NS)
        self.queue.hold_ns, self.audio.hold_ns = self.sync.picture_ns, self.sync.sound_ns
        self.holds_ms.append(self.sync.picture_ns / NS_PER_MS)


def steady(ms: float) -> Transit:
    return lambda dice, second: ms


def scattered(ms: float, most: float, lost: float = 0.0) -> Transit:
    return lambda dice, second: None if dice.random() < lost else ms + dice.uniform(0, most)


def p95(late_ms: list[float]) -> float:
    return float(np.percentile(np.abs(late_ms), 95))


@pytest.mark.parametrize(
    ("sound", "picture"),
    [
        (steady(5), steady(5)),
        (steady(5), steady(40)),
        (steady(5), steady(130)),  # a camera and an encoder that take their time
        (steady(80), steady(5)),
        (scattered(5, 60), steady(5)),
        (scattered(5, 60, 0.05), scattered(5, 20, 0.05)),
        (scattered(5, 10), scattered(30, 40, 0.1)),
    ],
    ids=["together", "40 ms", "late camera", "late sound", "jitter", "jitter and loss", "repairs"],
)
def test_a_moment_is_seen_and_heard_together(sound: Transit, picture: Transit) -> None:
    lips = Lips(sound, picture, reports=True)
    lips.run(30)
    assert p95(lips.late_ms[8 * 30 :]) <= 40
    assert max(lips.holds_ms) <= 400


def test_without_reports_what_comes_together_belongs_together() -> None:
    for extra in (0, 30):
        lips = Lips(scattered(5 + extra, 40), steady(25 + extra), reports=False)
        lips.run(30)
        assert p95(lips.late_ms[8 * 30 :]) <= 40


def test_jitter_that_comes_and_goes_leaves_no_hold_behind() -> None:
    def sound(dice: random.Random, second: int) -> float:
        return dice.uniform(5, 125) if 10 <= second < 20 else 5.0

    lips = Lips(sound, steady(5), reports=True)
    lips.run(40)
    assert max(lips.holds_ms) > 40
    assert lips.holds_ms[-1] < 25
    assert p95(lips.late_ms[14 * 30 : 20 * 30]) <= 40
    assert p95(lips.late_ms[26 * 30 :]) <= 40


def test_pictures_are_hardly_ever_left_out_for_it() -> None:
    lips = Lips(scattered(5, 60), steady(5), reports=True)
    lips.run(30)
    assert lips.queue.overtaken <= 12
