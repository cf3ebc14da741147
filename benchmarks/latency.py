"""latency: what the engine adds: from the counter in to the counter out, from chirp to chirp.

A picture's delay runs from the moment when the first packet of its counter leaves to the moment
when the last packet of the first composed picture with that counter has come: jitter buffer,
decoding, waiting for the tick, composing, encoding, both ways through the loopback. Sound: from
the packet that a chirp begins in to the sample where it begins in what another site hears, so the
codecs' own delay is in it.
"""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.conference import WARM_UP_S, peers_of, streams
from benchmarks.report import Report, Row, percentile
from benchmarks.rig import running_rig
from benchmarks.rtp_peer import Wire
from benchmarks.stalls import StallWatch
from benchmarks.streams import BLOCKS_PER_S
from benchmarks.watcher import PictureWatcher, SoundWatcher, picture_delays_ms, sound_delays_ms
from mcu_core.endpoints.pattern import PatternSound
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.sound import BLOCK_SAMPLES

VIDEO_BAR_MS = 80


def run(seconds: int, sites: int, clips: Path) -> Report:
    """Delays through a conference of that many sites, watched for that long."""
    return asyncio.run(_measure(seconds, sites, clips))


def _silent(number: int) -> NDArray[np.float32]:
    return np.zeros(BLOCK_SAMPLES, np.float32)


async def _measure(seconds: int, sites: int, clips: Path) -> Report:
    # Site 1 chirps, all others are silent; site 0 sees all and hears site 1.
    chirps = PatternSound(tone_hz=440.0, tone_amplitude=0.0).block
    sounds = [chirps if site == 1 else _silent for site in range(sites)]
    peers = peers_of(streams(sites, clips, sounds))
    async with running_rig(sites) as rig:
        with ExitStack() as owned:
            for peer in peers:
                owned.callback(peer.close)
            pictures = owned.enter_context(PictureWatcher(rig.panes))
            sound = SoundWatcher()
            peers[0].video.arrived, peers[0].audio.arrived = pictures.arrived, sound.arrived
            for number, peer in enumerate(peers):
                await rig.attach(number, peer)
            wire = owned.enter_context(Wire(peers))
            await asyncio.sleep(WARM_UP_S)
            with StallWatch() as watch:
                await asyncio.sleep(seconds)
    since_ns = wire.start_ns + int(WARM_UP_S * NS_PER_SECOND)
    seen = [sight for sight in pictures.seen if sight.at_ns >= since_ns]
    rows: list[Row] = []
    series: dict[str, list[float]] = {}
    for site, peer in enumerate(peers):
        delays, skipped = picture_delays_ms(seen, site, peer.video.sent_ns)
        rows.append(_row(f"picture of site {site}", delays, f"p50 {VIDEO_BAR_MS}"))
        rows[-1]["never shown"] = skipped
        series[f"site {site}"] = delays
    every = [delay for delays in series.values() for delay in delays]
    rows.append(_row("picture, all sites", every, f"p50 {VIDEO_BAR_MS}"))
    samples, moments = sound.decoded()
    chirp_delays = sound_delays_ms(samples, moments, peers[1].audio.sent_ns, BLOCKS_PER_S)
    rows.append(_row("sound", chirp_delays, ""))
    notes = [f"units that the bench itself sent over 5 ms late: {wire.late_sends}"]
    return Report(f"latency, {sites} sites, {seconds} s", rows, watch.result, notes, series, "ms")


def _row(what: str, delays: list[float], bar: str) -> Row:
    return {
        "added delay, ms": what,
        "p50": round(percentile(delays, 0.5), 1),
        "p95": round(percentile(delays, 0.95), 1),
        "p99": round(percentile(delays, 0.99), 1),
        "worst": round(max(delays, default=0.0), 1),
        "measured": len(delays),
        "never shown": 0,
        "bar": bar,
    }
