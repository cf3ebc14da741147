"""The mixer alone: what 20 ms cost in rooms of several sizes, and how true it is, beside others.

The others mix the same WAV files: ffmpeg's amix and GStreamer's audiomixer, one mix of all inputs.
Who gives each listener a mix of its own that way pays that as often as there are listeners; ours
is one sum and a subtraction for each.
"""

import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.mix import Program, measure
from benchmarks.report import Report, Row, percentile
from benchmarks.stalls import StallWatch
from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.ingress.audio import AudioIngress
from mcu_core.kernels.warmup import warm_up
from mcu_core.media.clock import NS_PER_SECOND, ManualClock, thread_cpu_time_s
from mcu_core.media.codec import L16_STEREO
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, SAMPLE_RATE, Block
from mcu_core.media.units import AccessUnit, AudioForm
from mcu_core.mixer.room import Room, Setting

TONES_HZ = (397.0, 1013.0, 1789.0)
TONE_PEAK = 10 ** (-3 / 20)
TONES_S = 6
HOUR_S = 3600
INPUTS = 29
BLOCKS_PER_S = NS_PER_SECOND // BLOCK_NS

L16_FORM = AudioForm(L16_STEREO, 2, 0)

PLAIN = Setting()
TREATED = Setting(gain=1.3, auto_gain=True, noise_gate=True)

NOTES = (
    "us: CPU time of a block of 20 ms; 200 us are 0.01 core. Ours (N of M speak) has the mixes of "
    "all who speak and that of all others, without decoding and encoding; ffmpeg's amix and "
    "GStreamer's audiomixer make one mix, 30 listeners cost 30 of it.",
    "Three tones of -3 dBFS together reach 2.1 times full scale; judged is what comes in 16 bits.",
    "The hour of 1 kHz goes through L16 packets, jitter buffer, mixer and L16 again, on a clock "
    "moved by hand; a second is broken where it strays over 4 steps of 16 bits from a sine.",
)


@dataclass(frozen=True)
class Case:
    """A room: how many sites, how many speak, and how they are treated."""

    name: str
    sites: int
    speaking: int
    setting: Setting = PLAIN
    places: int = 0


CASES = (
    Case("30 speak", 30, 30),
    Case("30 speak, treated", 30, 30, TREATED),
    Case("6 of 200 speak", 200, 6),
    Case("6 of 200, treated, 5 heard", 200, 6, TREATED, 5),
    Case("200 speak", 200, 200),
    Case("200 speak, 5 heard", 200, 200, PLAIN, 5),
)


def run(seconds: int) -> Report:
    """Cost of each case over so many seconds of sound, and truth; raises McuError."""
    warm_up()
    report = Report("sound", [], notes=list(NOTES))
    with StallWatch() as watch:
        for case in CASES:
            costs = course(case, seconds)
            report.rows.append(_cost_row(case, costs))
            report.series[case.name] = [1e6 * cost for cost in costs]
        with tempfile.TemporaryDirectory() as folder:
            report.rows += _others(Path(folder), seconds)
            report.rows += _truth(Path(folder))
    broken, heard_s = broken_seconds(HOUR_S)
    report.rows.append({"what": f"1 kHz, {heard_s} s, broken", "value": broken, "bar": "0"})
    report.series_unit = "microseconds a block"
    report.stalls = watch.result
    return report


def words(seed: int, seconds: float) -> NDArray[np.float32]:
    """Voiced words with pauses between them and a little noise: what every treatment works on."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch_hz = 90 + 5 * (seed % 30) + 8 * np.sin(2 * np.pi * 3 * times)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE
    voice = np.sum([np.sin(phase * k) / k for k in range(1, 8)], axis=0)
    word = np.clip(3 * np.sin(2 * np.pi * (2 * times + seed / 7)), 0, 1)
    sound = 0.1 * voice * word + 1e-4 * rng.standard_normal(len(times))
    return np.asarray(sound, np.float32)


def course(case: Case, seconds: int) -> list[float]:
    """CPU seconds of each block: mixing, deciding, and a mix for each who is in the sum."""
    loops = [_blocks(words(k, 4.0)) for k in range(case.speaking)]
    settings = {str(k): case.setting for k in range(case.sites)}
    room = Room()
    room.places = case.places
    costs: list[float] = []
    for k in range(seconds * BLOCKS_PER_S):
        blocks = {str(site): loop[(k + 7 * site) % len(loop)] for site, loop in enumerate(loops)}
        began = thread_cpu_time_s()
        heard = room.mix(blocks, settings, k * BLOCK_NS)
        for site in heard.sounding:
            heard.mixes.without(site)
        costs.append(thread_cpu_time_s() - began)
    return costs[len(costs) // 10 :]


def _cost_row(case: Case, costs: Sequence[float]) -> Row:
    return {
        "what": f"{case.name}, us",
        "value": round(1e6 * float(np.mean(costs)), 1),
        "p99": round(1e6 * percentile(costs, 0.99), 1),
        "worst": round(1e6 * max(costs), 1),
    }


def _blocks(mono: NDArray[np.float32]) -> list[Block]:
    stereo = np.repeat(mono[:, None], 2, axis=1)
    return [np.ascontiguousarray(part) for part in np.split(stereo, len(mono) // BLOCK_SAMPLES)]


# ---------------------------------------------------------------------------------- beside others


def amix(inputs: Sequence[Path], output: Path) -> list[str]:
    """ffmpeg's sum of all inputs as it is, in 16 bits."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y"]
    for path in inputs:
        command += ["-i", str(path)]
    graph = f"amix=inputs={len(inputs)}:normalize=0"
    return [*command, "-filter_complex", graph, "-c:a", "pcm_s16le", str(output)]


