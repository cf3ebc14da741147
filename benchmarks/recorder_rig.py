"""A recorder process, pre-encoded taps for it, and what it has stored: for its benches."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.ending import start
from benchmarks.process import Usage, usage
from benchmarks.tap_feed import TapFeed, TapMaterial
from mcu_core.contract.line import LineClosed
from mcu_core.media.clock import MonotonicClock
from recorder import boxes
from recorder.contract import RecorderCaller, RecorderEvent, StartRecording
from recorder.index import read_index
from recorder.tracks import TRACKS

CLOCK = MonotonicClock()
WAIT_S = 20.0
SMALL = (640, 360)
HEAD_BYTES = 8192
"""More than the boxes in front of a fragment of a quarter of a second."""


class Recorder:
    """A recorder process on a store, and a line to it."""

    def __init__(self, folder: Path, program: tuple[str, ...] = ("recorder",)) -> None:
        self.program = program
        self.events: list[RecorderEvent] = []
        self.store = folder / "store"
        self.engine = folder / "engine.sock"
        self._socket = folder / "recorder.sock"
        self._reading: asyncio.Task[None] | None = None

    async def launch(self) -> None:
        """Start it and connect."""
        self.process = await start(
            sys.executable, "-m", *self.program, "--socket", str(self._socket),
            "--store", str(self.store), "--log-level", "error",
        )  # fmt: skip
        async with asyncio.timeout(WAIT_S):
            while True:
                try:
                    self.caller = await RecorderCaller.connect(
                        self._socket, "bench", self.events.append
                    )
                    break
                except LineClosed:
                    await asyncio.sleep(0.01)
        self._reading = asyncio.create_task(self.caller.run(), name="bench line")

    async def end(self, number: signal.Signals) -> None:
        """Signal it and wait for its end."""
        self.process.send_signal(number)
        await self.gone()

    async def gone(self) -> None:
        """Wait for its end, however it comes."""
        await self.process.wait()
        await self.caller.close()
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)

    async def start(self, number: int) -> None:
        """Record conference c<number> as r<number>."""
        command = StartRecording(f"r{number}", f"c{number}", "bench", str(self.engine))
        await self.caller.call(command, WAIT_S)

    def usage(self) -> Usage:
        """What it has used so far."""
        return usage(self.process.pid)


@asynccontextmanager
async def recorder_with_feed(
    material: TapMaterial, *, bad_disk: bool = False
) -> AsyncIterator[tuple[Recorder, TapFeed]]:
    """Both, in a folder of their own; with a bad disk (benchmarks/bad_disk.py) its notes, too."""
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        words = ("benchmarks.bad_disk", name) if bad_disk else ("recorder",)
        recorder = Recorder(Path(name), words)
        feed = TapFeed(recorder.engine, CLOCK, material)
        await feed.open()
        await recorder.launch()
        try:
            yield recorder, feed
        finally:
            await feed.close()
            await recorder.end(signal.SIGTERM)


def stored(folder: Path) -> dict[str, int]:
    """How many samples of each track a recording holds, read from the heads of its fragments.

    Raises ValueError or McuError for a fragment that is not whole.
    """
    counts: dict[str, int] = {}
    for name, track in read_index(folder).tracks.items():
        with (folder / TRACKS[name].file_name).open("rb") as file:
            whole = os.fstat(file.fileno()).st_size
            for one in track.fragments:
                if one.offset + one.size > whole:
                    raise ValueError(f"a fragment of {name} is not there")
                head = os.pread(file.fileno(), min(one.size, HEAD_BYTES), one.offset)
                counts[name] = counts.get(name, 0) + len(boxes.fragment_samples(head))
    return counts
