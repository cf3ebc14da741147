"""Small pictures that take as much of a network as large ones."""

from dataclasses import replace

from benchmarks.load.padded import KEYFRAME_BYTES, USUAL_BPS, PaddedEncoder
from benchmarks.load.simulated_call import CallPlan, SimulatedCall, drawn
from benchmarks.network import SMALL
from mcu_core.media.clock import NS_PER_SECOND


def test_a_second_of_pictures_has_the_rate_that_was_asked_for() -> None:
    encoder = PaddedEncoder(SMALL)
    octets = 0
    for number in range(SMALL.fps):
        picture = drawn(SMALL.width, SMALL.height, number)
        stamp_ns = 1 + number * NS_PER_SECOND // SMALL.fps
        octets += encoder.encode(replace(picture, stamp_ns=stamp_ns), False).octets
    assert abs(8 * octets / SMALL.bitrate_bps - 1) < 0.2


def test_a_keyframe_follows_the_rate() -> None:
    encoder = PaddedEncoder(SMALL)
    encoder.set_bitrate(2 * USUAL_BPS)
    picture = replace(drawn(SMALL.width, SMALL.height, 1), stamp_ns=1)
    assert abs(encoder.encode(picture, True).octets - 2 * KEYFRAME_BYTES) < 200


def test_what_is_filled_up_is_decoded_as_before() -> None:
    call = SimulatedCall(CallPlan(video=SMALL, encoder=PaddedEncoder))
    call.run(1)
    assert len(call.seen.shown) >= SMALL.fps - 3
    assert call.seen.unreadable == 0
