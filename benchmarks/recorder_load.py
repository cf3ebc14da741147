"""Bar 1: many dual-stream recordings at once, for an hour if need be, with deletion behind.

Each place records one conference. When a piece of it is long enough it is stopped, all its
fragments are counted against what was sent, and the recorder deletes it, as retention would; the
next piece begins. So the disk holds one piece of each place and no more. Places change in turn.
"""

import asyncio
import os
import sys
from dataclasses import dataclass, field
from itertools import count

from benchmarks.ending import ending, until
from benchmarks.figures import figure
from benchmarks.process import Usage, usage
from benchmarks.recorder_faults import broken
from benchmarks.recorder_rig import CLOCK, WAIT_S, Recorder, recorder_with_feed, stored
from benchmarks.report import Row
from benchmarks.tap_feed import TapFeed, TapMaterial
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_SECOND
from recorder.catalogue import Catalogue
from recorder.contract import DeleteRecording, StartRecording, StopRecording
from recorder.opened import OpenedRecordings

DRAINED_S = 1.0
"""So long what was sent last may be on its way into the recorder."""

LOOK_S = 10.0


@dataclass(slots=True)
class Found:
    """What came out so far."""

    checked: int = 0
    lost: int = 0
    broken: int = 0
    units: int = 0
    bytes: int = 0
    deleted: int = 0
    refused: int = 0
    peak_mb: float = 0.0
    ended_s: float = 0.0
    cores: list[float] = field(default_factory=list)


class ManyRecordings:
    """`recordings` places in pieces of `piece_s` seconds, for `seconds` or until it is to end."""

    def __init__(self, recordings: int, seconds: float, piece_s: float) -> None:
        self._recordings = recordings
        self._seconds = seconds
        self._piece_s = piece_s
        self._found = Found()

    async def measured(self) -> list[Row]:
        """Run; the rows of what was measured by then."""
        material = await asyncio.to_thread(TapMaterial.make, (1920, 1080))
        ended = ending()
        async with recorder_with_feed(material) as (recorder, feed):
            places = range(self._recordings)
            firsts = [self._start(recorder, place, 0, ended) for place in places]
            starting = [asyncio.create_task(one, name="first start") for one in firsts]
            while len(feed.readers) < self._recordings:
                await asyncio.sleep(0.01)
            feed.begin()
            await asyncio.gather(*starting)
            before, own, begin_ns = recorder.usage(), usage(os.getpid()), CLOCK.now_ns()
            async with asyncio.TaskGroup() as group:
                for place in places:
                    group.create_task(self._record(recorder, feed, place, ended))
                await self._watch(recorder, ended)
                ended.set()
                after, own_after = recorder.usage(), usage(os.getpid())
                passed_s = (CLOCK.now_ns() - begin_ns) / NS_PER_SECOND
        return self._rows(passed_s, (before, after), (own, own_after))

    async def _record(
        self, recorder: Recorder, feed: TapFeed, place: int, ended: asyncio.Event
    ) -> None:
        """One place, piece after piece; the first is shorter so that they change in turn."""
        for piece in count():
            if piece and not await self._start(recorder, place, piece, ended):
                return
            share = (place + 1) / self._recordings if piece == 0 else 1.0
            over = await until(ended, share * self._piece_s)
            reader = feed.hush(f"c{place}")
            await asyncio.sleep(DRAINED_S)
            name = f"r{place}-{piece}"
            await self._end(recorder, name)
            await asyncio.to_thread(self._check, recorder, name, reader.sent)
            await recorder.caller.call(DeleteRecording(name), WAIT_S)
            self._found.deleted += 1
            if over:
                return

    async def _start(
        self, recorder: Recorder, place: int, piece: int, ended: asyncio.Event
    ) -> bool:
        """A start that is refused is counted, and made again, as whoever asked for it would; false
        when it is to end before."""
        command = StartRecording(f"r{place}-{piece}", f"c{place}", "bench", str(recorder.engine))
        while True:
            try:
                await recorder.caller.call(command, WAIT_S)
            except Refused as error:
                self._found.refused += 1
                sys.stderr.write(f"place {place}: {error}\n")
            else:
                return True
            if await until(ended, DRAINED_S):
                return False

    async def _end(self, recorder: Recorder, name: str) -> None:
        """Stop it, and look how long until it can be watched as a whole."""
        begin_ns = CLOCK.now_ns()
        await recorder.caller.call(StopRecording(name), WAIT_S)
        opened = OpenedRecordings(Catalogue(recorder.store))
        body = await asyncio.to_thread(opened.manifest, name)
        assert b'"live":false' in body
        ended_s = (CLOCK.now_ns() - begin_ns) / NS_PER_SECOND
        self._found.ended_s = max(self._found.ended_s, ended_s)

    def _check(self, recorder: Recorder, name: str, sent: dict[str, int]) -> None:
        folder, found = recorder.store / name, self._found
        found.broken += broken(folder)
        counts = stored(folder)
        found.checked += 1
        found.units += sum(sent.values())
        found.lost += sum(abs(sent[track] - counts.get(track, 0)) for track in sent)
        found.bytes += sum(file.stat().st_size for file in folder.iterdir())

    async def _watch(self, recorder: Recorder, ended: asyncio.Event) -> None:
        """Look every ten seconds, and say how far it is."""
        begin_ns = CLOCK.now_ns()
        before, passed_s = recorder.usage(), 0.0
        while passed_s < self._seconds:
            over = await until(ended, min(LOOK_S, self._seconds - passed_s))
            now, at_s = recorder.usage(), (CLOCK.now_ns() - begin_ns) / NS_PER_SECOND
            found = self._found
            found.peak_mb = max(found.peak_mb, now.rss_mb)
            found.cores.append((now.cpu_s - before.cpu_s) / max(0.1, at_s - passed_s))
            before, passed_s = now, at_s
            sys.stderr.write(
                f"{passed_s:5.0f} of {self._seconds:.0f} s: {found.checked} recordings checked,"
                f" {found.lost} of {found.units} units lost, {found.cores[-1]:.2f} cores,"
                f" {now.rss_mb:.0f} MB, {now.threads} threads, {now.descriptors} files\n"
            )
            if over:
                return

    def _rows(
        self, passed_s: float, recorder: tuple[Usage, Usage], own: tuple[Usage, Usage]
    ) -> list[Row]:
        found, (before, after) = self._found, recorder
        of = f"{self._recordings} dual-stream recordings at 1080p30 for {passed_s:.0f} s"
        return [
            figure(f"{of}: units lost of {found.units}", found.lost, "0"),
            figure("starts refused, and made again", found.refused, "0"),
            figure("fragments that overlap or cannot be read", found.broken, "0"),
            figure("recordings checked, all units counted, and deleted behind", found.deleted),
            figure("cores of the recorder", (after.cpu_s - before.cpu_s) / passed_s, "0.6"),
            figure("the same, the busiest ten seconds", max(found.cores, default=0.0)),
            figure("its resident memory, MB, most", found.peak_mb, "600"),
            figure("the same, grown from the first look to the last", after.rss_mb - before.rss_mb),
            figure("to be watched as a whole after stop, s, worst", found.ended_s, "2"),
            figure("written, MB/s", found.bytes / passed_s / 1e6),
            figure(
                "cores of the feed and the check, not counted",
                (own[1].cpu_s - own[0].cpu_s) / passed_s,
            ),
        ]


async def many(recordings: int, seconds: float, piece_s: float) -> list[Row]:
    """So many at once for so long, cut into pieces that are checked and deleted."""
    return await ManyRecordings(recordings, seconds, piece_s).measured()
