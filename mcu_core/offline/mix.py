"""The offline mixer: files in, one composed file out, by the engine's own rules, canvas and mixer.

    sound decoded ─> mixed, and all decided ─┐ a run of moments at a time
    pictures decoded and painted ────────────┴─> completed ─> encoded
    (a pool's threads)                           (here)      (a thread of its own)

While one run is completed and encoded, the pool paints the panes of the next. Nothing reads a
clock: what is composed depends on the inputs and the events only, so the same inputs and events
give the same pictures, bit for bit, on any machine, at any load, with any number of threads (M19).
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from mcu_core.conference.direction import VIEWERS
from mcu_core.errors import BadInput
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.offline.course import Course
from mcu_core.offline.decisions import DecisionLog
from mcu_core.offline.digest import Digest
from mcu_core.offline.inputs import InputInfo
from mcu_core.offline.job import MixJob, MixStats, Report, check
from mcu_core.offline.moments import Moment, Moments, Site
from mcu_core.offline.pictures import PictureReader, Sight
from mcu_core.offline.sound import SoundReader
from mcu_core.offline.stage import Prepared, Stage
from mcu_core.offline.wanted import Change, Wanted, conference_of
from mcu_core.offline.writer import Writer

RUN = 16
"""Moments decided in one go: long enough that decoders stay in their caches and threads meet
seldom. The canvases of twice as many are in memory."""


def mix(job: MixJob, report: Report = lambda done, total: None) -> MixStats:
    """Do it; raises McuError, and leaves no half-written file behind then."""
    infos = check(job)
    with ExitStack() as owned:
        pool = ThreadPoolExecutor(job.threads or len(os.sched_getaffinity(0)), "decode")
        sites = [
            Site(str(k), PictureReader(info), SoundReader(info, pool))
            for k, info in enumerate(infos, 1)
        ]
        for site in sites:
            owned.callback(site.close)
        # Before sites are closed: its threads use them.
        owned.callback(pool.shutdown, cancel_futures=True)
        decisions = DecisionLog(_log_file(job, owned))
        writer = None
        if job.output is not None:
            sound = job.form.sound and any(info.has_audio for info in infos)
            writer = Writer(job.output, replace(job.form, sound=sound))
            owned.callback(writer.abandon)
        run = _Mix(job, infos, sites, pool, decisions, writer)
        run.go(report)
        return run.finish()


def _log_file(job: MixJob, owned: ExitStack) -> Callable[[str], object] | None:
    if job.decisions is None:
        return None
    try:
        return owned.enter_context(job.decisions.open("w", encoding="utf-8")).write
    except OSError as error:
        raise BadInput("decisions", f"a file that can be written ({error})") from error


class _Run(NamedTuple):
    """Some moments, and for each site of which of them the pool finds a picture to paint."""

    moments: Sequence[tuple[Moment, Prepared | None]]
    seen: Sequence[tuple[str, Future[list[bool]]]]


class _Mix:
    """One mix while it goes on."""

    def __init__(
        self,
        job: MixJob,
        infos: Sequence[InputInfo],
        sites: Sequence[Site],
        pool: ThreadPoolExecutor,
        decisions: DecisionLog,
        writer: Writer | None,
    ) -> None:
        self._job = job
        self._sites = sites
        self._pool = pool
        self._decisions = decisions
        self._writer = writer
        changes = job.changes or (Change(0, Wanted(conference_of(job.inputs))),)
        without_video = [
            site.id for site, info in zip(sites, infos, strict=True) if not info.has_video
        ]
        seen_by = str(job.seen_by) if job.seen_by else VIEWERS
        course = Course(changes, decisions, without_video, job.fit, seen_by)
        self._moments = Moments(sites, course, job.form.fps)
        self._stage = Stage(job.form.width, job.form.height)
        self._digest = Digest() if job.hashed else None
        self._total_s = max(info.length_ns for info in infos) / NS_PER_SECOND
        self._done = 0

    def go(self, report: Report) -> None:
        """Mix to the end."""
        coming = self._begin()
        while coming.moments:
            run = coming  # the last one's canvases are free now
            seen = {site: future.result() for site, future in run.seen}
            coming = self._begin()
            for k, (moment, prepared) in enumerate(run.moments):
                self._put_out(moment, prepared, {site: at[k] for site, at in seen.items()})
            report(self._done / self._job.form.fps, self._total_s)

    def finish(self) -> MixStats:
        """Complete the file; what was done."""
        pictures = [site.pictures for site in self._sites]
        stats = MixStats(
            frames=self._done,
            seconds=self._done / self._job.form.fps,
            sound_blocks=self._moments.blocks,
            decoded=sum(reader.pictures for reader in pictures),
            scaled=sum(reader.scaled for reader in pictures),
            damaged=[site.id for site in self._sites if site.pictures.damage],
        )
        if self._writer is not None:
            stats.output_bytes = self._writer.finish()
        if self._digest is not None:
            stats.sha256_pictures = self._digest.pictures
            stats.sha256_sound = self._digest.sound
            stats.sha256_decisions = self._decisions.sha256
            stats.sha256_all = self._digest.all(self._decisions)
        return stats

    def _begin(self) -> _Run:
        """Decide the next run, and have its pictures made."""
        if not self._moments.pictures:
            self._look_ahead()
        moments = [
            (moment, None if moment.plan is None else self._stage.prepare(moment.plan))
            for moment in islice(self._moments, RUN)
        ]
        until_ns = self._moments.time_ns(RUN)
        seen = [
            (site.id, self._pool.submit(_make, site.pictures, _sights(site.id, moments), until_ns))
            for site in self._sites
        ]
        return _Run(moments, seen)

    def _look_ahead(self) -> None:
        """Find the ends that lie in the first run."""
        until_ns = self._moments.time_ns(RUN)
        for looking in [
            self._pool.submit(site.pictures.look_ahead, until_ns) for site in self._sites
        ]:
            looking.result()

    def _put_out(self, moment: Moment, prepared: Prepared | None, seen: Mapping[str, bool]) -> None:
        picture = None
        if prepared is not None:
            picture = self._stage.complete(prepared, seen, moment.at_ns)
            self._done += 1
        if self._digest is not None:
            self._digest.add(picture, moment.blocks)
        if self._writer is not None:
            self._writer.write(picture, moment.blocks)


def _sights(site: str, moments: Sequence[tuple[Moment, Prepared | None]]) -> list[Sight]:
    return [
        Sight(moment.at_ns, () if prepared is None else prepared.spots_of(site))
        for moment, prepared in moments
    ]


def _make(reader: PictureReader, sights: Sequence[Sight], until_ns: int) -> list[bool]:
    seen = reader.see(sights)
    reader.look_ahead(until_ns)
    return seen
