"""Who is heard where only so many are heard at once: a pure decision, with time as a parameter.

The places go to who sounds, and are kept, also in silence. Where all are taken, one who is over
its gate gets the place of whoever has been without speech longest:

| who comes | gets the place of one without speech for |
|---|---|
| a voice | 0.8 s |
| any other loud sound | 3 s |
| a voice that has talked for 0.6 s, 6 dB louder than it | a gap between two words |

So a cough takes nobody's place who talks, and nobody is cut off in a word.
"""

from collections.abc import Collection, Mapping

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.mixer.voice import RELEASE_NS, Voice

NOISE_WAITS_NS = 3 * NS_PER_SECOND
CONFIRMED_NS = 600 * NS_PER_MS
LOUDER_DB = 6.0


class Loudest:
    """Remembers who is heard."""

    def __init__(self) -> None:
        self._heard: dict[str, None] = {}

    @property
    def heard(self) -> Collection[str]:
        """Who is heard now."""
        return self._heard.keys()

    def choose(
        self, places: int, voices: Mapping[str, Voice], sounding: Collection[str], now_ns: int
    ) -> Collection[str]:
        """Who is heard in this block, at most `places`.

        `voices` has all who may be heard, `sounding` those of them who sound now.
        """
        self._heard = {site: None for site in self._heard if site in voices}
        while len(self._heard) > places:
            del self._heard[self._longest_silent(voices, now_ns)]
        waiting = [site for site in sounding if site not in self._heard]
        waiting.sort(key=lambda site: (not voices[site].loud, -voices[site].level_dbov))
        for site in waiting:
            if len(self._heard) >= places and not self._give_way(site, voices, now_ns):
                break
            self._heard[site] = None
        return self._heard.keys()

    def _give_way(self, site: str, voices: Mapping[str, Voice], now_ns: int) -> bool:
        """Free a place for `site`, if anybody must go for it."""
        voice = voices[site]
        if not voice.loud or not self._heard:
            return False
        silent = self._longest_silent(voices, now_ns)
        waits_ns = RELEASE_NS if voice.speaks(now_ns) else NOISE_WAITS_NS
        if voices[silent].pauses(waits_ns, now_ns):
            del self._heard[silent]
            return True
        softer = self._softer(voice, voices, now_ns)
        if softer:
            del self._heard[softer]
        return bool(softer)

    def _longest_silent(self, voices: Mapping[str, Voice], now_ns: int) -> str:
        return max(self._heard, key=lambda site: voices[site].silent_ns(now_ns))

    def _softer(self, voice: Voice, voices: Mapping[str, Voice], now_ns: int) -> str:
        """One in a gap between words who is much softer than a voice that goes on; or nobody."""
        if not voice.talks(CONFIRMED_NS, now_ns):
            return ""
        limit = voice.loudness_dbov - LOUDER_DB
        gaps = (site for site in self._heard if not voices[site].loud)
        softer = (site for site in gaps if voices[site].loudness_dbov < limit)
        return min(softer, key=lambda site: voices[site].loudness_dbov, default="")
