"""A labelled talk: who speaks when, in synthesised voices, with the noises of their rooms.

Everything follows from the seed. The voices are espeak-ng's (Debian package espeak-ng), made once
per sentence; the noises are `noises.py`'s.
"""

import io
import shutil
import subprocess
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.noises import NOISES, STEADY, Mono, Random, room
from mcu_core.errors import CodecFailure, Refused
from mcu_core.media.sound import SAMPLE_RATE

SYNTHESISER = "espeak-ng"
SHORT_WORDS = ("Yes.", "Right.", "Mm hm.", "I see.", "Exactly.")
SENTENCES = (
    "The second patient was admitted on Monday with a fever and a dry cough.",
    "We gave two litres of fluid, and the pressure came back within the hour.",
    "If you look at the lower left corner of the picture, you will see the shadow that I mean.",
    "I would rather wait for the results from the laboratory before we decide anything.",
    "That is what the guideline says, but the guideline was written for adults.",
    "Could somebody put the scan from last week beside this one?",
    "The figures for the third quarter are in, and they are better than we feared.",
    "Please remember that the room is needed by the other group at four o'clock.",
    "So the question is whether we operate now, or watch and wait for another week.",
    "He has no allergies that we know of, and he takes no medicine except aspirin.",
    "Let us go through the list once more, from the top, slowly.",
    "We had the same problem in spring: the pump stopped, nobody noticed, and the alarm was off.",
    "My suggestion would be to start with the smaller dose, and to look again on Thursday.",
    "There is a second opinion from the university hospital, which arrived this morning.",
    "Nobody has asked the family yet. That should happen before the next round.",
    "Sorry, I have to add something here, because it matters for what follows.",
)


@dataclass(frozen=True)
class Voice:
    """A speaker: espeak-ng's voice, words a minute, pitch 0..99, and how loud the microphone is.

    `speech_dbov` is the mean level while it speaks, `noise_dbov` that of its room.
    """

    voice: str
    words_per_minute: int
    pitch: int
    speech_dbov: float
    noise_dbov: float


VOICES = (
    Voice("en+m3", 160, 40, -24, -68),
    Voice("en-us+f2", 175, 60, -20, -62),
    Voice("en-gb+m7", 135, 30, -28, -72),
    Voice("en-us+f4", 195, 70, -30, -58),
    Voice("en-029+m1", 150, 50, -22, -75),
    Voice("en-gb-scotland+f1", 165, 45, -26, -65),
)


@dataclass(frozen=True)
class Turn:
    """`site` has the word from `begin_s` to `end_s`: its first and last sound."""

    site: str
    begin_s: float
    end_s: float


@dataclass
class Talk:
    """What each site sends, and what is true of it; all sounds mono, 48 kHz, full scale 1.

    `speech` is the voices alone, `sound` what the microphones give. `noises`: kind, where and when;
    `remarks`: short words of others, which take nobody's turn.
    """

    speech: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    sound: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    remarks: list[Turn] = field(default_factory=list)
    noises: list[tuple[str, Turn]] = field(default_factory=list)

    def owner(self, time_s: float) -> Turn | None:
        """Whose turn it is; where turns overlap, that of whoever began first."""
        return next((t for t in self.turns if t.begin_s <= time_s < t.end_s), None)


