"""fanout: many receivers in four classes, two sizes by two rates (bar 5)."""

import asyncio
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import cost_rows, figure, picture_rows, sound_rows, tick_rows
from benchmarks.floor import Mosaic, bare
from benchmarks.live import CONFERENCE, Run, Setting, lasting, watch
from benchmarks.load.fleet import Sends
from benchmarks.report import Report
from benchmarks.rig import ANY_PORTS
from benchmarks.scenes import (
    conference,
    members,
    pane_rects,
    pictures,
    plans,
    tapes_of,
    voices,
)
from benchmarks.tapes import FPS
from mcu_core.contract.definition import VideoLimit
from mcu_core.egress.video_encoder import DEFAULT_PRESET
from mcu_core.media.codec import OPUS

SENDERS = 4
CLASSES = (
    VideoLimit(1280, 720, 0, 2_000_000),
    VideoLimit(1280, 720, 0, 1_000_000),
    VideoLimit(640, 360, 0, 700_000),
    VideoLimit(640, 360, 0, 350_000),
)


def run(
    seconds: int, receivers: int, clips: Path, secure: bool = False, ports: str = ANY_PORTS
) -> Report:
    """Four sites send 360p; so many receive, a quarter of them in each class. `secure`: by SRTP.
    `ports`: of the engine's media; two are enough."""
    sending = pictures(SENDERS, "360p", clips)
    video: list[Sends | None] = [*sending, *[None] * (receivers - SENDERS)]
    sound = voices(receivers)
    made = members([replace(plan, secure=secure) for plan in plans(video, sound)], CLASSES)
    definition = conference([member.definition for member in made], SENDERS)
    by, bar = (", SRTP", "1.35") if secure else ("", "1.15")
    report = Report(f"{receivers} receivers in {len(CLASSES)} classes{by}, {seconds} s", [])

    def evaluate(done: Run) -> None:
        report.rows = picture_rows(done, FPS) + sound_rows(done)
        report.rows += tick_rows(done.began[CONFERENCE], done.ended[CONFERENCE], done.seconds)
        report.rows += cost_rows(done)
        report.stalls = done.stalls

    setting = Setting((definition,), made, ports=ports)
    done = asyncio.run(watch(setting, seconds, lasting(seconds), evaluate))
    mosaics = [
        Mosaic(
            (limit.width, limit.height),
            FPS,
            limit.bitrate_bps,
            pane_rects(SENDERS, (limit.width, limit.height)),
            tuple(range(SENDERS)),
        )
        for limit in CLASSES
    ]
    encodes = [OPUS] * len(done.ended[CONFERENCE].audio_outputs)
    floor = bare(tapes_of(sending), mosaics, DEFAULT_PRESET, tapes_of(sound), encodes)
    inputs = floor.decode_cores + floor.sound_cores
    packets = done.total("packets_in") / done.seconds
    rest_us = 1e6 * (done.engine_cores - floor.cores) / packets
    report.rows += [
        figure("packets to receivers a second", packets),
        figure("bare: four encodes, cores", floor.encode_cores),
        figure("bare: decoding and sound, cores", inputs),
        figure("engine, of the bare codecs' cost", done.engine_cores / floor.cores, bar),
        figure(
            "engine without decoding and sound, of four encodes",
            (done.engine_cores - inputs) / floor.encode_cores,
            bar,
        ),
        figure("engine beside the codecs, µs a packet sent", rest_us),
    ]
    return report
