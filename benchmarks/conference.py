"""conference: RTP sites in one 720p30 mosaic: what is delivered, how late, at what cost.

All sites send 720p30 of real pictures and a tone of their own; all receive the composed picture and
their N-1 sound. Site 0's picture and sound are looked at.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
from math import log10
from pathlib import Path

import numpy as np

from benchmarks.browser_site import browser_site
from benchmarks.report import Report, Row, percentile
from benchmarks.rig import FPS, Usage, running_rig
from benchmarks.rtp_peer import Peer, Wire
from benchmarks.stalls import Stalls, StallWatch, summary
from benchmarks.streams import LOOP_S, Blocks, Stream, make_stream
from benchmarks.watcher import PictureWatcher, SoundWatcher, usual_amplitude
from control_api.cli.demo_clips import prepare
from mcu_core.contract.snapshots import ConferenceSnapshot
from mcu_core.endpoints.pattern import TONE_AMPLITUDE
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE

SIZE = (1280, 720)
WARM_UP_S = 3.0
FRAME_NS = NS_PER_SECOND // FPS
FIRST_TONE_HZ, TONE_RATIO = 300.0, 1.29
"""Not evenly spaced: what codecs make of two tones would fall on a third one."""


def run(seconds: int, sites: int, clips: Path, browser: bool = False) -> Report:
    """A conference of that many sites, one of them a browser on request, for that long."""
    return asyncio.run(_measure(seconds, sites, clips, browser))


def tone_of(site: int) -> float:
    """Each site's tone: whole cycles in the loop, so that it goes on without a step."""
    return round(FIRST_TONE_HZ * TONE_RATIO**site * LOOP_S) / LOOP_S


