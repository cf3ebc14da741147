"""Who speaks: a pure decision from levels, with time as a parameter (MCU voice switching).

Rules, from what conference servers do best:
- A site *talks* once it has been over its gate for 300 ms, with short pauses between words; a cough
  is shorter. It talks no more after 800 ms below.
- The gate stands 12 dB over the site's own noise, so a fan or a hum is no speech; but the noise is
  never believed to be louder than -45 dBov, so that loud steady sound still counts.
- Who speaks keeps the floor for at least two seconds, and as long as it talks. Only somebody who
  has talked for three seconds, 10 dB louder, takes it away: else an open microphone keeps it.
- Otherwise the loudest talker gets it; when nobody talks nobody has it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

NOBODY = ""

BEGIN_NS = 300 * NS_PER_MS
END_NS = 800 * NS_PER_MS
HOLD_NS = 2 * NS_PER_SECOND
TAKE_OVER_NS = 3 * NS_PER_SECOND
TAKE_OVER_DB = 10.0

LOWEST_GATE_DBOV = -50.0
OVER_NOISE_DB = 12.0
LOUDEST_NOISE_DBOV = -45.0
NOISE_RISE_DB_PER_S = 6.0
NOISE_FALL_SHARE = 0.1

_PAUSE_COST = 0.3
"""How much of what speech has earned towards talking a pause of the same length uses up."""

_LOUDNESS_NS = 400 * NS_PER_MS
_LONGEST_STEP_NS = 100 * NS_PER_MS
_SILENCE_DBOV = -127.0


@dataclass(slots=True)
class _Voice:
    """What is known of one site. `earned_ns` of speech towards talking; `talking_ns` since when;
    `loudness_dbov` of its speech, pauses not counted.
    """

    noise_dbov: float = LOUDEST_NOISE_DBOV
    loudness_dbov: float = _SILENCE_DBOV
    earned_ns: int = 0
    heard_ns: int = 0
    talking_ns: int | None = None

    def hear(self, level_dbov: float, step_ns: int, now_ns: int) -> None:
        gate = max(LOWEST_GATE_DBOV, self.noise_dbov + OVER_NOISE_DB)
        speech = level_dbov > gate
        self._follow_noise(level_dbov, step_ns)
        if speech:
            share = step_ns / _LOUDNESS_NS if self.earned_ns else 1.0
            self.loudness_dbov += share * (level_dbov - self.loudness_dbov)
            self.heard_ns = now_ns
            self.earned_ns = min(BEGIN_NS, self.earned_ns + step_ns)
        else:
            self.earned_ns = max(0, self.earned_ns - int(_PAUSE_COST * step_ns))
        if self.talking_ns is None:
            if self.earned_ns >= BEGIN_NS:
                self.talking_ns = now_ns
        elif now_ns - self.heard_ns >= END_NS:
            self.talking_ns = None
            self.earned_ns = 0

    def _follow_noise(self, level_dbov: float, step_ns: int) -> None:
        if level_dbov < self.noise_dbov:
            self.noise_dbov += NOISE_FALL_SHARE * (level_dbov - self.noise_dbov)
        else:
            risen = self.noise_dbov + NOISE_RISE_DB_PER_S * step_ns / NS_PER_SECOND
            self.noise_dbov = min(LOUDEST_NOISE_DBOV, level_dbov, risen)


class SpeakerDetector:
    """Follows the levels of all sites that may speak and names the speaker."""

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = {}
        self._speaker = NOBODY
        self._since_ns = 0
        self._last_ns: int | None = None

    def push(self, levels: Mapping[str, float], now_ns: int) -> str:
        """Take the present levels in dBov and return who speaks, empty when nobody does.

        `levels` has every site that may be chosen; one that is missing (gone, muted) is forgotten,
        also as the speaker. Called about every 20 ms.
        """
        last_ns = now_ns if self._last_ns is None else self._last_ns
        step_ns = max(0, min(now_ns - last_ns, _LONGEST_STEP_NS))
        self._last_ns = now_ns
        self._voices = {site: self._voices.get(site) or _Voice() for site in levels}
        for site, voice in self._voices.items():
            voice.hear(levels[site], step_ns, now_ns)
        chosen = self._choose(now_ns)
        if chosen != self._speaker:
            self._speaker, self._since_ns = chosen, now_ns
        return chosen

    def _choose(self, now_ns: int) -> str:
        incumbent = self._voices.get(self._speaker)
        talkers = [site for site, voice in self._voices.items() if voice.talking_ns is not None]
        loudest = max(talkers, key=lambda site: self._voices[site].loudness_dbov, default=NOBODY)
        if incumbent is None:
            return loudest
        if now_ns - self._since_ns < HOLD_NS:
            return self._speaker
        if incumbent.talking_ns is None:
            return loudest
        return (
            loudest
            if self._may_take_over(self._voices[loudest], incumbent, now_ns)
            else (self._speaker)
        )

    @staticmethod
    def _may_take_over(challenger: _Voice, incumbent: _Voice, now_ns: int) -> bool:
        return (
            challenger.talking_ns is not None
            and now_ns - challenger.talking_ns >= TAKE_OVER_NS
            and challenger.loudness_dbov - incumbent.loudness_dbov >= TAKE_OVER_DB
        )
