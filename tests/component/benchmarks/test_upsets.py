"""What happens to calls in the middle: soon after, sound and pictures are as before."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.load.faults import Faults
from benchmarks.load.simulated_call import CallPlan, SimulatedCall
from benchmarks.network import CALM
from mcu_core.media.clock import NS_PER_MS
from tests.component.benchmarks.test_network import SMALL, SOUND, wave

BEFORE_S, SETTLING_S, AFTER_S = 1.5, 3.0, 2.0
FPS = 30

Upset = Callable[[SimulatedCall], object]


def duplicates(call: SimulatedCall) -> None:
    call.out.faults = replace(CALM, duplicates=0.3)


def reordering(call: SimulatedCall) -> None:
    call.out.faults = replace(CALM, overtaken=0.05)


def numbers_begin_anew(call: SimulatedCall) -> None:
    """As where a sender lost its state; SSRC and clock stay."""
    for stream in (call.far_video, call.far_sound):
        stream._sender._first = (stream._sender._first + 20_000) & 0xFFFF


def numbers_wrap(call: SimulatedCall) -> None:
    for stream in (call.far_video, call.far_sound):
        sender = stream._sender
        assert sender._first + sender.packets < 0xFFFF
        sender._first = 0xFFFF - sender.packets - 20


def another_source(call: SimulatedCall) -> None:
    for stream in (call.far_video, call.far_sound):
        stream.ssrc += 5
        stream._sender._ssrc += 5


def their_clock_jumps(call: SimulatedCall) -> None:
    for stream in (call.far_video, call.far_sound):
        stream._sender._stream_clock.first += 1_000_000_000


def silence_of_30_s(call: SimulatedCall) -> None:
    call.pause(30)


def nothing_gets_through(call: SimulatedCall) -> None:
    call.out.faults = call.back.faults = Faults(loss=1.0)
    call.run(2)
    call.out.faults = call.back.faults = CALM


def the_way_becomes_longer(call: SimulatedCall) -> None:
    call.out.faults = call.back.faults = Faults(delay_ms=220)


@pytest.mark.parametrize(
    "upset",
    [
        duplicates,
        reordering,
        numbers_begin_anew,
        numbers_wrap,
        another_source,
        their_clock_jumps,
        silence_of_30_s,
        nothing_gets_through,
        the_way_becomes_longer,
    ],
    ids=lambda upset: upset.__name__,
)
def test_a_call_goes_on(upset: Upset) -> None:
    call = SimulatedCall(CallPlan(SMALL, SOUND, CALM, CALM), wave(20))
    call.run(BEFORE_S)
    assert call.seen.shown
    upset(call)
    call.run(SETTLING_S)
    pictures, blocks = len(call.seen.shown), len(call.seen.heard)
    made_up_ms = call.seen.concealed[-1]
    call.run(AFTER_S)
    assert len(call.seen.shown) - pictures >= 0.9 * AFTER_S * FPS
    assert call.seen.concealed[-1] - made_up_ms <= 40
    assert all(block is not None for block in call.seen.heard[blocks:])
    way_ms = call.out.faults.delay_ms
    assert call.seen.sound_delays[-1] < 80 + way_ms, "it counts from the quickest arrival on"
    at_ns, number = call.seen.shown[-1]
    assert at_ns - call.capture_ns(number) < (way_ms + 120) * NS_PER_MS
    assert call.seen.unreadable == 0