def audiomixer(inputs: Sequence[Path], output: Path) -> list[str]:
    """GStreamer's."""
    command = ["gst-launch-1.0", "-q", "audiomixer", "name=m", "!", "audioconvert", "!"]
    command += ["audio/x-raw,format=S16LE", "!", "wavenc", "!", "filesink", f"location={output}"]
    for path in inputs:
        command += ["filesrc", f"location={path}", "!", "wavparse", "!", "m."]
    return command


OTHERS = {"amix": amix, "audiomixer": audiomixer}


def _others(folder: Path, seconds: int) -> list[Row]:
    inputs = []
    for k in range(INPUTS):
        loop = words(k, 4.0)
        sound = np.resize(loop, seconds * SAMPLE_RATE)
        inputs.append(_written(folder / f"in{k}.wav", sound))
    rows: list[Row] = []
    for name, command in OTHERS.items():
        output = folder / "out.wav"
        cost = measure(Program(command(inputs, output), output))
        us = 1e6 * cost.cpu_s / seconds / BLOCKS_PER_S
        rows.append({"what": f"{name}, {len(inputs)} to 1, us", "value": round(us, 1)})
    return rows


def _truth(folder: Path) -> list[Row]:
    tones = [tone(hertz, TONES_S) for hertz in TONES_HZ]
    inputs = [_written(folder / f"tone{k}.wav", sound) for k, sound in enumerate(tones)]
    rows = _truth_rows("ours", ours(tones))
    for name, command in OTHERS.items():
        output = folder / "tones.wav"
        measure(Program(command(inputs, output), output))
        rows += _truth_rows(name, _read(output))
    return rows


def ours(sounds: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """What a listener hears of these sites, left channel, in 16 bits."""
    room, heard = Room(), []
    loops = {str(k): _blocks(sound) for k, sound in enumerate(sounds)}
    settings = dict.fromkeys(loops, PLAIN)
    for k in range(len(next(iter(loops.values())))):
        blocks = {site: loop[k] for site, loop in loops.items()}
        heard.append(room.mix(blocks, settings, k * BLOCK_NS).mixes.total[:, 0])
    return np.asarray(np.rint(np.concatenate(heard).astype(np.float64) * 32767) / 32767)


def broken_seconds(seconds: int) -> tuple[int, int]:
    """1 kHz through packets, jitter buffer and mixer: how many seconds are broken, of how many."""
    clock, room = ManualClock(NS_PER_SECOND), Room()
    sender, receiver = AudioEncoder(L16_FORM), AudioEncoder(L16_FORM)
    ingress = AudioIngress(clock, "tone")
    loop = _blocks(tone(1000, 1))
    broken = checked = 0
    second: list[NDArray[np.float64]] = []
    for k in range(seconds * BLOCKS_PER_S):
        sent = sender.encode(loop[k % len(loop)], k * BLOCK_NS)
        if sent is not None:
            ingress.push(AccessUnit(L16_STEREO, sent.data, k * BLOCK_NS))
        clock.advance_ns(BLOCK_NS)
        block = ingress.pull(clock.now_ns())
        heard = room.mix({} if block is None else {"tone": block}, {"tone": PLAIN}, k * BLOCK_NS)
        unit = receiver.encode(heard.mixes.total, k * BLOCK_NS)
        second.append(np.frombuffer(unit.data if unit is not None else b"", ">i2")[::2] / 32768)
        if len(second) == BLOCKS_PER_S:
            if k >= 2 * BLOCKS_PER_S:
                checked += 1
                broken += _strays(np.concatenate(second))
            second = []
    return broken, checked


def _strays(sound: NDArray[np.float64]) -> bool:
    if len(sound) != SAMPLE_RATE:
        return True
    phase = 2 * np.pi * 1000 * np.arange(SAMPLE_RATE) / SAMPLE_RATE
    basis = np.stack([np.sin(phase), np.cos(phase)], 1)
    fitted = basis @ (basis.T @ sound * 2 / SAMPLE_RATE)
    return bool(np.abs(sound - fitted).max() > 4 / 32768)


def tone(hertz: float, seconds: float) -> NDArray[np.float32]:
    """A sine of -3 dBFS."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(TONE_PEAK * np.sin(2 * np.pi * hertz * times), np.float32)


def sinad_db(sound: NDArray[np.float64]) -> float:
    """Power of the three tones, fitted by least squares, over the power of all the rest."""
    times = np.arange(len(sound)) / SAMPLE_RATE
    waves = [wave_of(2 * np.pi * f * times) for f in TONES_HZ for wave_of in (np.sin, np.cos)]
    basis = np.stack([*waves, np.ones_like(times)], 1)
    fitted = basis @ np.linalg.lstsq(basis, sound, rcond=None)[0]
    return float(10 * np.log10(np.square(fitted).sum() / np.square(sound - fitted).sum()))


def _truth_rows(name: str, sound: NDArray[np.float64]) -> list[Row]:
    settled = sound[2 * SAMPLE_RATE :]
    clipped = int((np.abs(settled) >= 32767 / 32768).sum())
    return [
        {"what": f"{name}, 3 tones, SINAD dB", "value": round(sinad_db(settled), 1), "bar": "30"},
        {"what": f"{name}, clipped samples", "value": clipped, "bar": "0"},
    ]


def _written(path: Path, sound: NDArray[np.float32]) -> Path:
    samples = np.rint(np.repeat(sound[:, None], 2, axis=1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())
    return path


def _read(path: Path) -> NDArray[np.float64]:
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return np.asarray(samples.reshape(-1, 2)[:, 0] / 32768)
