"""Who is shown in a labelled talk: our rule beside those of other servers, on the same sound."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.onsets import onsets
from benchmarks.report import Report, Row
from benchmarks.speakers import FreeSwitch, LoudestWins, Medooze, OpenMcu, Rule
from benchmarks.talk import Talk, make_talk
from mcu_core.contract.definition import VoiceSwitching
from mcu_core.media.clock import NS_PER_SECOND, cpu_time_s
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, Block
from mcu_core.mixer.hearing import Hearing
from mcu_core.mixer.level import level_dbov
from mcu_core.mixer.speech import SpeakerDetector, Speech

SEED = 1
SHORTEST_S = 60
LATE_S = 0.1
BLOCKS_PER_S = NS_PER_SECOND // BLOCK_NS
AFTER_TURN_S = 1.0
"""Whoever is shown so soon after its turn is no spurious speaker."""

NOTES = (
    "wrong_% of the time that a turn lasts, counted from the set attack + 100 ms on. A switch is "
    "spurious that shows somebody whose turn it is not, and was not a second ago.",
    "The other servers' rules are models of what is published of them (benchmarks/speakers.py).",
)


@dataclass
class Score:
    """How a course of shown speakers fits a talk. `delays_s`: from a turn's begin to its switch."""

    wrong: int = 0
    counted: int = 0
    switches: int = 0
    spurious: list[tuple[float, str]] = field(default_factory=list)
    delays_s: list[float] = field(default_factory=list)

    @property
    def wrong_share(self) -> float:
        """Share of the counted time with somebody else, or nobody, shown; 0..1."""
        return self.wrong / max(1, self.counted)


def heard(talk: Talk, step: Callable[[Mapping[str, Block], int], None]) -> None:
    """Call `step` with the stereo blocks of all sites and the time, 20 ms after 20 ms."""
    count = min(len(sound) for sound in talk.sound.values()) // BLOCK_SAMPLES
    for k in range(count):
        part = slice(k * BLOCK_SAMPLES, (k + 1) * BLOCK_SAMPLES)
        blocks = {
            site: np.repeat(sound[part, None], 2, axis=1) for site, sound in talk.sound.items()
        }
        step(blocks, k * BLOCK_NS)


def score(talk: Talk, shown: Sequence[str], attack_s: float) -> Score:
    """Judge who was shown in each block."""
    result = Score()
    free_s = 0.0
    for turn in talk.turns:
        begin_s = max(turn.begin_s, free_s)
        free_s = turn.end_s
        first = int(np.ceil((begin_s + attack_s + LATE_S) * BLOCKS_PER_S))
        blocks = range(first, min(len(shown), int(turn.end_s * BLOCKS_PER_S)))
        result.counted += len(blocks)
        result.wrong += sum(shown[k] != turn.site for k in blocks)
        whole = range(int(begin_s * BLOCKS_PER_S), min(len(shown), int(turn.end_s * BLOCKS_PER_S)))
        switched = next((k for k in whole if shown[k] == turn.site), None)
        if switched is not None:
            result.delays_s.append(switched / BLOCKS_PER_S - turn.begin_s)
    for k in range(1, len(shown)):
        if shown[k] != shown[k - 1]:
            result.switches += 1
            if shown[k] and not _had_the_word(talk, shown[k], k / BLOCKS_PER_S):
                result.spurious.append((k / BLOCKS_PER_S, shown[k]))
    return result


def _had_the_word(talk: Talk, site: str, time_s: float) -> bool:
    return any(
        turn.site == site and turn.begin_s <= time_s <= turn.end_s + AFTER_TURN_S
        for turn in talk.turns
    )


def judged(talk: Talk, voice: VoiceSwitching | None = None) -> list[Speech]:
    """What our detector says of each block."""
    detector, hearing, said = SpeakerDetector(voice), Hearing(), []

    def step(blocks: Mapping[str, Block], now_ns: int) -> None:
        levels = {site: level_dbov(block) for site, block in blocks.items()}
        said.append(detector.push(levels, now_ns, hearing.unvoiced(blocks, levels)))

    heard(talk, step)
    return said


def run(seconds: int) -> Report:
    """All rules over one talk of a minute at least; raises Refused without espeak-ng."""
    seconds = max(SHORTEST_S, seconds)
    talk = make_talk(seconds, SEED)
    voice = VoiceSwitching()
    begun_s = cpu_time_s()
    said = judged(talk, voice)
    cost_us = (cpu_time_s() - begun_s) * 1e6 / len(said) / len(talk.sound)
    courses = {
        "ours, floor": [speech.floor for speech in said],
        "ours, highlight": [speech.speaker for speech in said],
        "ours, levels alone": _course(talk, _LevelsAlone()),
        "FreeSWITCH": _course(talk, FreeSwitch()),
        "OpenMCU-ru": _course(talk, OpenMcu()),
        "Medooze": _course(talk, Medooze()),
        "loudest wins": _course(talk, LoudestWins()),
    }
    rows = [
        _row(name, score(talk, shown, voice.attack_s), seconds) for name, shown in courses.items()
    ]
    gated = onsets(talk)
    gate = (
        f"Noise gate: {len(gated.lost_ms)} words begin after a pause, {max(gated.lost_ms)} ms of "
        f"one are lost at most; open {100 * gated.open_share:.0f} % of the time, "
        f"{100 * gated.speech_share:.0f} % are speech."
    )
    kinds = sorted({kind for kind, _ in talk.noises})
    about = (
        f"{seconds} s, {len(talk.turns)} turns of {len(talk.sound)} voices, {len(talk.remarks)} "
        f"remarks, {len(talk.noises)} noises ({', '.join(kinds)}). "
        f"Hearing and deciding costs {cost_us:.1f} us a block and site."
    )
    return Report("speech", rows, notes=[about, gate, *NOTES])


class _LevelsAlone:
    """Our rule without knowing what is periodic."""

    def __init__(self) -> None:
        self._detector = SpeakerDetector()

    def push(self, levels: Mapping[str, float], now_ns: int) -> str:
        return self._detector.push(levels, now_ns).floor


def _course(talk: Talk, rule: Rule) -> list[str]:
    shown: list[str] = []

    def step(blocks: Mapping[str, Block], now_ns: int) -> None:
        levels = {site: level_dbov(block) for site, block in blocks.items()}
        shown.append(rule.push(levels, now_ns))

    heard(talk, step)
    return shown


def _row(name: str, result: Score, seconds: int) -> Row:
    return {
        "rule": name,
        "wrong_%": round(100 * result.wrong_share, 2),
        "spurious_in_10_min": round(600 * len(result.spurious) / seconds, 1),
        "switches": result.switches,
        "median_delay_s": round(float(np.median(result.delays_s)), 2) if result.delays_s else 0.0,
    }
