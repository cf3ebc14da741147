"""Whatever comes in and whenever: the sound path keeps its promises."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.sound_queue import WAITING_UNITS
from mcu_core.media.clock import NS_PER_MS, ManualClock
from mcu_core.media.codec import G722, OPUS, PCMA, PCMU
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES
from mcu_core.media.units import AccessUnit
from mcu_core.mixer.bus import Bus
from mcu_core.mixer.limiter import CEILING

frames = st.builds(
    AccessUnit,
    st.sampled_from([OPUS, G722, PCMA, PCMU]),
    st.binary(max_size=400),
    st.one_of(
        st.integers(0, 60).map(lambda n: n * BLOCK_NS),
        st.integers(-(2**40), 2**62),
    ),
    broken=st.booleans(),
)
events = st.lists(
    st.one_of(frames, st.integers(0, 400), st.sampled_from(["pull", "pull", "reset"])),
    max_size=150,
)


@settings(max_examples=150, deadline=None)
@given(events)
def test_an_ingress_gives_whole_finite_blocks_or_none(
    happening: list[AccessUnit | int | str],
) -> None:
    clock = ManualClock(10**9)
    ingress = AudioIngress(clock, "site")
    for event in happening:
        if isinstance(event, AccessUnit):
            ingress.push(event)
        elif isinstance(event, int):
            clock.advance_ns(event * NS_PER_MS)
        elif event == "reset":
            ingress.reset()
        else:
            block = ingress.pull(clock.now_ns())
            assert block is None or block.shape == (BLOCK_SAMPLES, 2)
            assert block is None or bool(np.isfinite(block).all())
        assert len(ingress._queue) <= WAITING_UNITS
        assert len(ingress._ready) < 50_000
    for _ in range(WAITING_UNITS * 4):  # in the end there is silence
        clock.advance_ns(BLOCK_NS)
        if ingress.pull(clock.now_ns()) is None and not ingress._queue:
            break
    else:
        raise AssertionError("sound without end")


steps = st.lists(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.tuples(st.integers(0, 99), st.sampled_from([0.0, 0.5, 1.0, 4.0])),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_who_hears_whom_never_depends_on_the_listener_s_own_sound(
    course: list[dict[str, tuple[int, float]]],
) -> None:
    """Replacing a site's own sound by silence changes nothing in its mix, and nothing overloads."""
    real, mute = Bus(), Bus()
    for step in course:
        blocks = {
            site: np.random.default_rng(seed).uniform(-1, 1, (BLOCK_SAMPLES, 2)).astype(np.float32)
            for site, (seed, _) in step.items()
        }
        gains = {site: gain for site, (_, gain) in step.items()}
        heard = real.mix(blocks, gains)
        without_own = dict(blocks)
        if "a" in without_own:
            without_own["a"] = np.zeros_like(without_own["a"])
        silenced = mute.mix(without_own, gains)
        for site in "abcd":
            assert np.abs(heard.without(site)).max() <= CEILING + 1e-6
        assert np.abs(heard.without("a") - silenced.without("a")).max() < 1e-5
