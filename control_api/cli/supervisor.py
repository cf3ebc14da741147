"""The parent of all processes: starts them, starts again what dies, ends them in order."""

import asyncio
import ctypes
import signal
from dataclasses import dataclass, field

import structlog

from mcu_core.media.clock import NS_PER_SECOND, Clock, MonotonicClock

log = structlog.get_logger()

SHORT_LIFE_NS = 2 * NS_PER_SECOND
"""A process that lived shorter than this is started again with a growing pause."""

PAUSES_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
END_S = 10.0
WRONGLY_ASKED = 2
"""A process that ends so at its first start has told what is wrong with its options or settings,
and would again. Later it is started like any other: who runs beside it has conferences by then."""

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A process to keep alive: its name in logs and its command line."""

    name: str
    command: tuple[str, ...]


def pause_s(short_lives: int) -> float:
    """How long to wait before the next start after so many short lives in a row."""
    return PAUSES_S[min(short_lives, len(PAUSES_S) - 1)]


def _die_with_parent() -> None:
    """In the child, before its program: be ended when the supervisor is killed (prctl(2))."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(slots=True)
class Child:
    """One kept process; `run` starts it again and again until `stop`."""

    spec: ChildSpec
    clock: Clock
    starts: int = 0
    wrongly_asked: bool = False
    _process: asyncio.subprocess.Process | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> None:
        """Keep the process alive until `stop`; returns when it is gone, or was wrongly asked."""
        short_lives = 0
        while not self._stopping.is_set():
            started_ns = self.clock.now_ns()
            # preexec_fn is safe here: this process has one thread and no locks to inherit.
            process = await asyncio.create_subprocess_exec(
                *self.spec.command, preexec_fn=_die_with_parent, start_new_session=True
            )
            self._process = process
            self.starts += 1
            log.info("process started", name=self.spec.name, pid=process.pid)
            code = await process.wait()
            if self._stopping.is_set():
                return
            if code == WRONGLY_ASKED and self.starts == 1:
                self.wrongly_asked = True
                return
            lived_ns = self.clock.now_ns() - started_ns
            short_lives = short_lives + 1 if lived_ns < SHORT_LIFE_NS else 0
            log.warning(
                "process died", name=self.spec.name, code=code, lived_s=lived_ns / NS_PER_SECOND
            )
            await self._wait(pause_s(short_lives))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def stop(self) -> None:
        """Ask the process to end, make it end after a while, wait for it; safe twice."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(END_S):
                await process.wait()
        except TimeoutError:
            log.error("process did not end in time", name=self.spec.name)
            process.kill()
            await process.wait()


async def supervise(specs: list[ChildSpec], stopping: asyncio.Event) -> str:
    """Keep all processes alive until `stopping` is set, then end them, last started first.

    They also end when one of them was wrongly asked, whose name is returned; else nothing is.
    """
    clock = MonotonicClock()
    children = [Child(spec, clock) for spec in specs]

    async def keep(child: Child) -> None:
        await child.run()
        if child.wrongly_asked:
            stopping.set()

    async with asyncio.TaskGroup() as keepers:
        for child in children:
            keepers.create_task(keep(child), name=child.spec.name)
        await stopping.wait()
        for child in reversed(children):
            await child.stop()
    return next((child.spec.name for child in children if child.wrongly_asked), "")
