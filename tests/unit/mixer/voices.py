"""Levels over time, as sites send them, and what a detector makes of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mcu_core.contract.definition import VoiceSwitching
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.mixer.speech import SpeakerDetector, Speech

STEP_NS = 20 * NS_PER_MS
QUIET = -75.0

Voice = Callable[[float], float]
"""Level at a time in seconds."""


def talk(start: float, stop: float, dbov: float = -25.0) -> Voice:
    """Speech: words of 250 ms, pauses of 100 ms between them, the end of a word 6 dB softer."""

    def level(t: float) -> float:
        into = (t - start) % 0.35
        return dbov - 24 * into if start <= t < stop and into < 0.25 else QUIET

    return level


def steady(dbov: float) -> Voice:
    return lambda t: dbov


def both(*voices: Voice) -> Voice:
    return lambda t: max(voice(t) for voice in voices)


@dataclass
class Room:
    """Sites, from when they are muted or gone, and who of them makes noise but does not speak."""

    sites: dict[str, Voice]
    muted: dict[str, tuple[float, float]]
    gone: dict[str, float]
    noisy: frozenset[str]


def room(
    sites: dict[str, Voice],
    muted: dict[str, tuple[float, float]] | None = None,
    gone: dict[str, float] | None = None,
    noisy: frozenset[str] = frozenset(),
) -> Room:
    return Room(sites, muted or {}, gone or {}, noisy)


def speech_in(
    place: Room, seconds: float, voice: VoiceSwitching | None = None
) -> Iterator[tuple[float, Speech]]:
    """What is said of each 20 ms."""
    detector = SpeakerDetector(voice)
    for k in range(int(seconds * 50)):
        t = k / 50
        levels = {s: v(t) for s, v in place.sites.items() if t < place.gone.get(s, seconds + 1)}
        muted = {s for s, (start, stop) in place.muted.items() if start <= t < stop and s in levels}
        yield t, detector.push(levels, 10 * NS_PER_SECOND + k * STEP_NS, place.noisy, muted)


def changes(
    place: Room, seconds: float, of: str, voice: VoiceSwitching | None = None
) -> list[tuple[float, Any]]:
    """When speaker, floor, previous or muted_talkers changed, and to whom."""
    found: list[tuple[float, Any]] = []
    for t, speech in speech_in(place, seconds, voice):
        now = getattr(speech, of)
        if now != (found[-1][1] if found else getattr(Speech(), of)):
            found.append((t, now))
    return found
