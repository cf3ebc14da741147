"""Bars 4 and 5: what is seen and heard over a bad network, in moved time.

Sound is judged by PESQ (ITU-T P.862.2, the PyPI package `pesq`, wide band) against what went into
the encoder, and compared with the same call over a network without faults.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.load.faults import Faults
from benchmarks.load.padded import PaddedEncoder
from benchmarks.load.simulated_call import BEGIN_NS, PICTURES, CallPlan, SimulatedCall
from benchmarks.report import Report, Row
from benchmarks.talk import SENTENCES, VOICES, synthesised
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.codec import OPUS, PCMA, Codec
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, SAMPLE_RATE, Block
from mcu_core.media.units import AudioForm
from mcu_core.negotiation.agreement import Protection

RTX_TYPE, RED_TYPE = 97, 112
FEC_TYPES = 116, 117
"""Of RED and ULPFEC, as browsers agree on them for pictures."""

FREEZE_NS = 200 * NS_PER_MS
RTT_MS = 100
SMALL = replace(PICTURES, width=176, height=144)
JUDGED_HZ = 16_000
JUDGED_S = 8
"""PESQ is made for pieces of speech of that length; several are judged, and the mean is told."""

PAUSE_S = 0.35
JITTER_S, AFTER_S, BEFORE_S = 10, 8, 5
SETTLED_S = 2
BACK_MS = 60
"""What more than before the jitter still counts as normal."""

FORMS = {OPUS: AudioForm(OPUS, 2, 64_000), PCMA: AudioForm(PCMA, 1, 64_000)}

HALF = Faults(delay_ms=RTT_MS / 2)
LOSSES = {
    "10 % one by one": replace(HALF, loss=0.1),
    "20 % in bursts of 5": replace(HALF, bursts=0.2),
}
PESQ_BARS = {"10 % one by one": 0.5, "20 % in bursts of 5": 1.0}
FROZEN_BARS = {"10 % one by one": 0.5, "20 % in bursts of 5": 3.0}
JITTERS = {
    "jitter to 1000 ms, each packet for itself": Faults(delay_ms=20, jitter_ms=1000),
    "jitter to 1000 ms, in order": Faults(delay_ms=20, jitter_ms=1000, in_order=True),
}
CALM = Faults(delay_ms=20)


@dataclass(frozen=True, slots=True)
class NetworkBench:
    """How long each call with losses lasts, by which dice, with which of FORMS' sounds; empty for
    each of them, and jitter. `seeds`: with more than one the dice from `seed` on, over pictures
    that are small and filled up, and of each figure the median and the worst."""

    seconds: int = 40
    seed: int = 1
    sound: str = ""
    seeds: int = 1


def run(what: NetworkBench) -> Report:
    """All of it."""
    if what.sound and what.sound not in {codec.name for codec in FORMS}:
        raise BadInput("--sound", "opus or PCMA")
    dice = [replace(what, seed=what.seed + k) for k in range(what.seeds)]
    with ProcessPoolExecutor() as processes:
        calls = list(processes.map(_losses, dice))
        ways = [] if what.sound else list(processes.map(_jitters, dice))
    rows = [judged(list(alike)) for alike in zip(*calls, strict=True)]
    beside = [judged(list(alike)) for alike in zip(*ways, strict=True)]
    last = f" to {what.seed + what.seeds - 1}" if what.seeds > 1 else ""
    notes = [
        f"Losses both ways, round trip {RTT_MS} ms, 640x360 at 30 and sound on one link; seed "
        f"{what.seed}{last}, {what.seconds} s each, from the first packet on. Frozen: share of "
        "the time in pauses of over 200 ms without a new picture.",
        f"Jitter both ways for {JITTER_S} s; sound and pictures from {SETTLED_S} s after its begin "
        "to its end; back: when delays were normal again, s after its end.",
    ]
    return Report("bad networks", rows, notes=notes, beside=beside)


def _losses(what: NetworkBench) -> list[Row]:
    """Every sound over every network with losses, by one seed."""
    speech, rows = spoken(what.seconds), []
    for codec, form in FORMS.items():
        if what.sound in ("", codec.name):
            clean = _heard(what, form, speech, HALF)
            rows += [
                _loss_row(name, codec, _heard(what, form, speech, faults), clean, speech)
                for name, faults in LOSSES.items()
            ]
    return rows


def _jitters(what: NetworkBench) -> list[Row]:
    return [_jitter_row(name, faults, what) for name, faults in JITTERS.items()]


LESS_IS_WORSE = ("PESQ without", "PESQ", "pictures/s", "pictures/s, worst second")


def judged(alike: Sequence[Row]) -> Row:
    """Rows of one thing by several dice as one: of figures that differ "median / worst"."""
    row: Row = {}
    for column, first in alike[0].items():
        figures = [float(one[column]) for one in alike if not isinstance(one[column], str)]
        if len(figures) < len(alike) or min(figures) == max(figures):
            row[column] = first
            continue
        worst = min(figures) if column in LESS_IS_WORSE else max(figures)
        row[column] = f"{round(median(figures), 2):g} / {worst:g}"
    return row


def _plan(what: NetworkBench, form: AudioForm) -> CallPlan:
    """A call without faults; of several, small pictures that fill the network like large ones."""
    plan = CallPlan(sound=form, seed=what.seed)
    return replace(plan, video=SMALL, encoder=PaddedEncoder) if what.seeds > 1 else plan


def _heard(what: NetworkBench, form: AudioForm, speech: Block, faults: Faults) -> SimulatedCall:
    plan = replace(
        _plan(what, form),
        out=faults,
        back=faults,
        protection=Protection(rtx=RTX_TYPE, red=FEC_TYPES[0], ulpfec=FEC_TYPES[1]),
        sound_protection=Protection(red=RED_TYPE),
    )
    call = SimulatedCall(plan, speech)
    call.run(what.seconds)
    return call


def _loss_row(
    name: str, codec: Codec, call: SimulatedCall, clean: SimulatedCall, speech: Block
) -> Row:
    best, got = pesq_of(clean, speech), pesq_of(call, speech)
    seconds = len(call.seen.heard) * BLOCK_NS / NS_PER_SECOND
    delays = [at_ns - call.capture_ns(number) for at_ns, number in call.seen.shown]
    return {
        "loss": name,
        "sound": codec.name,
        "PESQ without": round(best, 2),
        "PESQ": round(got, 2),
        "drop": round(best - got, 2),
        "bar ": PESQ_BARS[name],
        "frozen %": round(100 * frozen_s(call) / seconds, 2),
        "bar": FROZEN_BARS[name],
        "pictures/s": round(len(call.seen.shown) / seconds, 1),
        "picture late ms": round(float(np.mean(delays)) / NS_PER_MS),
        "sound late ms": round(float(np.mean(call.seen.sound_delays))),
        "mended": call.near_video.reception().made,
        "keyframes": call.keyframes_wanted,
        "damaged": call.seen.unreadable,
        "Mbit/s": round(call.bytes_out * 8 / seconds / 1e6, 2),
    }


def frozen_s(call: SimulatedCall, since_ns: int = 0) -> float:
    """Seconds in pauses between new pictures that are long enough to be seen as a freeze."""
    moments = [at_ns for at_ns, _ in call.seen.shown if at_ns >= since_ns]
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    return sum(pause for pause in pauses if pause > FREEZE_NS) / NS_PER_SECOND


def _jitter_row(name: str, faults: Faults, what: NetworkBench) -> Row:
    sound = _tone(BEFORE_S + JITTER_S + AFTER_S)
    call = SimulatedCall(replace(_plan(what, FORMS[OPUS]), out=CALM, back=CALM), sound)
    call.run(BEFORE_S)
    normal = _delays(call, BEFORE_S - 1)
    call.out.faults = call.back.faults = faults
    call.run(SETTLED_S)
    first = len(call.seen.heard)
    call.run(JITTER_S - SETTLED_S)
    missing_ms = call.seen.concealed[-1] - call.seen.concealed[first - 1]
    missing_ms += 20 * sum(block is None for block in call.seen.heard[first:])
    since_ns, end_ns = BEGIN_NS + (BEFORE_S + SETTLED_S) * NS_PER_SECOND, call.clock.now_ns()
    call.out.faults = call.back.faults = CALM
    call.run(AFTER_S)
    shown = [at_ns for at_ns, _ in call.seen.shown if since_ns <= at_ns < end_ns]
    sound_back, picture_back = _back_after(call, end_ns, normal)
    return {
        "way": name,
        "sound made up %": round(missing_ms / (10 * (JITTER_S - SETTLED_S)), 2),
        "bar": 2.0,
        "pictures/s, worst second": min(_by_second(shown, since_ns, end_ns)),
        "bar ": 10,
        "sound back, s": sound_back,
        "picture back, s": picture_back,
        "bar  ": 5.0,
        "keyframes": call.keyframes_wanted,
    }


def _delays(call: SimulatedCall, from_s: float) -> tuple[float, float]:
    """Mean delay of sound and of pictures from then on, ms."""
    since_ns = BEGIN_NS + int(from_s * NS_PER_SECOND)
    first = int(from_s * NS_PER_SECOND) // BLOCK_NS
    pictures = [at - call.capture_ns(n) for at, n in call.seen.shown if at >= since_ns]
    return float(np.mean(call.seen.sound_delays[first:])), float(np.mean(pictures)) / NS_PER_MS


def _back_after(
    call: SimulatedCall, end_ns: int, normal: tuple[float, float]
) -> tuple[float, float]:
    """When sound and pictures had their normal delays again, s after `end_ns`."""
    sound = [
        (BEGIN_NS + k * BLOCK_NS, delay_ms) for k, delay_ms in enumerate(call.seen.sound_delays)
    ]
    pictures = [(at_ns, (at_ns - call.capture_ns(n)) / NS_PER_MS) for at_ns, n in call.seen.shown]
    found = []
    for delays, usual in zip((sound, pictures), normal, strict=True):
        late = [at_ns for at_ns, delay_ms in delays if delay_ms > usual + BACK_MS]
        found.append(round(max(0, max(late, default=0) - end_ns) / NS_PER_SECOND, 2))
    return found[0], found[1]


def _by_second(moments: Sequence[int], since_ns: int, end_ns: int) -> list[int]:
    seconds = (end_ns - since_ns) // NS_PER_SECOND
    places = [(at_ns - since_ns) // NS_PER_SECOND for at_ns in moments]
    return [places.count(second) for second in range(seconds)]


# ------------------------------------------------------------------------------------------- sound


def spoken(seconds: float) -> Block:
    """Sentences of several voices, one after the other, shape (samples, 2)."""
    parts: list[NDArray[np.float64]] = []
    turn, missing = 0, int(seconds * SAMPLE_RATE)
    while missing > 0:
        voice = VOICES[turn % len(VOICES)]
        sentence = synthesised(replace(voice, speech_dbov=-24), SENTENCES[turn % len(SENTENCES)])
        parts += [np.zeros(int(PAUSE_S * SAMPLE_RATE)), sentence]
        missing -= len(parts[-1]) + len(parts[-2])
        turn += 1
    mono = np.concatenate(parts)[: int(seconds * SAMPLE_RATE)].astype(np.float32)
    return np.ascontiguousarray(np.repeat(mono[:, None], 2, axis=1))


def _tone(seconds: float) -> Block:
    phase = 2 * np.pi * 300 * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = (0.3 * np.sin(phase)).astype(np.float32)
    return np.ascontiguousarray(np.repeat(wave[:, None], 2, axis=1))


def pesq_of(call: SimulatedCall, speech: Block) -> float:
    """The mean score of what was heard, piece by piece, 1..4.64; raises Refused without `pesq`."""
    try:
        from pesq import pesq
    except ImportError as error:
        raise Refused("this needs the package pesq: pip install mcu[bench]") from error
    silent = np.zeros((BLOCK_SAMPLES, 2), np.float32)
    heard = np.concatenate([silent if one is None else one for one in call.seen.heard])
    length = JUDGED_S * JUDGED_HZ
    true, got = _judged(speech), _judged(heard)
    starts = range(0, len(true) - length + 1, length)
    scores = [
        float(pesq(JUDGED_HZ, true[k : k + length], got[k : k + length], "wb")) for k in starts
    ]
    return float(np.mean(scores))


def _judged(sound: Block) -> NDArray[np.int16]:
    """The left channel at 16 kHz, as samples of 16 bits."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, 0])[None, :], "flt", "mono")
    frame.sample_rate = SAMPLE_RATE
    resampler = av.AudioResampler("s16", "mono", JUDGED_HZ)
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray()[0] for part in parts])
