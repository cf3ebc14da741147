"""latency: what the engine adds: from the counter in to the counter out, from chirp to chirp (7).

A picture's delay runs from the moment when the first packet of its counter leaves to the moment
when the last packet of the first composed picture with that counter has come: jitter buffer,
decoding, waiting for the tick, composing, encoding, both ways through the loopback. Sound: from
the packet that a chirp begins in to the sample where it begins in what another site hears, so the
codecs' own delay is in it.

Lip sync: picture and chirp of a whole second are captured at one instant; the sound leaves 20 ms
later, when its frame is full. What a receiver that plays by the sender reports makes of them: how
much later it plays the chirp than it shows the first picture with that counter.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.figures import cost_rows
from benchmarks.hearing import Heard, heard, sound_delays_ms
from benchmarks.lips import ReportedTime, lip_offsets_ms
from benchmarks.live import Run, Setting, lasting, watch
from benchmarks.load.fleet import Line, Sends, SitePlan
from benchmarks.load.tape import Numbers
from benchmarks.report import Report, Row, percentile
from benchmarks.scenes import conference, members, pane_rects, pictures, plans
from benchmarks.sights import Seen, Sender, picture_delays_ms, sights
from benchmarks.tapes import BLOCKS_PER_S, FPS, chirps, silent, sound_tape
from mcu_core.media.clock import NS_PER_MS
from mcu_core.media.codec import codec_named
from mcu_core.media.sound import BLOCK_NS

VIDEO_BAR_MS, VIDEO_WORST_MS, SOUND_BAR_MS, LIPS_BAR_MS = 45, 70, 45, 40
CHIRPING = 1
"""The site whose sound is measured; site 0 watches and listens."""

LATE_CAMERA_NS = 80 * NS_PER_MS
"""How much later than its sound the pictures of the chirping site leave: a camera and an encoder
take their time, and only sender reports tell."""

JITTER_NS, LOSS_PERMILLE = 60 * NS_PER_MS, 20


def run(seconds: int, sites: int, size: str, sound: str, bad_line: bool, clips: Path) -> Report:
    """Delays through a conference of that many sites, watched for that long.

    `bad_line`: the site that chirps comes with jitter of 60 ms and 2 % of loss, its pictures 80 ms
    after its sound.
    """
    codec = codec_named(sound)
    quiet, chirping = sound_tape(codec, silent), sound_tape(codec, chirps())
    video = pictures(sites, size, clips)
    heard_from = [
        Sends(chirping if k == CHIRPING else quiet, delay_ns=BLOCK_NS) for k in range(sites)
    ]
    if bad_line:
        video[CHIRPING] = replace(video[CHIRPING], delay_ns=LATE_CAMERA_NS)
    made = _with_bad_line(plans(video, heard_from, watched=[0]), bad_line)
    setting_members = members(made)
    definition = conference([member.definition for member in setting_members], sites)
    title = f"latency, {sites} sites, {size} in, {sound}{', bad line' if bad_line else ''}"
    report = Report(f"{title}, {seconds} s", [])

    def evaluate(done: Run) -> None:
        _fill(report, done, sites, sound)

    asyncio.run(watch(Setting((definition,), setting_members), seconds, lasting(seconds), evaluate))
    return report


def _with_bad_line(made: list[SitePlan], bad_line: bool) -> list[SitePlan]:
    if bad_line:
        made[CHIRPING] = replace(made[CHIRPING], jitter_ns=JITTER_NS, loss_permille=LOSS_PERMILLE)
    return made


def _fill(report: Report, done: Run, sites: int, sound: str) -> None:
    watcher, listener = done.fleet.sites[0].video, done.fleet.sites[0].sound
    assert watcher is not None
    assert listener is not None
    panes = [(float(x), float(y), float(w), float(h)) for x, y, w, h in pane_rects(sites)]
    pictures_kept = done.recording(watcher)
    seen = sights(pictures_kept, panes, done.since_ns, done.until_ns)
    every: list[float] = []
    for site in range(sites):
        delays, skipped = picture_delays_ms(seen, site, _sender(done, site))
        report.rows.append(_row(f"picture of site {site}", delays, skipped=skipped))
        report.series[f"site {site}"] = delays
        every += delays
    bar = f"p50 {VIDEO_BAR_MS}, p99 {VIDEO_WORST_MS}"
    report.rows.append(_row("picture, all sites", every, bar))
    sound_kept = done.recording(listener)
    everything = heard(sound_kept, codec_named(sound))
    delays = sound_delays_ms(_since(everything, done.since_ns), _chirps_sent_ns(done))
    report.rows.append(_row("sound", delays, f"p99 {SOUND_BAR_MS}"))
    offsets = lip_offsets_ms(
        _chirp_pictures(seen),
        _since(everything, done.since_ns),
        ReportedTime(pictures_kept.reports(), 90_000),
        ReportedTime(sound_kept.reports(), codec_named(sound).rtp_clock),
    )
    report.rows.append(
        _row("lips: sound after picture, off", list(map(abs, offsets)), f"p95 {LIPS_BAR_MS}")
    )
    report.rows.append(_row("lips: sound after picture, signed", offsets))
    cost = cost_rows(done)
    report.notes += [f"{row['figure']}: {row['value']}" for row in cost]
    report.stalls, report.series_unit = done.stalls, "ms"


def _sender(done: Run, site: int) -> Sender:
    line = done.fleet.sites[site].video
    assert line is not None
    assert line.sends is not None
    return Sender(done.fleet.sent_ns(line), line.sends.tape.units, line.sends.first_unit)


def _chirps_sent_ns(done: Run) -> Numbers:
    line = done.fleet.sites[CHIRPING].sound
    assert line is not None
    return np.array(done.fleet.sent_ns(line)[_first_chirp(line) :: BLOCKS_PER_S])


def _first_chirp(line: Line) -> int:
    first = line.sends.first_unit if line.sends is not None else 0
    return -first % BLOCKS_PER_S


def _since(sound: Heard, since_ns: int) -> Heard:
    """Without what came before."""
    first = next((k for k, at_ns in enumerate(sound.moments) if at_ns >= since_ns), 0)
    return sound.after(first)


def _chirp_pictures(seen: Sequence[Seen]) -> list[Seen]:
    """The first picture that shows each whole second of the chirping site, or what came after."""
    found: list[Seen] = []
    last = -1
    for sight in seen:
        mark = sight.markers[CHIRPING]
        if mark is None:
            continue
        second = mark.counter // FPS
        if last >= 0 and second != last and mark.counter % FPS < FPS // 3:
            found.append(sight)
        last = second
    return found


def _row(what: str, delays: list[float], bar: str = "", skipped: int = 0) -> Row:
    return {
        "added delay, ms": what,
        "p50": round(percentile(delays, 0.5), 1),
        "p95": round(percentile(delays, 0.95), 1),
        "p99": round(percentile(delays, 0.99), 1),
        "worst": round(max(delays, default=0.0), 1),
        "measured": len(delays),
        "never shown": skipped,
        "bar": bar,
    }
