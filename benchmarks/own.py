"""own: every site gets a mosaic of its own, of all the others (bar 4)."""

import asyncio
from pathlib import Path

from benchmarks.figures import cost_rows, figure, picture_rows, sound_rows, tick_rows
from benchmarks.floor import Mosaic, bare
from benchmarks.live import CANVAS, CONFERENCE, Member, Run, Setting, lasting, rtp_site, watch
from benchmarks.report import Report
from benchmarks.scenes import (
    BITRATE_BPS,
    conference,
    pane_rects,
    pictures,
    plans,
    tapes_of,
    voices,
)
from benchmarks.tapes import FPS
from mcu_core.contract.definition import LayoutChoice, View
from mcu_core.layouts.automatic import layout_for
from mcu_core.media.codec import OPUS


def run(seconds: int, sites: int, size: str, preset: str, clips: Path) -> Report:
    """That many sites, each with its own picture, for that long."""
    video, sound = pictures(sites, size, clips), voices(sites)
    made = plans(video, sound)
    view = View(LayoutChoice(mode=layout_for(sites - 1).id))
    members = tuple(Member(rtp_site(f"s{k}", view), plan) for k, plan in enumerate(made))
    definition = conference([member.definition for member in members], sites)
    report = Report(f"own mosaics of {sites} sites, {size} in, {preset}, {seconds} s", [])

    def evaluate(done: Run) -> None:
        report.rows = picture_rows(done, FPS) + sound_rows(done)
        report.rows += tick_rows(done.began[CONFERENCE], done.ended[CONFERENCE], done.seconds)
        report.rows += cost_rows(done)
        report.stalls = done.stalls

    setting = Setting((definition,), members, preset)
    done = asyncio.run(watch(setting, seconds, lasting(seconds), evaluate))
    mosaics = [others(site, sites) for site in range(sites)]
    encodes = [OPUS] * len(done.ended[CONFERENCE].audio_outputs)
    floor = bare(tapes_of(video), mosaics, preset, tapes_of(sound), encodes)
    report.rows += [
        figure("bare: decoding, cores", floor.decode_cores),
        figure("bare: encoding, cores", floor.encode_cores),
        figure("bare: sound, cores", floor.sound_cores),
        figure("engine, of the bare codecs' cost", done.engine_cores / floor.cores, "1.25"),
    ]
    return report


def others(site: int, sites: int, canvas: tuple[int, int] = CANVAS, fps: int = FPS) -> Mosaic:
    """What a site sees that does not see itself."""
    sources = tuple(other for other in range(sites) if other != site)
    return Mosaic(canvas, fps, BITRATE_BPS, pane_rects(sites - 1, canvas), sources)
