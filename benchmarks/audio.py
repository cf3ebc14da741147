"""audio: a large room of sound alone, a few speaking (bar 9), and Janus AudioBridge beside it.

Every site sends Opus, 50 packets a second, and hears the others. Those who do not speak send
silence, as a muted microphone does; with `noise_db` the faint noise of an open one.
"""

import asyncio
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import cost_rows, figure, sound_rows
from benchmarks.floor import bare
from benchmarks.live import CONFERENCE, Member, Run, Setting, lasting, rtp_site, watch
from benchmarks.load.fleet import Sends, SitePlan
from benchmarks.report import Report, Row
from benchmarks.scenes import conference, phases, tapes_of
from benchmarks.tapes import BLOCKS_PER_S, LOOP_S, Blocks, silent, sound_tape
from control_api.cli.demo_clips import prepare
from control_api.cli.demo_sources import loudest
from mcu_core.media.codec import codec_named
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE


def run(
    seconds: int,
    sites: int,
    speaking: int,
    noise_db: float,
    sound: str,
    clips: Path,
    secure: bool = False,
) -> Report:
    """So many sites, of which so many speak; `noise_db` dBFS of the others, 0: silence.

    `secure`: by SRTP.
    """
    codec = codec_named(sound)
    plans = plans_of(sites, speaking, noise_db, sound, clips)
    plans = [replace(plan, secure=secure) for plan in plans]
    members = tuple(Member(rtp_site(f"s{k}", secure=secure), plan) for k, plan in enumerate(plans))
    definition = conference([member.definition for member in members], 1)
    noise = f", noise of {noise_db:g} dB" if noise_db else ""
    by = ", SRTP" if secure else ""
    title = f"sound of {sites} sites, {speaking} speaking, {sound}{noise}{by}, {seconds} s"
    report = Report(title, [])

    def evaluate(done: Run) -> None:
        began, ended = done.began[CONFERENCE], done.ended[CONFERENCE]
        report.rows = sound_rows(done)
        report.rows += [
            figure("sound ticks late", ended.late_audio_ticks - began.late_audio_ticks, "0"),
            figure("sound encoders", len(ended.audio_outputs)),
        ]
        report.rows += cost_rows(done) + _loss_rows(done)
        report.stalls = done.stalls

    setting = Setting((definition,), members)
    done = asyncio.run(watch(setting, seconds, lasting(seconds), evaluate))
    sends = [plan.sound for plan in plans if plan.sound is not None]
    encodes = [codec] * len(done.ended[CONFERENCE].audio_outputs)
    bar = "1.0" if secure else "0.6"
    floor = bare([], [], "", tapes_of(sends), encodes)
    report.rows += [
        figure("bare: decoding all and encoding each mix once, cores", floor.sound_cores),
        figure("engine, cores, with the bar for 200 sites", done.engine_cores, bar),
        figure("engine, thousandths of a core per site", 1000 * done.engine_cores / sites),
    ]
    return report


def plans_of(sites: int, speaking: int, noise_db: float, sound: str, clips: Path) -> list[SitePlan]:
    """Sites that send sound alone."""
    codec = codec_named(sound)
    speech = [Sends(sound_tape(codec, blocks)) for blocks in speeches(clips, min(speaking, sites))]
    quiet = Sends(sound_tape(codec, hiss(noise_db) if noise_db else silent))
    spread = phases(sites, BLOCKS_PER_S)
    return [
        SitePlan(sound=speech[k] if k < len(speech) else quiet, phase_ns=spread[k])
        for k in range(sites)
    ]


def hiss(level_db: float) -> Blocks:
    """Noise of an open microphone."""

    def block(number: int) -> NDArray[np.float32]:
        noise = np.random.default_rng(number).normal(0, 10 ** (level_db / 20), BLOCK_SAMPLES)
        return noise.astype(np.float32)

    return block


def speeches(clips: Path, count: int) -> list[Blocks]:
    """Speech for so many sites: what is spoken in the clips of the demo, begun at other words."""
    spoken = [_spoken(Path(clip["path"])) for clip in prepare(clips)]
    return [
        _blocks(np.roll(spoken[k % len(spoken)], k // len(spoken) * SAMPLE_RATE))
        for k in range(count)
    ]


def _spoken(clip: Path) -> NDArray[np.float32]:
    """The stretch of a clip's sound with most speech, a loop long."""
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    with av.open(str(clip), "r") as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)
    stretch = loudest(sound, LOOP_S * SAMPLE_RATE)
    return np.resize(stretch, LOOP_S * SAMPLE_RATE)


def _blocks(sound: NDArray[np.float32]) -> Blocks:
    return lambda number: sound[number * BLOCK_SAMPLES : (number + 1) * BLOCK_SAMPLES]


def _loss_rows(done: Run) -> list[Row]:
    return [
        figure("packets sent to the engine a second", done.total("packets_out") / done.seconds),
        figure("packets that came back a second", done.total("packets_in") / done.seconds),
        figure("packets lost on the way to receivers", done.total("lost_in"), "0"),
    ]
