"""How long incoming sound waits: led to its target, whatever clock its sender has."""

import random

import numpy as np
import pytest

from mcu_core.ingress.audio import SLACK_NS, AudioIngress
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.codec import L16_MONO, L16_STEREO, OPUS, PCMU, Codec
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.media.units import AccessUnit
from tests.fakes.sound_call import PHASE_NS, Call, Transit, coded, jitter
from tests.fakes.tones import largest_step, tone

START_NS = NS_PER_SECOND


class TonePlayer:
    """A sender of 1 kHz over L16 whose clock is `ppm` millionths fast, heard without end.

    `worst_step`: the largest second difference of what is heard, blocks joined.
    """

    def __init__(self, ppm: float, most_jitter_ms: float = 0.0) -> None:
        self.clock = ManualClock(START_NS)
        self.ingress = AudioIngress(self.clock, "site")
        self.delays: list[float] = []
        self.worst_step = 0.0
        self._ppm = ppm
        self._most_jitter_ns = most_jitter_ms * NS_PER_MS
        self._dice = random.Random(5)
        second = np.rint(tone(1000, SAMPLE_RATE) * 32768).astype(">i2")
        self._frames = [part.tobytes() for part in second.reshape(50, BLOCK_SAMPLES)]
        self._sent = 0
        self._ticks = 0
        self._tail = np.zeros(2)

    def _arrival_ns(self) -> int:
        sent_ns = self._sent * BLOCK_NS * (1 - self._ppm * 1e-6)
        return START_NS + int(sent_ns + self._dice.uniform(0, self._most_jitter_ns))

    def run(self, seconds: int) -> None:
        arrival_ns = self._arrival_ns()
        for _ in range(seconds * 50):
            pull_ns = START_NS + self._ticks * BLOCK_NS + PHASE_NS
            while arrival_ns <= pull_ns:
                self.clock.advance_ns(max(0, arrival_ns - self.clock.now_ns()))
                frame = self._frames[self._sent % 50]
                self.ingress.push(AccessUnit(L16_MONO, frame, self._sent * BLOCK_NS, True))
                self._sent += 1
                arrival_ns = self._arrival_ns()
            self.clock.advance_ns(pull_ns - self.clock.now_ns())
            self._listen(pull_ns)
            self._ticks += 1

    def _listen(self, now_ns: int) -> None:
        block = self.ingress.pull(now_ns)
        heard = np.zeros(BLOCK_SAMPLES) if block is None else block[:, 0].astype(np.float64)
        if self._ticks > 10:
            step = largest_step(np.concatenate((self._tail, heard)))
            self.worst_step = max(self.worst_step, step)
        self._tail = heard[-2:]
        self.delays.append(self.ingress.stats.buffered_ms)


TONE_STEP = largest_step(tone(1000, SAMPLE_RATE))


@pytest.mark.parametrize("ppm", [0.0, 200.0, -200.0, 300.0, -300.0])
def test_a_sender_with_a_clock_of_its_own_is_heard_without_a_seam(ppm: float) -> None:
    """A drift of 200 ppm is a block and a half after these two and a half minutes."""
    player = TonePlayer(ppm)
    player.run(150)
    stats = player.ingress.stats
    assert player.worst_step < 1.01 * TONE_STEP
    assert (stats.concealed_ms, stats.lengthened, stats.late, stats.dropped) == (0, 0, 0, 0)
    assert stats.shortened <= 1, "once, when the first second has shown that the network is calm"
    assert stats.drift_ppm == pytest.approx(ppm, abs=2)
    assert min(player.delays[100:]) > 20
    assert max(player.delays[100:]) < 36
    assert max(player.delays[-500:]) < 31


@pytest.mark.parametrize("ppm", [150.0, -150.0])
def test_drift_is_followed_through_jitter(ppm: float) -> None:
    player = TonePlayer(ppm, most_jitter_ms=15)
    player.run(150)
    stats = player.ingress.stats
    assert player.worst_step < 1.5 * TONE_STEP
    assert stats.concealed_ms < 200
    assert stats.drift_ppm == pytest.approx(ppm, abs=40)
    assert max(player.delays[1000:]) < 60


def test_sound_begins_at_its_target_wherever_the_tick_is() -> None:
    """Frames that come just before or just after the tick wait for the same time."""
    for phase_ms in (0, 5, 10, 15, 19):
        call = Call()
        call.send(coded(L16_STEREO, tone(400, SAMPLE_RATE)), lambda n, ms=phase_ms: float(ms))  # type: ignore[misc]
        call.run(20)
        assert 38 <= call.delays[-1] <= 41, phase_ms


def test_more_jitter_is_met_by_more_delay_before_it_costs_much() -> None:
    calm, rough = jitter(1), jitter(50)
    call = Call()
    call.send(coded(PCMU, tone(400, 20 * SAMPLE_RATE)), lambda n: rough(n) if n > 400 else calm(n))
    call.run(400)
    assert max(call.delays[150:]) < 36
    call.run(590)
    assert call.delays[-1] > 60
    assert call.ingress.stats.lengthened > 0
    assert call.ingress.stats.concealed_ms < 800
    assert largest_step(call.heard(60)) < 0.05


@pytest.mark.parametrize("burst_ms", [60, 150, 400, 1500])
def test_after_a_burst_the_delay_is_back_within_five_seconds(burst_ms: int) -> None:
    """The network holds everything up for a while, then all comes at once."""
    first = 250

    def transit(n: int) -> float:
        return max(2.0, 2.0 + burst_ms - (n - first) * 20) if n >= first else 2.0

    call = Call()
    call.send(coded(PCMU, tone(400, 14 * SAMPLE_RATE)), transit)
    call.run(690)
    before = max(call.delays[150:first])
    over = first + burst_ms // 20
    assert max(call.delays[over + 1 :]) < before + burst_ms + 40
    assert max(call.delays[over + 250 :]) <= before + SLACK_NS / NS_PER_MS
    assert largest_step(call.heard(60)) < 0.05


def test_sound_waits_longer_for_its_picture_and_comes_back() -> None:
    call = Call()
    call.send(coded(PCMU, tone(400, 12 * SAMPLE_RATE)), lambda n: 2.0)
    call.run(150)
    calm = call.delays[-1]
    call.ingress.hold_ns = 80 * NS_PER_MS
    call.run(150)
    assert call.delays[-1] == pytest.approx(calm + 80, abs=8)
    assert call.ingress.delay_ns == pytest.approx(call.delays[-1] * NS_PER_MS)
    call.ingress.hold_ns = 0
    call.run(150)
    assert call.delays[-1] == pytest.approx(calm, abs=8)
    assert largest_step(call.heard(60)) < 0.05
    assert call.ingress.stats.concealed_ms < 150


@pytest.mark.parametrize("codec", [OPUS, PCMU], ids=lambda codec: codec.name)
def test_a_second_of_jitter_is_ridden_out_and_given_back(codec: Codec) -> None:
    call = Call()
    call.send(coded(codec, tone(300, 16 * SAMPLE_RATE)), _worst_between(150, 400))
    call.run(150 + 100)  # two seconds to find out
    made_up_ms = call.ingress.stats.concealed_ms
    call.run(150)
    assert call.ingress.stats.concealed_ms - made_up_ms <= 0.02 * 3000
    assert all(block is not None for block in call.blocks[250:])
    assert 700 < call.delays[-1] <= 1100
    call.run(50 + 5 * 50)
    assert call.delays[-1] < 60


def _worst_between(first: int, last: int) -> Transit:
    calm, bad = jitter(5), jitter(1000)
    return lambda n: bad(n) if first <= n < last else calm(n)