def tone(hertz: float) -> Blocks:
    """A tone without chirps."""

    def block(number: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        time = (number * BLOCK_SAMPLES + np.arange(BLOCK_SAMPLES)) / SAMPLE_RATE
        wave: np.ndarray[tuple[int], np.dtype[np.float32]] = (
            TONE_AMPLITUDE * np.sin(2 * np.pi * hertz * time)
        ).astype(np.float32)
        return wave

    return block


def streams(sites: int, clips: Path, sounds: Sequence[Blocks]) -> list[Stream]:
    """A stream for each site, from the demo's clips in turn."""
    paths = [Path(clip["path"]) for clip in prepare(clips)]
    return [make_stream(paths[k % len(paths)], SIZE, k, sounds[k]) for k in range(sites)]


def peers_of(made: Sequence[Stream]) -> list[Peer]:
    """A peer for each stream; their pictures are spread over the frame time."""
    return [Peer(stream, k * FRAME_NS // len(made)) for k, stream in enumerate(made)]


async def _measure(seconds: int, sites: int, clips: Path, browser: bool) -> Report:
    spoken = sites - browser  # the browser's own sound is its fake microphone's
    sounds = [tone(tone_of(site)) for site in range(spoken)]
    peers = peers_of(streams(spoken, clips, sounds))
    async with running_rig(sites, browser) as rig, AsyncExitStack() as owned:
        for peer in peers:
            owned.callback(peer.close)
        pictures = owned.enter_context(PictureWatcher(rig.panes))
        sound = SoundWatcher()
        peers[0].video.arrived, peers[0].audio.arrived = pictures.arrived, sound.arrived
        for number, peer in enumerate(peers):
            await rig.attach(number, peer)
        page = await owned.enter_async_context(browser_site()) if browser else None
        if page is not None:
            await rig.attach_browser(page)
        wire = owned.enter_context(Wire(peers))
        await asyncio.sleep(WARM_UP_S)
        with StallWatch() as watch:
            began, before = await rig.snapshot(), rig.usage()
            first, shown = len(pictures.arrivals_ns), await page.shown() if page else 0
            await asyncio.sleep(seconds)
            ended, after = await rig.snapshot(), rig.usage()
            arrivals = pictures.arrivals_ns[first:]
            shown = (await page.shown() if page else 0) - shown
    samples, _ = sound.decoded()
    rows = _rows(arrivals, (watch.result, summary((), wire.stalls)), seconds)
    if browser:
        rows.append(_row("pictures a second shown by the browser", shown / seconds, "30.0"))
    rows += _engine_rows(began, ended, before, after, seconds)
    rows += _sound_rows(samples[int(WARM_UP_S * SAMPLE_RATE) :], spoken)
    rows.append(_row("units that the bench sent over 5 ms late", wire.late_sends))
    rows.append(_row("counters read", _share_read(pictures, spoken)))
    gaps = [(b - a) / NS_PER_MS for a, b in pairwise(arrivals)]
    report = Report(f"conference of {sites} sites, {seconds} s", rows, watch.result)
    report.series, report.series_unit = {"between pictures": gaps}, "ms"
    return report


def _row(what: str, value: float, bar: str = "") -> Row:
    return {"figure": what, "value": round(value, 2), "bar": bar}


def _rows(arrivals: Sequence[int], stalls: Sequence[Stalls], seconds: int) -> list[Row]:
    """What arrived, and how late."""
    lateness = lateness_ns(arrivals)
    late = [at for at, by in zip(arrivals, lateness, strict=True) if by > FRAME_NS]
    ours = [at for at in late if not any(stall.seen_at(at) for stall in stalls)]
    return [
        _row("pictures a second", len(arrivals) / seconds, "30.0"),
        _row("picture late, 99 %, ms", percentile(lateness, 0.99) / NS_PER_MS),
        _row("picture late, worst, ms", max(lateness, default=0) / NS_PER_MS),
        _row("pictures over 33 ms late", len(late)),
        _row("of these without a stall of machine or bench", len(ours), "0"),
    ]


def lateness_ns(arrivals: Sequence[int]) -> list[int]:
    """How much later each picture came than a steady clock of the stated rate would have it.

    The clock is moved forward by a picture that comes early, and back by one that is over a frame
    late: a tick that was left out counts once, not against all that follow.
    """
    lateness: list[int] = []
    expected = arrivals[0] if arrivals else 0
    for at in arrivals:
        by = max(0, at - expected)
        lateness.append(by)
        expected = (at if at < expected or by > FRAME_NS else expected) + FRAME_NS
    return lateness


def _engine_rows(
    began: ConferenceSnapshot, ended: ConferenceSnapshot, before: Usage, after: Usage, seconds: int
) -> list[Row]:
    return [
        _row("video ticks over a frame late", ended.late_ticks - began.late_ticks),
        _row("sound ticks late", ended.late_audio_ticks - began.late_audio_ticks, "0"),
        _row("pictures composed a second", (ended.serial - began.serial) / seconds),
        _row("video encoders", len(ended.video_outputs), "1"),
        _row("sound encoders", len(ended.audio_outputs)),
        _row("decoders", ended.decoders),
        _row("engine, cores", (after.cpu_s - before.cpu_s) / seconds),
        _row("engine, MB", after.rss_mb),
        _row("engine grew, MB", after.rss_mb - before.rss_mb),
    ]


def _sound_rows(samples: np.ndarray[tuple[int], np.dtype[np.float32]], sites: int) -> list[Row]:
    """Own voice and the others' in what site 0 hears."""
    heard = [decibels(usual_amplitude(samples, tone_of(k)) / TONE_AMPLITUDE) for k in range(sites)]
    own, others = heard[0], heard[1:]
    return [
        _row("own voice in own sound, dB", own, "-60"),
        _row("quietest other in own sound, dB", min(others, default=0.0)),
    ]


def decibels(ratio: float) -> float:
    """20 log10, -200 for nothing at all."""
    return 20 * log10(ratio) if ratio > 1e-10 else -200.0


def _share_read(pictures: PictureWatcher, sites: int) -> float:
    read = sum(mark is not None for seen in pictures.seen for mark in seen.markers)
    return read / max(1, len(pictures.seen) * sites)
