"""Whatever a network does to a stream of sound: bounded delay, no clicks, back to calm in time."""

import random
from typing import NamedTuple

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mcu_core.ingress.arrivals import LONGEST_DELAY_NS
from mcu_core.ingress.audio import FEC_WAIT_NS
from mcu_core.media.clock import NS_PER_MS
from mcu_core.media.codec import OPUS, PCMU, Codec
from mcu_core.media.sound import SAMPLE_RATE
from mcu_core.media.units import AccessUnit
from tests.fakes.sound_call import Call, coded
from tests.fakes.tones import largest_step, tone

SECONDS = 16
CALM_S = 6
STREAMS: dict[Codec, list[AccessUnit]] = {
    PCMU: coded(PCMU, tone(400, SECONDS * SAMPLE_RATE)),
    OPUS: coded(OPUS, tone(400, SECONDS * SAMPLE_RATE), lossy=True),
}


class Weather(NamedTuple):
    """How the network is for some frames: `way_ms` long, `most_ms` of jitter on top, a share of
    frames lost; `stopped`: what is sent meanwhile comes all at once when it is over."""

    frames: int
    way_ms: int
    most_ms: int
    lost: float
    stopped: bool


weathers = st.lists(
    st.builds(
        Weather,
        st.integers(5, 100),
        st.integers(1, 150),
        st.integers(0, 150),
        st.sampled_from([0.0, 0.0, 0.05, 0.3]),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=8,
)


def transits(course: list[Weather], seed: int) -> list[float | None]:
    """The delay of each frame until it is calm, ms."""
    dice = random.Random(seed)
    delays: list[float | None] = []
    for weather in course:
        for n in range(weather.frames):
            way = weather.way_ms + dice.uniform(0, weather.most_ms)
            if weather.stopped:
                way += (weather.frames - n) * 20
            delays.append(None if dice.random() < weather.lost else way)
    return delays[: (SECONDS - CALM_S) * 50]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([PCMU, OPUS]), weathers, st.integers(0, 99), st.integers(1, 60))
@example(  # a piece of 2.5 ms was made up, and what was made up next leapt
    OPUS,
    [
        Weather(99, 23, 132, 0.0, False),
        Weather(87, 1, 1, 0.0, False),
        Weather(14, 122, 122, 0.0, False),
    ],
    35,
    1,
)
def test_after_any_weather_it_is_calm_again(
    codec: Codec, course: list[Weather], seed: int, calm_ms: int
) -> None:
    delays = transits(course, seed)
    call = Call()
    call.send(STREAMS[codec], lambda n: delays[n] if n < len(delays) else float(calm_ms))
    call.run(len(delays) + 50 * CALM_S)
    ways = [delay for delay in delays if delay is not None]
    worst_ms = max(ways, default=0) + LONGEST_DELAY_NS / NS_PER_MS + 120
    assert max(call.delays) <= worst_ms
    quickest_ms = min([*ways[-500:], calm_ms])
    # The quickest way is remembered for ten seconds, and so are frames had from their successors.
    repairs_ms = FEC_WAIT_NS / NS_PER_MS if codec is OPUS else 0.0
    assert call.delays[-1] <= 36 + repairs_ms + calm_ms - quickest_ms
    end = call.heard(len(delays) + 50 * (CALM_S - 1))
    assert np.square(end).mean() > 0.05, "it is heard"
    assert largest_step(call.heard(60)) < 0.06
