"""ladder: one receiver's link falls to a seventh and returns; who sees what of it (bar 3).

The conference runs here, in this process; its sites are files and receivers over UDP. The narrow
link is one queue for picture and sound, cut at 100 ms.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from benchmarks.load.faults import Faults
from benchmarks.load.faulty_link import FaultyRelay
from benchmarks.load.reporting_site import HOST, CountingSite, ReportingSite, offer
from benchmarks.report import Report, Row
from mcu_core.contract.definition import ConferenceDefinition, FileSource, SiteDefinition, SiteKind
from mcu_core.endpoints.network import NetworkOptions, open_udp_pair
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.engine.conference import Conference
from mcu_core.engine.threads import Threads
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock

CLIPS = ("ambulance", "campus", "pharmacy")
WIDE = Faults(delay_ms=10, rate_bps=2_000_000, queue_ms=100)
NARROW = replace(WIDE, rate_bps=300_000)
FREEZE_NS = 200 * NS_PER_MS
SETTLE_S, OTHERS = 12.0, 2
SAMPLE_S = 0.05
FULL_BPS = 2_000_000


@dataclass(slots=True)
class Samples:
    """Twenty a second: when, bytes sent to the narrow site so far, packets, rung's bit rate."""

    rows: list[tuple[int, int, int, int]] = field(default_factory=list)

    def rate(self, from_ns: int, to_ns: int) -> float:
        """What was sent in that time, bit/s, headers included."""
        inside = [row for row in self.rows if from_ns <= row[0] <= to_ns]
        if len(inside) < 2:
            return 0.0
        first, last = inside[0], inside[-1]
        bits = 8 * (last[1] - first[1] + 28 * (last[2] - first[2]))
        return bits * NS_PER_SECOND / (last[0] - first[0])


def run(narrow_s: float, wide_s: float, told: bool, clips: Path) -> Report:
    """So long narrow, so long wide again; `told`: the receiver speaks transport-cc."""
    return asyncio.run(_measure(narrow_s, wide_s, told, clips))


@contextlib.asynccontextmanager
async def _conference(clips: Path) -> AsyncIterator[Conference]:
    files = [
        SiteDefinition(name, name, SiteKind.FILE, file=FileSource(str(clips / f"{name}.mp4")))
        for name in CLIPS
    ]
    names = ["narrow", *(f"other{k}" for k in range(OTHERS))]
    receivers = [SiteDefinition(name, name, SiteKind.RTP) for name in names]
    definition = ConferenceDefinition(
        "c", "Ladder", video_bitrate_bps=FULL_BPS, sites=(*files, *receivers), revision=1
    )
    clock = MonotonicClock()
    threads = Threads(clock)
    conference = Conference(definition, clock, lambda event: None, threads)
    threads.start()
    await conference.start()
    try:
        yield conference
    finally:
        await conference.stop()
        threads.stop()


async def _call(
    conference: Conference, site: str, text: str, ports: tuple[int, int] = (0, 0)
) -> RtpSession:
    terms = CallTerms(
        f"{site}-call", conference.seat(site).intake, NetworkOptions(), MonotonicClock(),
        conference.form(),
    )  # fmt: skip
    session = RtpSession(terms)
    await session.accept(text, ports)
    await conference.connect(site, session)
    return session


