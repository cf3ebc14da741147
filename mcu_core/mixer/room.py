"""Room: what becomes of the sites' sound in one block, from what came in to who hears what."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mcu_core.contract.definition import VoiceSwitching
from mcu_core.kernels.sound import Gains
from mcu_core.media.sound import Block
from mcu_core.mixer.auto_gain import AutoGain
from mcu_core.mixer.bus import OFF, Bus, MixResult
from mcu_core.mixer.hearing import Hearing
from mcu_core.mixer.level import SILENCE_DBOV, level_dbov
from mcu_core.mixer.loudest import Loudest
from mcu_core.mixer.noise_gate import NoiseGate
from mcu_core.mixer.pan import Pan
from mcu_core.mixer.speech import SpeakerDetector, Speech

SOUND_DBOV = -70.0
"""Nobody minds hearing of himself what is quieter: it is no reason for a mix of his own. G.711's
quietest noise, between the two codes nearest to silence, has -72."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a site's sound is to be treated; `gain` is linear. `always`: it is heard without a place
    among the loudest, as announcements are."""

    gain: float = 1.0
    muted: bool = False
    auto_gain: bool = False
    noise_gate: bool = False
    always: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """One block: the mixes, who speaks, what each site sent, and who is in the sum."""

    mixes: MixResult
    speech: Speech
    levels: Mapping[str, float]
    sounding: Collection[str]


@dataclass(slots=True)
class _Strip:
    """What is remembered of one site's sound between blocks."""

    auto_gain: AutoGain | None = None
    gate: NoiseGate | None = None
    pan: Pan = field(default_factory=Pan)
    before: Block | None = None


