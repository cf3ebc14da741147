"""How other conference servers choose who is shown, as small models of what is published of them.

They are models of rules, not of programs. Each takes levels of 20 ms in dBov and names who has the
big pane; where a rule wants mean absolute samples of 16 bits, they are reckoned from the level.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Protocol

NOBODY = ""
_MEAN_OF_RMS = 0.75
"""Mean absolute sample of speech over its root mean square."""


class Rule(Protocol):
    """Names who is shown, from levels of all sites each 20 ms."""

    def push(self, levels: Mapping[str, float], now_ns: int) -> str:
        """Who is shown now; empty for nobody yet."""


def _mean_sample(level_dbov: float) -> float:
    return float(_MEAN_OF_RMS * 32768 * 10 ** (level_dbov / 20))


class FreeSwitch:
    """mod_conference with its video profile: energy-level 200, video-auto-floor-msec 1000.

    A member talks at once when its score is 400 over the energy level, else after five frames over
    it, until 40 frames below. The audio floor moves when a talker's smoothed score is over 300 and
    the holder's under 100; the picture follows when the holder has talked for a second.
    """

    ENERGY, AT_ONCE, FRAMES_ON, FRAMES_OFF = 200.0, 400.0, 5, 40
    TAKE, GIVE, AUTO_FLOOR_FRAMES = 300.0, 100.0, 50

    def __init__(self) -> None:
        self._smooth: dict[str, float] = defaultdict(float)
        self._over: dict[str, int] = defaultdict(int)
        self._below: dict[str, int] = defaultdict(int)
        self._talking: dict[str, bool] = defaultdict(bool)
        self._floor = NOBODY
        self._frames = 0
        self._shown = NOBODY

    def push(self, levels: Mapping[str, float], now_ns: int) -> str:
        for site, level in levels.items():
            self._hear(site, _mean_sample(level))
        holder = self._smooth[self._floor] if self._floor else 0.0
        for site in levels:
            if self._talking[site] and self._smooth[site] > self.TAKE and holder < self.GIVE:
                self._floor, self._frames = site, 0
                break
        self._frames += self._talking[self._floor]
        if self._frames > self.AUTO_FLOOR_FRAMES:
            self._shown = self._floor
        return self._shown

    def _hear(self, site: str, score: float) -> None:
        self._smooth[site] = min(25_000.0, 0.8 * self._smooth[site] + 0.2 * score)
        if score > self.ENERGY:
            self._over[site] += 1
            self._below[site] = 0
            if score > self.ENERGY + self.AT_ONCE or self._over[site] >= self.FRAMES_ON:
                self._talking[site] = True
        else:
            self._over[site] = 0
            self._below[site] += 1
            if self._below[site] >= self.FRAMES_OFF:
                self._talking[site] = False


class OpenMcu:
    """OpenMCU-ru: an adaptive threshold, one second to switch on, ten of silence to give way.

    Its level scale is not documented; -54 dBov is taken for 0 and full scale for 255, so that the
    cap of 20 is -50 dBov.
    """

    EVERY_FRAMES, CAP, DELAY_MS, TIMEOUT_MS, STEP_MS = 12, 20.0, 1000, 10_000, 250

    def __init__(self) -> None:
        self._threshold: dict[str, float] = defaultdict(float)
        self._voice_ms: dict[str, int] = defaultdict(int)
        self._silent_ms: dict[str, int] = defaultdict(int)
        self._peak: dict[str, float] = defaultdict(float)
        self._frame = 0
        self._shown = NOBODY

    def push(self, levels: Mapping[str, float], now_ns: int) -> str:
        for site, level in levels.items():
            self._peak[site] = max(self._peak[site], 255 * (1 + level / 54))
        self._frame += 1
        if self._frame % self.EVERY_FRAMES == 0:
            for site in levels:
                self._hear(site, max(0.0, self._peak[site]))
            self._peak.clear()
            self._choose(levels)
        return self._shown

    def _hear(self, site: str, level: float) -> None:
        voice = level > self._threshold[site]
        distance = level - self._threshold[site]
        moved = self._threshold[site] + distance * (0.25 if distance > 0 else 0.5)
        self._threshold[site] = min(self.CAP, moved)
        self._voice_ms[site] = self._voice_ms[site] + self.STEP_MS if voice else 0
        self._silent_ms[site] = 0 if voice else self._silent_ms[site] + self.STEP_MS

    def _choose(self, levels: Mapping[str, float]) -> None:
        ready = [site for site in levels if self._voice_ms[site] >= self.DELAY_MS]
        free = not self._shown or self._silent_ms[self._shown] >= self.TIMEOUT_MS
        if ready and free and self._shown not in ready:
            self._shown = max(ready, key=lambda site: self._voice_ms[site])


class Medooze:
    """Medooze MCU: the loudest with voice is shown, and then the slot is blocked for two seconds.

    WebRTC's voice detector is replaced by 12 dB over the least level of the last seconds.
    """

    BLOCK_NS, OVER_DB = 2_000_000_000, 12.0

    def __init__(self) -> None:
        self._noise: dict[str, float] = {}
        self._blocked_ns = 0
        self._shown = NOBODY

    def push(self, levels: Mapping[str, float], now_ns: int) -> str:
        for site, level in levels.items():
            self._noise[site] = min(level, self._noise.get(site, level) + 0.05)
        voices = [site for site in levels if levels[site] > self._noise[site] + self.OVER_DB]
        loudest = max(voices, key=lambda site: levels[site], default=self._shown)
        if loudest != self._shown and now_ns >= self._blocked_ns:
            self._shown, self._blocked_ns = loudest, now_ns + self.BLOCK_NS
        return self._shown


class LoudestWins:
    """OWT's keepActiveInputPrimary: the loudest of each tenth of a second, no hold."""

    FRAMES, LEAST_DBOV = 5, -50.0

    def __init__(self) -> None:
        self._power: dict[str, float] = defaultdict(float)
        self._frame = 0
        self._shown = NOBODY

    def push(self, levels: Mapping[str, float], now_ns: int) -> str:
        for site, level in levels.items():
            self._power[site] += 10 ** (level / 10) / self.FRAMES
        self._frame += 1
        if self._frame % self.FRAMES == 0:
            loudest = max(self._power, key=lambda site: self._power[site], default=NOBODY)
            if loudest and self._power[loudest] > 10 ** (self.LEAST_DBOV / 10):
                self._shown = loudest
            self._power.clear()
        return self._shown
