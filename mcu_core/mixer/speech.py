"""Who speaks: a pure decision from levels, with time as a parameter (声控切换, mcu_anchors 4.1).

Two places are given away by one rule, at two speeds: the highlight (who speaks now) and the floor
(who stands in the big pane):

| | highlight | floor |
|---|---|---|
| taken by who has talked for (attack) | 0.3 s | `attack_s`, 1.5 s |
| kept at least (hold) | - | `hold_s`, 2 s |
| safe from others while it talks, and in pauses up to | 0.4 s | 0.8 s |
| given back | 0.8 s after its last word | never: until another takes it |

Of several the loudest gets it. Only somebody who has talked for three seconds more, and is 10 dB
louder, takes it from one who talks: else an open microphone would keep it. Muted sites have
neither place, but one who talks while muted is told of.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mcu_core.contract.definition import VoiceSwitching
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.mixer.level import SILENCE_DBOV
from mcu_core.mixer.voice import LULL_NS, RELEASE_NS, Voice, over_noise_db

NOBODY = ""

HIGHLIGHT_NS = 300 * NS_PER_MS
MUTED_TALK_NS = NS_PER_SECOND
TAKE_OVER_NS = 3 * NS_PER_SECOND
TAKE_OVER_DB = 10.0

_LONGEST_STEP_NS = 100 * NS_PER_MS
_SILENT_DBOV = SILENCE_DBOV + 20


@dataclass(frozen=True, slots=True)
class Speech:
    """`speaker` has the highlight, `floor` the big pane, `previous` had the floor before it.

    Each is empty for nobody. `muted_talkers` talk while they are muted.
    """

    speaker: str = NOBODY
    floor: str = NOBODY
    previous: str = NOBODY
    muted_talkers: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Place:
    """A place that one site at a time has, and by which rule it is given away."""

    attack_ns: int
    hold_ns: int
    safe_ns: int
    kept: bool
    site: str = NOBODY
    since_ns: int = 0

    def give(self, voices: Mapping[str, Voice], now_ns: int) -> None:
        """Give it to whom it belongs now; `voices` are those who may have it."""
        chosen = self._chosen(voices, now_ns)
        if chosen != self.site:
            self.site, self.since_ns = chosen, now_ns

    def _chosen(self, voices: Mapping[str, Voice], now_ns: int) -> str:
        talkers = [site for site, voice in voices.items() if voice.talks(self.attack_ns, now_ns)]
        loudest = max(talkers, key=lambda site: voices[site].loudness_dbov, default=NOBODY)
        holder = voices.get(self.site)
        if holder is None:
            return loudest
        if now_ns - self.since_ns < self.hold_ns:
            return self.site
        if holder.pauses(self.safe_ns, now_ns):
            if loudest:
                return loudest
            return self.site if self.kept or not holder.pauses(RELEASE_NS, now_ns) else NOBODY
        taken = bool(loudest) and self._taken_over(voices[loudest], holder, now_ns)
        return loudest if taken else self.site

    @staticmethod
    def _taken_over(challenger: Voice, holder: Voice, now_ns: int) -> bool:
        louder_db = challenger.loudness_dbov - holder.loudness_dbov
        return louder_db >= TAKE_OVER_DB and challenger.talks(TAKE_OVER_NS, now_ns)


class SpeakerDetector:
    """Follows the levels of all sites and says who speaks."""

    def __init__(self, voice: VoiceSwitching | None = None) -> None:
        self._voices: dict[str, Voice] = {}
        self._muted: frozenset[str] = frozenset()
        self._highlight = _Place(HIGHLIGHT_NS, 0, LULL_NS, kept=False)
        self._floor = _Place(0, 0, RELEASE_NS, kept=True)
        self._holders: list[str] = []
        self._speech = Speech()
        self._last_ns: int | None = None
        self._heard_ns = 0
        """Time that has been heard: it stands still in a stall, when nothing was."""
        self._rule = voice or VoiceSwitching()

    @property
    def voices(self) -> Mapping[str, Voice]:
        """What is known of each site's voice; good until the next push."""
        return self._voices

    @property
    def heard_ns(self) -> int:
        """The time that has been heard, by which the voices go."""
        return self._heard_ns

    def is_loud(self, site: str, level_dbov: float) -> bool:
        """Whether that level is over the site's gate."""
        voice = self._voices.get(site)
        return voice is None or level_dbov > voice.gate_dbov(over_noise_db(self._rule.gate))

    def configure(self, voice: VoiceSwitching) -> None:
        """Go by this rule from the next push on, also from another thread; the floor stays."""
        self._rule = voice

    def push(
        self,
        levels: Mapping[str, float],
        now_ns: int,
        unvoiced: Collection[str] = (),
        muted: Collection[str] = (),
    ) -> Speech:
        """Take the present levels in dBov and say who speaks; the same object while it stays so.

        `levels` has every site of the conference; one that is missing has left and is forgotten.
        Those of `unvoiced` sound like no voice (`mixer/hearing.py` knows). Called each 20 ms.
        """
        rule = self._rule
        last_ns = now_ns if self._last_ns is None else self._last_ns
        step_ns = max(0, min(now_ns - last_ns, _LONGEST_STEP_NS))
        self._last_ns = now_ns
        self._heard_ns += step_ns
        self._meet(levels, muted)
        over_db = over_noise_db(rule.gate)
        for site, voice in self._voices.items():
            sounds = levels[site] > _SILENT_DBOV
            if sounds or voice.began_ns is not None:
                level = levels[site] if sounds else SILENCE_DBOV
                voice.hear(level, site not in unvoiced, over_db, step_ns, self._heard_ns)
        return self._decide(rule, self._heard_ns)

    def _meet(self, levels: Mapping[str, float], muted: Collection[str]) -> None:
        """Know exactly these sites; who is muted, or unmuted, begins anew."""
        if self._voices.keys() != levels.keys():
            self._voices = {site: self._voices.get(site) or Voice() for site in levels}
        if self._muted != muted:
            now_muted = frozenset(muted)
            for site in self._muted ^ now_muted:
                if site in self._voices:
                    self._voices[site].stop()
            self._muted = now_muted

    def _decide(self, rule: VoiceSwitching, now_ns: int) -> Speech:
        talking = {s: v for s, v in self._voices.items() if v.began_ns is not None}
        held = {self._highlight.site, self._floor.site}
        open_voices = {
            site: voice
            for site, voice in self._voices.items()
            if (site in talking or site in held) and site not in self._muted
        }
        self._highlight.give(open_voices, now_ns)
        self._floor.attack_ns = round(rule.attack_s * NS_PER_SECOND)
        self._floor.hold_ns = round(rule.hold_s * NS_PER_SECOND)
        self._floor.give(open_voices if rule.enabled else {}, now_ns)
        self._remember_holder(rule)
        muted_talkers = frozenset(
            site
            for site, voice in talking.items()
            if site in self._muted
            and (site in self._speech.muted_talkers or voice.talks(MUTED_TALK_NS, now_ns))
        )
        speech = Speech(self._highlight.site, self._floor.site, self._previous(), muted_talkers)
        if speech != self._speech:
            self._speech = speech
        return self._speech

    def _remember_holder(self, rule: VoiceSwitching) -> None:
        holder = self._floor.site
        if holder and self._holders[-1:] != [holder]:
            self._holders = [site for site in self._holders if site != holder] + [holder]
        if not rule.enabled:
            self._holders = []

    def _previous(self) -> str:
        """Who, of those still here, had the floor last before it came to who has it now."""
        before = (site for site in reversed(self._holders) if site != self._floor.site)
        return next((site for site in before if site in self._voices), NOBODY)
