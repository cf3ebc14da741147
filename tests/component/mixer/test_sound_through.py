"""Sound end to end over L16: what comes in through jitter buffers, mixer and encoder comes out."""

import numpy as np
import pytest

from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.ingress.audio import AudioIngress
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.codec import L16_STEREO
from mcu_core.media.sound import BLOCK_NS, SAMPLE_RATE
from mcu_core.media.units import AccessUnit, AudioForm
from mcu_core.mixer.room import Room, Setting
from tests.fakes.sound_call import coded
from tests.fakes.tones import Mono, largest_step, sinad_db, tone

FULL_SCALE = 10 ** (-3 / 20)
FORM = AudioForm(L16_STEREO, 2, 0)
TONES = {"a": 440.0, "b": 1000.0, "c": 1730.0}


class Conference:
    """Sites that send L16, the room, and an L16 encoder for each listener."""

    def __init__(self, sites: list[str]) -> None:
        self.clock = ManualClock(NS_PER_SECOND)
        self.room = Room()
        self.sites = {site: AudioIngress(self.clock, site) for site in sites}
        self.settings = {site: Setting() for site in sites}
        self.encoders = {site: AudioEncoder(FORM) for site in [*sites, ""]}
        self.heard: dict[str, list[bytes]] = {site: [] for site in self.encoders}

    def run(self, sound: dict[str, Mono]) -> None:
        """Each site sends its sound, its frames at a moment of their own between two ticks."""
        units = {site: coded(L16_STEREO, mono) for site, mono in sound.items()}
        arrivals: list[tuple[int, str, AccessUnit]] = []
        for number, (site, sent) in enumerate(units.items()):
            ahead_ns = NS_PER_SECOND + (3 + 5 * number) * NS_PER_MS
            arrivals += [(ahead_ns + unit.stamp_ns, site, unit) for unit in sent]
        arrivals.sort(key=lambda arrival: arrival[0])
        seconds = max(map(len, sound.values())) / SAMPLE_RATE
        for tick in range(1, int(seconds * 50)):
            now_ns = NS_PER_SECOND + tick * BLOCK_NS
            while arrivals and arrivals[0][0] <= now_ns:
                moment_ns, site, unit = arrivals.pop(0)
                self.clock.advance_ns(max(0, moment_ns - self.clock.now_ns()))
                self.sites[site].push(unit)
            self._mix(now_ns)

    def _mix(self, now_ns: int) -> None:
        pulled = {site: ingress.pull(now_ns) for site, ingress in self.sites.items()}
        blocks = {site: block for site, block in pulled.items() if block is not None}
        mixes = self.room.mix(blocks, self.settings, now_ns).mixes
        for site, encoder in self.encoders.items():
            unit = encoder.encode(mixes.without(site) if site else mixes.total, now_ns)
            assert unit is not None
            self.heard[site] += unit.payloads

    def left(self, site: str, last_s: float) -> Mono:
        """The left channel of what a site heard in the last seconds, full scale 1."""
        samples = np.frombuffer(b"".join(self.heard[site]), ">i2").reshape(-1, 2)[:, 0]
        return samples[-int(last_s * SAMPLE_RATE) :].astype(np.float64) / 32768


def noise(seed: int, seconds: int) -> Mono:
    return 0.25 * np.random.default_rng(seed).uniform(-1, 1, seconds * SAMPLE_RATE)


@pytest.mark.parametrize("others", [1, 5])
def test_nobody_hears_itself(others: int) -> None:
    """What a site hears is the same, whether it makes noise at full blast or none."""
    sites = [f"s{n}" for n in range(others + 1)]
    sound = {site: noise(seed, 4) for seed, site in enumerate(sites)}
    sound["s0"] *= 4 * FULL_SCALE
    loud, silent = Conference(sites), Conference(sites)
    loud.run(sound)
    silent.run(sound | {"s0": np.zeros(4 * SAMPLE_RATE)})
    heard = loud.left("s0", 3.0)
    assert np.square(heard).mean() > 1e-3
    own_db = 10 * np.log10(np.square(sound["s0"]).mean())
    trace = np.square(heard - silent.left("s0", 3.0)).mean()
    assert 10 * np.log10(trace + 1e-20) - own_db <= -90


@pytest.mark.parametrize("listener", ["d", "", "a"])
def test_loud_tones_stay_clean_and_within_full_scale(listener: str) -> None:
    """Three tones at -3 dBFS are 2.1 times full scale: the limiter brings them down."""
    conference = Conference([*TONES, "d"])
    conference.run(
        {site: tone(hertz, 4 * SAMPLE_RATE, FULL_SCALE) for site, hertz in TONES.items()}
    )
    heard = conference.left(listener, 2.0)
    wanted = tuple(hertz for site, hertz in TONES.items() if site != listener)
    assert sinad_db(heard, wanted) >= 30
    assert np.abs(heard).max() < 0.99
    assert np.abs(heard).max() > 0.9, "not quieter than it must be"


def test_one_tone_comes_through_as_it_was_for_a_minute() -> None:
    conference = Conference(["a", "b"])
    conference.run({"a": tone(1000, 60 * SAMPLE_RATE)})
    heard = conference.left("b", 58.0)
    assert largest_step(heard) < 1.01 * largest_step(tone(1000, SAMPLE_RATE)) + 4 / 32768
    assert sinad_db(heard[-SAMPLE_RATE:], (1000.0,)) > 90
    assert not conference.left("a", 58.0).any()
