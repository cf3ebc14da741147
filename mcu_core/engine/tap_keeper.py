"""The life of a conference's taps: opened for the first reader, closed after the last."""

import asyncio
from collections.abc import Awaitable, Callable

from mcu_core.conference.direction import RECORDER, VIEWERS
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.endpoints.endpoint import Endpoint
from mcu_core.engine.named_tasks import NamedTasks
from mcu_core.engine.tap import SOUND_FORM, ConferenceTap
from mcu_core.engine.tap_forms import small_form, tapped_form
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.negotiation.receivable import NO_LIMIT

IDLE_NS = 10 * NS_PER_SECOND


class TapKeeper:
    """At most two taps: of what viewers see, and of what is recorded.

    `opening`, with the name of who watches by it, and `opened` are called for one more, `closed`
    for one less.
    """

    def __init__(
        self,
        clock: Clock,
        tasks: NamedTasks,
        opening: Callable[[str, ConferenceTap], None],
        opened: Callable[[ConferenceTap], None],
        closed: Callable[[ConferenceTap], Awaitable[None]],
    ) -> None:
        self._taps: dict[str, ConferenceTap] = {}
        self._clock = clock
        self._tasks = tasks
        self._opening = opening
        self._opened = opened
        self._closed = closed

    @property
    def readers(self) -> list[tuple[str, Endpoint]]:
        """The open taps, each with the name of who watches by it."""
        return list(self._taps.items())

    def open(self, definition: ConferenceDefinition, *, recorded: bool) -> ConferenceTap:
        """The tap of what is recorded, or of what viewers see, made if there is none."""
        name = RECORDER if recorded else VIEWERS
        if name not in self._taps:
            encoder = AudioEncoder(SOUND_FORM)
            config = encoder.config()
            encoder.close()
            form = tapped_form(definition, recorded=recorded)
            stem = "recorder tap" if recorded else "tap"
            tap = ConferenceTap(form, config, self._clock, stem)
            tap.small.video_out = small_form(definition) if recorded else None
            self._opening(name, tap)
            self._taps[name] = tap
            self._opened(tap)
            self._tasks.run(_watch_of(tap), self._watch(name, tap))
        return self._taps[name]

    def reform(self, definition: ConferenceDefinition) -> list[ConferenceTap]:
        """Give the taps the forms of this definition; those that have another one now."""
        other = []
        for name, tap in self._taps.items():
            form = tapped_form(definition, recorded=name == RECORDER)
            if form != tap.video_out:
                tap.set_form(form, NO_LIMIT)
                other.append(tap)
            if name == RECORDER:
                tap.small.video_out = small_form(definition)
        return other

    async def _watch(self, name: str, tap: ConferenceTap) -> None:
        while (idle_ns := tap.idle_ns()) < IDLE_NS:
            await asyncio.sleep((IDLE_NS - idle_ns) / NS_PER_SECOND)
        if self._taps.get(name) is tap:
            del self._taps[name]
            await self._closed(tap)

    async def stop(self) -> None:
        """Close the taps and wait for them; safe twice."""
        taps, self._taps = list(self._taps.values()), {}
        for tap in taps:
            await self._tasks.end(_watch_of(tap))
            await self._closed(tap)
            await tap.stop()


def _watch_of(tap: ConferenceTap) -> str:
    return f"{tap.id} watch"
