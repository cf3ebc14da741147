"""room: live RTP sites in one mosaic: what is delivered, how late, at what cost (bars 3, 3b).

All sites send pictures of one size at different bit rates, and sound; all receive the mosaic in
one, two or more rate classes, and their N-1 sound. The same pictures are decoded and the same
mosaic is encoded bare in the same run (floor.py).
"""

import asyncio
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.figures import cost_rows, figure, picture_rows, sound_rows, tick_rows
from benchmarks.floor import Floor, bare
from benchmarks.hearing import decibels, heard, usual_amplitude
from benchmarks.live import CONFERENCE, Run, Setting, lasting, watch
from benchmarks.report import Report, Row
from benchmarks.scenes import (
    conference,
    members,
    mosaic,
    pane_rects,
    pictures,
    plans,
    smaller,
    tapes_of,
    tone_of,
    voices,
)
from benchmarks.sights import share_read, shown_per_s, sights
from benchmarks.tapes import BITRATES, FPS, SIZES
from mcu_core.contract.definition import SiteDefinition, SiteKind, VideoLimit
from mcu_core.egress.video_encoder import DEFAULT_PRESET
from mcu_core.endpoints.pattern import TONE_AMPLITUDE
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.codec import OPUS, codec_named

LOOKED_AT_S = 20
"""Of a long run, so much is decoded afterwards and looked at."""

REFERENCE_MS = (7.4, 1.7)
"""Encoding 720p veryfast, decoding 720p: the machine of bar 3b, ms a picture."""

SETTLED_S = 2


@dataclass(frozen=True, slots=True)
class Room:
    """What is measured. `classes`: rate classes out, each half of the one before it; `fps`: of what
    comes in and of the mosaic; `out`: its size, by name."""

    sites: int = 4
    size: str = "720p"
    classes: int = 1
    sound: str = OPUS.name
    preset: str = DEFAULT_PRESET
    browser: bool = False
    fps: int = FPS
    out: str = "720p"

    @property
    def bitrate_bps(self) -> int:
        """Of the first class of the mosaic."""
        return BITRATES[self.out] * (2 if self.fps > FPS else 1)

    @property
    def name(self) -> str:
        """For the title."""
        sound = f", {self.sound}" if self.sound != OPUS.name else ""
        classes = f", {self.classes} classes" if self.classes > 1 else ""
        preset = f", {self.preset}" if self.preset != DEFAULT_PRESET else ""
        form = f", {self.out} out" if self.out != "720p" else ""
        form += f", {self.fps} pictures/s" if self.fps != FPS else ""
        return f"room of {self.sites} sites, {self.size} in{form}{classes}{sound}{preset}"

    @property
    def limits(self) -> list[VideoLimit]:
        """Of the sites in turn."""
        rates = [self.bitrate_bps >> k for k in range(self.classes)]
        return [VideoLimit(bitrate_bps=0 if k == 0 else rate) for k, rate in enumerate(rates)]


def run(seconds: int, room: Room, clips: Path) -> Report:
    """That room for that long."""
    spoken = room.sites - room.browser  # a browser's own sound is its fake microphone's
    video = pictures(spoken, room.size, clips, room.fps)
    sound = voices(spoken, codec_named(room.sound))
    made = members(plans(video, sound, range(room.classes)), room.limits)
    sites = [member.definition for member in made]
    browser = f"s{spoken}" if room.browser else ""
    if browser:
        sites.append(SiteDefinition(browser, "Browser", SiteKind.WEBRTC))
    canvas = SIZES[room.out]
    definition = conference(sites, room.sites, canvas, room.fps, room.bitrate_bps)
    setting = Setting((definition,), made, room.preset, browser)
    report = Report(f"{room.name}, {seconds} s", [])

    def evaluate(done: Run) -> None:
        report.rows = _rows(done, room)
        report.stalls = done.stalls
        came = done.came_ns(done.video_lines[0])
        gaps = [(int(b) - int(a)) / NS_PER_MS for a, b in pairwise(came)]
        report.series, report.series_unit = {"between pictures": gaps}, "ms"

    done = asyncio.run(watch(setting, seconds, lasting(seconds), evaluate))
    whole = mosaic(spoken, canvas, room.fps, room.bitrate_bps)
    mosaics = [smaller(whole, *canvas, room.bitrate_bps >> k) for k in range(room.classes)]
    codec = codec_named(room.sound)
    encodes = [codec] * len(done.ended[CONFERENCE].audio_outputs)
    floor = bare(tapes_of(video), mosaics, room.preset, tapes_of(sound), encodes)
    report.rows += floor_rows(done, floor)
    if room.sound != OPUS.name:
        report.rows.append(_bar_3b(done, floor, room))
    return report