def synthesised(voice: Voice, text: str) -> Mono:
    """A sentence at 48 kHz, from its first to its last sound, at the voice's level; or Refused."""
    program = shutil.which(SYNTHESISER)
    if program is None:
        raise Refused(f"this needs the program {SYNTHESISER}: apt-get install espeak-ng")
    options = ["-v", voice.voice, "-s", str(voice.words_per_minute), "-p", str(voice.pitch)]
    command = [program, *options, "--stdout", text]
    try:
        made = subprocess.run(command, capture_output=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        raise CodecFailure(f"{SYNTHESISER} cannot say {text!r}: {error}") from error
    sound = _trimmed(_at_48_khz(made.stdout))
    return sound * 10 ** ((voice.speech_dbov - active_dbov(sound)) / 20)


def make_talk(
    seconds: float, seed: int, voices: Sequence[Voice] = VOICES, noisy: bool = True
) -> Talk:
    """A meeting of these voices, named "1", "2", ...; without `noisy` rooms only have their own."""
    rng = np.random.default_rng(seed)
    count = round(seconds * SAMPLE_RATE)
    talk = Talk()
    names = [str(k + 1) for k in range(len(voices))]
    speech = {name: np.zeros(count) for name in names}
    _take_turns(rng, talk, speech, dict(zip(names, voices, strict=True)), seconds)
    for name, voice in zip(names, voices, strict=True):
        sound = speech[name] + room(rng, seconds) * 10 ** (voice.noise_dbov / 20)
        if noisy:
            _disturb(rng, talk, name, voice.speech_dbov, sound, seconds)
        talk.speech[name] = speech[name].astype(np.float32)
        talk.sound[name] = np.clip(sound, -1, 1).astype(np.float32)
    return talk


def _take_turns(
    rng: Random, talk: Talk, speech: dict[str, Mono], voices: dict[str, Voice], seconds: float
) -> None:
    """Turns of one to four sentences; between them a pause, or the next cuts in early."""
    names, at_s, last = list(voices), 1.5, ""
    while True:
        name = str(rng.choice([other for other in names if other != last]))
        turn = _turn(rng, voices[name])
        end_s = at_s + len(turn) / SAMPLE_RATE
        if end_s > seconds - 1:
            return
        _place(speech[name], turn, at_s)
        talk.turns.append(Turn(name, at_s, end_s))
        if rng.uniform() < 0.5:
            _remark(rng, talk, speech, voices, name, at_s, end_s)
        at_s, last = end_s + rng.uniform(-0.5, 1.5), name


def _turn(rng: Random, voice: Voice) -> Mono:
    parts: list[Mono] = []
    for _ in range(int(rng.integers(1, 5))):
        parts.append(synthesised(voice, SENTENCES[int(rng.integers(len(SENTENCES)))]))
        parts.append(np.zeros(round(rng.uniform(0.15, 0.6) * SAMPLE_RATE)))
    return np.concatenate(parts[:-1])


def _remark(
    rng: Random,
    talk: Talk,
    speech: dict[str, Mono],
    voices: dict[str, Voice],
    owner: str,
    begin_s: float,
    end_s: float,
) -> None:
    name = str(rng.choice([other for other in voices if other != owner]))
    word = synthesised(voices[name], SHORT_WORDS[int(rng.integers(len(SHORT_WORDS)))])
    at_s = rng.uniform(begin_s, end_s)
    _place(speech[name], word, at_s)
    talk.remarks.append(Turn(name, at_s, at_s + len(word) / SAMPLE_RATE))


def _disturb(
    rng: Random, talk: Talk, name: str, speech_dbov: float, sound: Mono, seconds: float
) -> None:
    """Some noise every half minute, whoever speaks.

    What lasts is quieter than the site's speech, what is short is as loud or louder.
    """
    at_s = rng.uniform(0, 20)
    while at_s < seconds - 1:
        kind = str(rng.choice(list(NOISES)))
        steady = kind in STEADY
        length_s = min(rng.uniform(8, 25) if steady else rng.uniform(0.5, 6), seconds - at_s)
        noise = NOISES[kind](rng, length_s)
        over_db = rng.uniform(-20, -8) if steady else rng.uniform(0, 10)
        loud = 10 ** ((speech_dbov + over_db - active_dbov(noise)) / 20)
        _place(sound, loud * noise, at_s)
        talk.noises.append((kind, Turn(name, at_s, at_s + length_s)))
        at_s += length_s + rng.uniform(5, 35)


def _place(sound: Mono, part: Mono, at_s: float) -> None:
    at = round(at_s * SAMPLE_RATE)
    part = part[: len(sound) - at]
    sound[at : at + len(part)] += part


def _at_48_khz(wav: bytes) -> Mono:
    with wave.open(io.BytesIO(wav)) as file:
        # Written to a pipe, the file's length is a guess: the samples are what follows its header.
        samples = np.frombuffer(wav[44:], np.int16)[None, :]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "s16", "mono")
        frame.sample_rate = file.getframerate()
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    parts = [
        part.to_ndarray()[0] for part in (*resampler.resample(frame), *resampler.resample(None))
    ]
    return np.concatenate(parts).astype(np.float64)


def _trimmed(sound: Mono) -> Mono:
    heard = np.flatnonzero(np.abs(sound) > 1e-3 * np.abs(sound).max())
    return sound[heard[0] : heard[-1] + 1]


def active_dbov(sound: Mono) -> float:
    """The mean level of what is within 20 dB of the loudest 20 ms."""
    width = SAMPLE_RATE // 50
    powers = np.square(sound[: len(sound) // width * width]).reshape(-1, width).mean(axis=1)
    return float(10 * np.log10(powers[powers > powers.max() / 100].mean()))
