"""Bad networks, in moved time: the parts of bars 4 and 5 that take seconds and not minutes."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.load.faults import Faults
from benchmarks.load.simulated_call import BEGIN_NS, PICTURES, CallPlan, SimulatedCall
from benchmarks.network import CALM, HALF, LOSSES, frozen_s
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.codec import PCMA
from mcu_core.media.sound import SAMPLE_RATE, Block
from mcu_core.media.units import AudioForm
from mcu_core.negotiation.agreement import Protection

SMALL = replace(PICTURES, width=176, height=144, bitrate_bps=400_000)
SOUND = AudioForm(PCMA, 1, 64_000)
SETTLED_S = 3


def wave(seconds: float) -> Block:
    phase = 2 * np.pi * 300 * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.repeat((0.3 * np.sin(phase)).astype(np.float32)[:, None], 2, axis=1)


def called(out: Faults, protected: bool = True) -> SimulatedCall:
    plan = CallPlan(SMALL, SOUND, out, out)
    if protected:
        plan = replace(plan, protection=Protection(rtx=97), sound_protection=Protection(red=112))
    return SimulatedCall(plan, wave(20))


@pytest.mark.parametrize(("name", "most_frozen", "most_made_up"), [
    ("10 % one by one", 0.1, 0.05),
    ("20 % in bursts of 5", 0.2, 0.2),
])  # fmt: skip
def test_losses_are_repaired(name: str, most_frozen: float, most_made_up: float) -> None:
    call = called(LOSSES[name])
    call.run(SETTLED_S)
    made_up_ms = call.seen.concealed[-1]
    call.run(7)
    since_ns = BEGIN_NS + SETTLED_S * NS_PER_SECOND
    assert frozen_s(call, since_ns) / 7 <= most_frozen
    assert (call.seen.concealed[-1] - made_up_ms) / 7000 <= most_made_up
    assert call.seen.unreadable == 0
    assert call.near_video.reception().repaired > 50


def test_nothing_is_shown_that_was_damaged() -> None:
    clean, bad = called(HALF), called(LOSSES["20 % in bursts of 5"], protected=False)
    bad.near_video.nack = False  # for what is negotiated; repairs go by what it was told then
    (pictures,) = bad.near_video._pictures
    pictures.repairs = False
    for call in (clean, bad):
        call.run(4)
    assert bad.near_video.reception().broken > 3
    assert bad.keyframes_wanted > 3
    assert bad.seen.unreadable == 0
    assert bad.seen.worst_error < 2 * clean.seen.worst_error


def test_jitter_is_ridden_out_by_both_and_given_back() -> None:
    call = called(CALM)
    call.run(2)
    call.out.faults = call.back.faults = Faults(delay_ms=20, jitter_ms=1000)
    call.run(2)
    made_up_ms, heard = call.seen.concealed[-1], len(call.seen.heard)
    call.run(3)
    assert call.seen.concealed[-1] - made_up_ms <= 60
    assert all(block is not None for block in call.seen.heard[heard:])
    shown = [at_ns for at_ns, _ in call.seen.shown if at_ns > BEGIN_NS + 4 * NS_PER_SECOND]
    assert len(shown) > 3 * 10
    call.out.faults = call.back.faults = CALM
    call.run(8)
    at_ns, number = call.seen.shown[-1]
    assert at_ns - call.capture_ns(number) < 150 * NS_PER_MS
    assert call.seen.sound_delays[-1] < 100


def test_the_same_seed_is_the_same_call() -> None:
    first, second = (called(LOSSES["20 % in bursts of 5"]) for _ in range(2))
    for call in (first, second):
        call.run(1)
    assert first.seen.shown == second.seen.shown
    assert first.seen.concealed == second.seen.concealed