def floor_rows(done: Run, floor: Floor) -> list[Row]:
    """The engine beside the bare codecs."""
    return [
        figure("bare: decoding, cores", floor.decode_cores),
        figure("bare: encoding, cores", floor.encode_cores),
        figure("bare: sound, cores", floor.sound_cores),
        figure("bare: decoding, ms a picture", sum(floor.decode_ms) / len(floor.decode_ms)),
        figure("bare: encoding, ms a picture", sum(floor.encode_ms) / len(floor.encode_ms)),
        figure("engine, of the bare codecs' cost", done.engine_cores / floor.cores, "1.35"),
    ]


def _bar_3b(done: Run, floor: Floor, room: Room) -> Row:
    """0.5 core (360p in) or 0.85 (720p in) on a machine of REFERENCE_MS; scaled to this one."""
    at_720p = room.size != "360p"
    encode_ms, decode_ms = REFERENCE_MS
    decode_ms = decode_ms if at_720p else decode_ms / 4
    reference = FPS * (encode_ms + room.sites * decode_ms) / 1000
    measured = floor.encode_cores + floor.decode_cores
    bar = (0.85 if at_720p else 0.5) * measured / reference
    return figure("engine, cores, with its bar on this machine", done.engine_cores, f"{bar:.2f}")


def _rows(done: Run, room: Room) -> list[Row]:
    began, ended = done.began[CONFERENCE], done.ended[CONFERENCE]
    rows = picture_rows(done, room.fps) + sound_rows(done)
    if room.browser:
        shown = done.browser_shown / done.seconds
        rows.append(figure("pictures a second shown by the browser", shown, f"{room.fps}.0"))
    rows += tick_rows(began, ended, done.seconds) + cost_rows(done)
    rows += _picture_checks(done, room) + _sound_checks(done, room)
    return rows


def _picture_checks(done: Run, room: Room) -> list[Row]:
    """Site 0's picture: can the counters be read, and does each pane move at the full rate?"""
    line = done.video_lines[0]
    spoken = room.sites - room.browser
    panes = [tuple(map(float, rect)) for rect in pane_rects(room.sites, SIZES[room.out])[:spoken]]
    until_ns = min(done.until_ns, done.since_ns + LOOKED_AT_S * NS_PER_SECOND)
    seen = sights(done.recording(line), panes, done.since_ns, until_ns)  # type: ignore[arg-type]
    slowest = min((shown_per_s(seen, pane) for pane in range(spoken)), default=0.0)
    return [
        figure("counters read", share_read(seen)),
        figure("new pictures a second in the slowest pane", slowest, f"{room.fps}.0"),
    ]


def _sound_checks(done: Run, room: Room) -> list[Row]:
    """Own voice and the other's in what site 0 hears."""
    line = done.fleet.sites[0].sound
    assert line is not None
    samples = heard(done.recording(line), codec_named(room.sound)).samples
    samples = samples[SETTLED_S * 48_000 :][: LOOKED_AT_S * 48_000]
    own, other = (
        decibels(usual_amplitude(samples, tone_of(site)) / TONE_AMPLITUDE) for site in (0, 1)
    )
    return [
        figure("own voice in own sound, dB", own, "-60"),
        figure("the other in own sound, dB", other),
    ]