async def _measure(narrow_s: float, wide_s: float, told: bool, clips: Path) -> Report:
    clock = MonotonicClock()
    async with _conference(clips) as conference:
        others = [CountingSite() for _ in range(OTHERS)]
        for k, other in enumerate(others):
            ports = (other.video.getsockname()[1], other.audio.getsockname()[1])
            await _call(conference, f"other{k}", offer(*ports, told=False))
        site = ReportingSite()
        ours = (_free_port(), _free_port())
        video, audio = (FaultyRelay((HOST, port), WIDE, WIDE) for port in ours)
        audio.link = video.link
        video.lead_to(site.video.getsockname())
        audio.lead_to(site.audio.getsockname())
        text = offer(video.seen_as, audio.seen_as, told=told)
        session = await _call(conference, "narrow", text, ours)
        site.start((HOST, video.port), (HOST, audio.port))
        samples = Samples()

        def sample() -> None:
            sent = conference.views.outputs.sent(session)
            stats = session.stats
            row = (clock.now_ns(), stats.bytes_out, stats.packets_out)
            samples.rows.append((*row, sent.bitrate_bps if sent is not None else 0))

        async def go(seconds: float) -> int:
            begun_ns = clock.now_ns()
            while clock.now_ns() - begun_ns < seconds * NS_PER_SECOND:
                sample()
                await asyncio.sleep(SAMPLE_S)
            return begun_ns

        try:
            settled_ns = await go(SETTLE_S)
            before = [(other.keyframes, other.gaps) for other in others]
            video.link.back.faults = NARROW
            fell_ns = await go(narrow_s)
            video.link.back.faults = WIDE
            rose_ns = await go(wide_s)
            ended_ns = clock.now_ns()
        finally:
            await site.stop()
            video.close()
            audio.close()
            for other in others:
                other.stop()
    row = _seen(site, samples, fell_ns, rose_ns, ended_ns)
    return Report(
        "ladder",
        [{"reports": "transport-cc" if told else "receiver reports", **row}],
        notes=_notes(others, before, settled_ns, fell_ns, ended_ns),
        series={
            "sent, kbit/s": [
                samples.rate(row[0] - NS_PER_SECOND // 2, row[0]) / 1000 for row in samples.rows
            ],
            "rung, kbit/s": [row[3] / 1000 for row in samples.rows],
        },
        series_unit="kbit/s",
    )


def _free_port() -> int:
    """Of a pair that is free now: the relay has to know it before the call is there."""
    pair = open_udp_pair(NetworkOptions())
    port = int(pair[0].getsockname()[1])
    for one in pair:
        one.close()
    return port


def _seen(site: ReportingSite, samples: Samples, fell_ns: int, rose_ns: int, ended_ns: int) -> Row:
    shown = [at for at in site.shown_ns if fell_ns - NS_PER_SECOND <= at <= ended_ns]
    heard = [at for at in site.heard_ns if fell_ns - NS_PER_SECOND <= at <= ended_ns]
    stills = [b - a for a, b in pairwise(shown) if b - a > FREEZE_NS]
    falling = [b - a for a, b in pairwise(shown) if b - a > FREEZE_NS and a < rose_ns]
    within = next(
        (
            at
            for at, *_ in samples.rows
            if at >= fell_ns
            and all(
                samples.rate(later, later + NS_PER_SECOND // 2) <= 1.02 * NARROW.rate_bps
                for later in range(at, rose_ns - NS_PER_SECOND // 2, NS_PER_SECOND // 4)
            )
        ),
        rose_ns,
    )
    had = max((bps for at, *_, bps in samples.rows if fell_ns - NS_PER_SECOND < at < fell_ns))
    back = next((at for at, *_, bps in samples.rows if at >= rose_ns and bps >= had), None)
    narrow_s = (rose_ns - fell_ns) / NS_PER_SECOND
    return {
        "freezes": len(falling),
        "longest, ms": round(max(falling, default=0) / NS_PER_MS),
        "freezes, rising": len(stills) - len(falling),
        "sound gap, ms": round(max((b - a for a, b in pairwise(heard)), default=0) / NS_PER_MS),
        "within 300 kbit/s, s": round((within - fell_ns) / NS_PER_SECOND, 2),
        "pictures/s narrow": round(sum(fell_ns <= at <= rose_ns for at in shown) / narrow_s, 1),
        "kbit/s narrow": round(samples.rate(fell_ns + 3 * NS_PER_SECOND, rose_ns) / 1000),
        "had, kbit/s": had // 1000,
        "back, s": round((back - rose_ns) / NS_PER_SECOND, 1) if back else "never",
    }


def _notes(
    others: list[CountingSite],
    before: list[tuple[int, int]],
    settled_ns: int,
    fell_ns: int,
    ended_ns: int,
) -> list[str]:
    notes = []
    for other, (keyframes, gaps) in zip(others, before, strict=True):
        calm, rough = (
            sum(bits for at, bits in other.bits if begin <= at < end)
            * NS_PER_SECOND
            / (end - begin)
            for begin, end in ((settled_ns + 3 * NS_PER_SECOND, fell_ns), (fell_ns, ended_ns))
        )
        notes.append(
            f"another site: {other.keyframes - keyframes} keyframes, {other.gaps - gaps} gaps,"
            f" {calm / 1000:.0f} kbit/s before, {rough / 1000:.0f} from the fall on"
        )
    load = os.getloadavg()[0]
    return [*notes, f"load average {load:.1f}"]
