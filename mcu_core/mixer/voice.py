"""One site's voice: whether it speaks, for how long, how loud; pure, with time as a parameter.

- A block counts as *speech* when it is over the site's gate and periodic, as voices are. Coughs,
  keys, doors, paper and fans are loud but not periodic; they never count for long.
- The gate stands a settable distance over the site's own noise. Noise is learned from what is not
  periodic, and from what is steady: a hum or a test tone is periodic but does not move.
- Speech is *evidence* that leaks away: a spurt goes on while some is left, and for RELEASE_NS of
  pauses between words.
"""

from dataclasses import dataclass

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.mixer.level import SILENCE_DBOV

RELEASE_NS = 800 * NS_PER_MS
"""A spurt is over after so long without speech."""

LULL_NS = 400 * NS_PER_MS
"""Without speech for so long somebody is not in the midst of a word, nor between two."""

PERIODIC = 0.5
"""Correlation from which a block is voiced: two thirds of speech is, 5 % of coughs at most."""

LOWEST_NOISE_DBOV = -62.0
FIRST_NOISE_DBOV = -50.0
_NOISE_RISE_DB_PER_S = 6.0
_NOISE_RISE_VOICED_DB_PER_S = 1.0
_NOISE_FALL_SHARE = 0.1

_STEADY_DB = 1.5
"""Mean distance from its own mean below which sound is steady; a held vowel is not for long."""
_STEADY_NS = 200 * NS_PER_MS
_LOUDNESS_NS = 400 * NS_PER_MS
_ONSET_NS = 200 * NS_PER_MS
"""How long before its first voiced sound a word may have begun."""

_LEAK = 0.15
_ENOUGH = 0.15
"""Of the time since it began: together, three tenths of it must have been voiced."""
_MOST_EVIDENCE_NS = NS_PER_SECOND
_NO_CLICK_NS = 50 * NS_PER_MS
_EVER_NS = 3600 * NS_PER_SECOND


def over_noise_db(gate: int) -> float:
    """How far over its noise a site must be, for a gate 0..100; 0 means the default of 15.

    6 dB for 15, 40 dB for 100. Noise is taken as -62 dBov at least: so 15 wants -56 dBov in a
    silent room, and 100 wants -22 dBov, which is a loud voice near the microphone.
    """
    return 0.4 * (gate or 15)


@dataclass(slots=True)
class Voice:
    """What is known of one site's sound. `loudness_dbov` is that of its speech, pauses left out.

    `began_ns`: since when the present spurt goes on, None for none. `level_dbov` is that of the
    newest block, `loud` whether it is over the gate.
    """

    noise_dbov: float = FIRST_NOISE_DBOV
    loudness_dbov: float = SILENCE_DBOV
    began_ns: int | None = None
    level_dbov: float = SILENCE_DBOV
    loud: bool = False
    _evidence_ns: float = 0.0
    _spoke_ns: int | None = None
    _loud_ns: int | None = None
    _mean_dbov: float = SILENCE_DBOV
    _spread_db: float = 20.0

    def hear(
        self, level_dbov: float, voiced: bool, over_db: float, step_ns: int, now_ns: int
    ) -> None:
        """Take the level of `step_ns` of sound."""
        self.level_dbov = level_dbov
        steady = self._is_steady(level_dbov, step_ns)
        self.loud = loud = level_dbov > self.gate_dbov(over_db)
        self._follow_noise(level_dbov, voiced, steady, step_ns)
        self._follow_onset(loud, now_ns)
        self._evidence_ns = max(0.0, self._evidence_ns - _LEAK * step_ns)
        if loud and voiced and not steady:
            self._speak(level_dbov, step_ns, now_ns)
        elif self.began_ns is not None and (steady or self.pauses(RELEASE_NS, now_ns)):
            self.stop()

    def gate_dbov(self, over_db: float) -> float:
        """What its level must be over to count as loud."""
        return max(self.noise_dbov, LOWEST_NOISE_DBOV) + over_db

    def talks(self, attack_ns: int, now_ns: int) -> bool:
        """Whether it has talked for so long, and still does."""
        return (
            self.began_ns is not None
            and now_ns - self.began_ns >= attack_ns
            and self._evidence_ns >= min(_ENOUGH * attack_ns, _MOST_EVIDENCE_NS / 2)
            and not self.pauses(LULL_NS, now_ns)
        )

    def pauses(self, at_least_ns: int, now_ns: int) -> bool:
        """Whether nothing was spoken for so long."""
        return self.silent_ns(now_ns) >= at_least_ns

    def silent_ns(self, now_ns: int) -> int:
        """How long nothing has been spoken; very long if nothing ever was."""
        return _EVER_NS if self._spoke_ns is None else now_ns - self._spoke_ns

    def speaks(self, now_ns: int) -> bool:
        """Whether the newest block is speech, of a spurt that is no mere click."""
        return self._spoke_ns == now_ns and self._evidence_ns >= _NO_CLICK_NS

    def stop(self) -> None:
        """What was spoken so far counts no more."""
        self.began_ns, self._loud_ns, self._evidence_ns = None, None, 0.0

    def _speak(self, level_dbov: float, step_ns: int, now_ns: int) -> None:
        if self.began_ns is None:
            recent = self._loud_ns is not None and now_ns - self._loud_ns <= _ONSET_NS
            self.began_ns = self._loud_ns if recent and self._loud_ns is not None else now_ns
            self.loudness_dbov = level_dbov
        self.loudness_dbov += min(1.0, step_ns / _LOUDNESS_NS) * (level_dbov - self.loudness_dbov)
        self._evidence_ns = min(_MOST_EVIDENCE_NS, self._evidence_ns + step_ns)
        self._spoke_ns = now_ns

    def _follow_onset(self, loud: bool, now_ns: int) -> None:
        """Since when it has been loud without a break."""
        if not loud:
            self._loud_ns = None
        elif self._loud_ns is None:
            self._loud_ns = now_ns

    def _is_steady(self, level_dbov: float, step_ns: int) -> bool:
        share = min(1.0, step_ns / _STEADY_NS)
        distance = abs(level_dbov - self._mean_dbov)
        self._mean_dbov += share * (level_dbov - self._mean_dbov)
        self._spread_db += share * (distance - self._spread_db)
        return self._spread_db < _STEADY_DB

    def _follow_noise(self, level_dbov: float, voiced: bool, steady: bool, step_ns: int) -> None:
        if steady:
            self.noise_dbov = max(self.noise_dbov, self._mean_dbov)
        if level_dbov < self.noise_dbov:
            self.noise_dbov += _NOISE_FALL_SHARE * (level_dbov - self.noise_dbov)
        else:
            rise = _NOISE_RISE_VOICED_DB_PER_S if voiced else _NOISE_RISE_DB_PER_S
            risen = self.noise_dbov + rise * step_ns / NS_PER_SECOND
            self.noise_dbov = min(level_dbov, risen)
