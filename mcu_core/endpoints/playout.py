"""Playout: gives units to a site's ingress, each at its moment, out of a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Protocol

import structlog
from msgspec import structs

from mcu_core.endpoints.endpoint import Intake
from mcu_core.errors import McuError
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock
from mcu_core.media.codec import Kind
from mcu_core.media.priority import Niceness, prefer
from mcu_core.media.units import AccessUnit

log = structlog.get_logger()

SLIP_NS = 500 * NS_PER_MS
"""Later than this, the rest is moved to later instead of being sent in a burst."""


class UnitSource(Protocol):
    """Something that makes coded units one by one, whenever it is asked."""

    def units(self) -> Generator[AccessUnit, None, None]:
        """Units by their `stamp_ns`, which counts from 0; may raise McuError. Runs in a thread."""


class Playout:
    """Plays a UnitSource against the clock, by absolute deadlines.

    Pictures are pushed from its thread, sound from the event loop, as the ingresses want them.
    `ended(reason)` is called on the event loop when the source has no more (empty reason) or
    broke, not after `stop`. The thread is owned here: `stop` waits for it.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        intake: Intake,
        source: UnitSource,
        ended: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._intake = intake
        self._source = source
        self._ended = ended
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"playout-{name}", daemon=False)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.units = 0
        self.slips = 0
        """How often it came so late that the time line had to be moved."""

    def start(self) -> None:
        """Start playing now; call on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """End the thread and wait for it; safe twice, and before `start`."""
        self._stopping.set()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        prefer(Niceness.CODECS)
        reason = ""
        try:
            self._play()
        except McuError as error:
            log.warning("playout ended", source=self._thread.name, reason=str(error))
            reason = str(error)
        except Exception:  # outermost loop of its owner: log once, report, end
            log.exception("playout failed", source=self._thread.name)
            reason = "it broke; see the log"
        if not self._stopping.is_set():
            self._on_loop(self._finish, reason)

    def _play(self) -> None:
        start_ns = self._clock.now_ns()
        with closing(self._source.units()) as units:
            for unit in units:
                behind_ns = self._clock.now_ns() - start_ns - unit.stamp_ns
                if behind_ns > SLIP_NS:
                    self.slips += 1
                    start_ns += behind_ns
                elif behind_ns < 0 and self._stopping.wait(-behind_ns / NS_PER_SECOND):
                    return
                if self._stopping.is_set():
                    return
                self._deliver(structs.replace(unit, stamp_ns=start_ns + unit.stamp_ns))

    def _deliver(self, unit: AccessUnit) -> None:
        self.units += 1
        if unit.codec.kind is Kind.VIDEO:
            if self._intake.video is not None:
                self._intake.video.push(unit)
        elif self._intake.audio is not None:
            self._on_loop(self._intake.audio.push, unit)

    def _on_loop(self, call: Callable[..., object], *arguments: object) -> None:
        loop = self._loop
        # A loop that was closed without `stop` has nobody left who could want the call.
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(call, *arguments)

    def _finish(self, reason: str) -> None:
        if not self._stopping.is_set():
            self._ended(reason)
