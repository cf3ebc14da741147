"""Automatic gain: speech of every site about equally loud, its pauses and noise left alone.

Only speech moves the gain; in pauses, and while there is only noise, it stands still, so that
noise is not pumped up. The bus carries the gain out, as a ramp over each block.

| what | how |
|---|---|
| aim | active speech at -23 dBov |
| range | -20 .. +20 dB |
| learns | the mean level in dB of the speech so far, later of about its last second |
| moves | 15 dB per second of speech |
| from 10 dB over the aim to 3 dB over it | down by 130 dB/s: 17 dB in 200 ms, detection included |
"""

from mcu_core.media.sound import BLOCK_NS

AIM_DBOV = -23.0
RANGE_DB = 20.0
TOO_LOUD_DB = 10.0
LOUD_ENOUGH_DB = 3.0

LEVEL_OVER_MEAN_DB = 2.5
"""Speech's level (the mean of its power) over the mean of its blocks' levels."""

_SECONDS = BLOCK_NS / 1e9
_STEP_DB = 15.0 * _SECONDS
_FAST_STEP_DB = 130.0 * _SECONDS
_REMEMBERED_BLOCKS = 40
_NEWEST_BLOCKS = 4


class AutoGain:
    """The gain of one site, block after block."""

    def __init__(self) -> None:
        self.gain_db = 0.0
        self._mean_dbov = 0.0
        self._newest_dbov = 0.0
        self._blocks = 0
        self._too_loud = False

    def follow(self, level_dbov: float, speech: bool) -> float:
        """Take the level of 20 ms, and whether they are speech; the gain for them in dB."""
        if speech:
            self._blocks = min(_REMEMBERED_BLOCKS, self._blocks + 1)
            self._mean_dbov += (level_dbov - self._mean_dbov) / self._blocks
            newest = min(_NEWEST_BLOCKS, self._blocks)
            self._newest_dbov += (level_dbov - self._newest_dbov) / newest
            self._move()
        return self.gain_db

    def _move(self) -> None:
        over_db = self._newest_dbov + self.gain_db - AIM_DBOV
        self._too_loud = over_db > (LOUD_ENOUGH_DB if self._too_loud else TOO_LOUD_DB)
        if self._too_loud:
            self._mean_dbov = max(self._mean_dbov, self._newest_dbov)
        down = _FAST_STEP_DB if self._too_loud else _STEP_DB
        wanted = AIM_DBOV - LEVEL_OVER_MEAN_DB - self._mean_dbov
        wanted = max(-RANGE_DB, min(RANGE_DB, wanted))
        self.gain_db += max(-down, min(_STEP_DB, wanted - self.gain_db))