class Room:
    """Treats, chooses and sums; belongs to one thread.

    A block goes through the noise gate, then its gains: set by hand, automatic, by place between
    the loudspeakers, and whether it is among the loudest. Nothing of this that is switched off
    changes or delays a sample. Who speaks is judged by what came in.
    """

    def __init__(self, voice: VoiceSwitching | None = None) -> None:
        self.places = 0
        """How many are heard at once, 0 for all."""
        self.pans: Mapping[str, float] = {}
        """Where mono sites stand: -1 (left) .. 1; missing ones in the middle."""
        self.faulty = 0
        """Blocks that held something else than finite numbers, and were left out."""
        self._detector = SpeakerDetector(voice)
        self._hearing = Hearing()
        self._loudest = Loudest()
        self._bus = Bus()
        self._strips: dict[str, _Strip] = {}
        self._settings: Mapping[str, Setting] = {}
        self._muted: frozenset[str] = frozenset()
        self._always: frozenset[str] = frozenset()

    def configure(self, voice: VoiceSwitching) -> None:
        """Switch by this rule from the next block on; also from another thread."""
        self._detector.configure(voice)

    def wants(self, site: str, level_dbov: float) -> bool:
        """Whether sound of which only the level is known must be decoded."""
        if not self.places or site in self._loudest.heard:
            return level_dbov > SOUND_DBOV
        return self._detector.is_loud(site, level_dbov)

    def mix(
        self,
        blocks: Mapping[str, Block],
        settings: Mapping[str, Setting],
        now_ns: int,
        unheard: Mapping[str, float] | None = None,
    ) -> Heard:
        """Mix 20 ms.

        `blocks`: of each site that sounds, shape (960, 2); `settings` of every site of the
        conference. `unheard`: levels in dBov of sites that sound but were not decoded.
        """
        self._know(settings)
        levels = dict.fromkeys(settings, SILENCE_DBOV)
        if unheard:
            levels.update(unheard)
        blocks = self._sound(blocks, levels)
        unvoiced = {*self._hearing.unvoiced(blocks, levels), *(unheard or ())}
        speech = self._detector.push(levels, now_ns, unvoiced, self._muted)
        treated = self._treat(blocks)
        heard, new = self._choose(treated, levels)
        gains = {
            site: self._gains(site, block, levels[site], site in heard, now_ns)
            for site, block in treated.items()
        }
        mixes = self._bus.mix(treated, gains, levels, new)
        sounding = {site for site, gain in gains.items() if _sounds(levels[site], gain)}
        return Heard(mixes, speech, levels, sounding)

    def _know(self, settings: Mapping[str, Setting]) -> None:
        if settings is self._settings:
            return
        self._settings = settings
        self._muted = frozenset(site for site, setting in settings.items() if setting.muted)
        self._always = frozenset(site for site, setting in settings.items() if setting.always)
        self._hearing.forget(settings)
        for site in [site for site in self._strips if site not in settings]:
            del self._strips[site]

    def _sound(self, blocks: Mapping[str, Block], levels: dict[str, float]) -> dict[str, Block]:
        """The blocks that hold nothing but numbers, with their levels."""
        sound: dict[str, Block] = {}
        for site, block in blocks.items():
            level = level_dbov(block)
            if math.isnan(level):
                self.faulty += 1
                continue
            levels[site] = level
            sound[site] = block
        return sound

    def _treat(self, blocks: Mapping[str, Block]) -> dict[str, Block]:
        """The blocks behind the noise gates, with what these still hold of silent sites."""
        for site in blocks:
            if site not in self._strips:
                self._strips[site] = _Strip()
        treated: dict[str, Block] = {}
        for site, strip in self._strips.items():
            block = blocks.get(site)
            if block is None and strip.gate is None:
                strip.before = None
                continue
            out = self._gate(strip, block, self._settings[site].noise_gate, site)
            strip.before = block
            if out is not None:
                treated[site] = out
        return treated

    def _gate(self, strip: _Strip, block: Block | None, wanted: bool, site: str) -> Block | None:
        if wanted:
            if strip.gate is None:
                strip.gate = NoiseGate()
                return strip.gate.begin(strip.before, block)
            voice = self._detector.voices.get(site)
            return strip.gate.apply(block, voice is not None and voice.began_ns is not None)
        if strip.gate is not None:
            gate, strip.gate = strip.gate, None
            return gate.end(block)
        return block

    def _choose(
        self, treated: Mapping[str, Block], levels: Mapping[str, float]
    ) -> tuple[Collection[str], Collection[str]]:
        """Who is heard, and who of them was not before."""
        if not self.places:
            return treated.keys(), ()
        voices = self._detector.voices
        if beside := self._muted | self._always:
            voices = {site: voice for site, voice in voices.items() if site not in beside}
        sounding = [site for site in treated if site in voices and levels[site] > SOUND_DBOV]
        before = set(self._loudest.heard)
        heard = self._loudest.choose(self.places, voices, sounding, self._detector.heard_ns)
        return {*heard, *self._always}, set(heard) - before

    def _gains(self, site: str, block: Block, level_dbov: float, heard: bool, now_ns: int) -> Gains:
        setting, strip = self._settings[site], self._strips[site]
        gain = setting.gain * self._automatic(strip, setting, site, level_dbov)
        left, right = strip.pan.gains(self.pans.get(site, 0.0), block, now_ns)
        if setting.muted or not heard:
            return OFF
        return gain * left, gain * right

    def _automatic(self, strip: _Strip, setting: Setting, site: str, level_dbov: float) -> float:
        if not setting.auto_gain:
            strip.auto_gain = None
            return 1.0
        if strip.auto_gain is None:
            strip.auto_gain = AutoGain()
        speech = self._detector.voices[site].speaks(self._detector.heard_ns)
        return float(10 ** (strip.auto_gain.follow(level_dbov, speech) / 20))


def _sounds(level_dbov: float, gains: Gains) -> bool:
    """Whether anybody can hear it."""
    loudest = max(gains)
    return loudest > 0.0 and level_dbov + 20 * math.log10(loudest) > SOUND_DBOV
