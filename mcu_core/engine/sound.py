"""The sound side of one conference: each 20 ms mix once, encode each distinct mix once."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

from mcu_core.conference.audibility import Apart
from mcu_core.contract.definition import VoiceSwitching
from mcu_core.engine.notice import NO_NOTICE, Notice, tones
from mcu_core.engine.seat import Seat
from mcu_core.engine.sound_outputs import Delivery, Listener, SoundOutputs
from mcu_core.engine.tick_thread import TickThread
from mcu_core.engine.ticks import Ticker
from mcu_core.ingress.audio import AudioIngress
from mcu_core.media.clock import Clock
from mcu_core.media.sound import BLOCK_NS, Block
from mcu_core.media.units import AudioForm
from mcu_core.mixer.level import SILENCE_DBOV
from mcu_core.mixer.room import Room, Setting
from mcu_core.mixer.speech import Speech

TICKS_PER_LEVELS = 5
CATCH_UP_TICKS = 10
PROMPT = "\0prompt"

__all__ = ["Listener", "SoundLoop"]


class SoundLoop:
    """Mixes every 20 ms, finds the speaker, and hands encoded sound to the event loop.

    `seats`, `listeners`, `pans` and `loudest` are replaced whole by the event loop and read once
    per tick; a seat's definition is read when `seats` is replaced. `pans` places mono sites between
    the loudspeakers, -1 (left) .. 1; `loudest` is how many sites are heard at once, 0 for all.
    `speech_changed` and `levels` are called on the event loop.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        thread: TickThread,
        speech_changed: Callable[[Speech], None],
        levels: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.seats: tuple[Seat, ...] = ()
        self.listeners: tuple[Listener, ...] = ()
        self.pans: Mapping[str, float] = {}
        self.loudest = 0
        self._speech_changed = speech_changed
        self._levels = levels
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._room = Room()
        self._apart = Apart()
        self._outputs = SoundOutputs()
        self._speech = Speech()
        self._known: tuple[Seat, ...] = ()
        self._settings: dict[str, Setting] = {}
        self._sources: list[tuple[str, AudioIngress]] = []
        self._prompt: Iterator[Block] = iter(())
        self._notice = NO_NOTICE
        self.ticker = Ticker(
            f"sound {name}",
            clock,
            thread,
            BLOCK_NS,
            self._tick,
            self._report_failure,
            CATCH_UP_TICKS,
        )

    def start(self) -> None:
        """Begin to mix."""
        self.ticker.start()

    async def stop(self) -> None:
        """End the tick, wait for it, close the encoders."""
        await asyncio.to_thread(self.ticker.stop)
        self._outputs.close()

    def set_voice(self, voice: VoiceSwitching) -> None:
        """Switch by this rule from the next tick on."""
        self._room.configure(voice)

    def announce(self, notice: Notice) -> None:
        """Let everybody hear two tones, from the next tick on, if this is a new notice."""
        if notice.strip is not None and notice != self._notice:
            self._prompt = iter(tones())
        self._notice = notice

    def outputs(self) -> list[tuple[AudioForm, str, int, int]]:
        """The running encoders: form, mix, readers, units so far."""
        return self._outputs.running()

    def _report_failure(self, error: Exception) -> None:
        self._loop.call_soon_threadsafe(self._failed, error)

    def _tick(self, deadline_ns: int) -> None:
        seats, listeners = self.seats, self.listeners
        if seats is not self._known:
            self._know(seats)
        self._room.places, self._room.pans = self.loudest, self.pans
        blocks, unheard = self._pull(deadline_ns)
        heard = self._room.mix(blocks, self._settings, deadline_ns, unheard)
        apart = self._apart.note(heard.sounding, deadline_ns)
        delivery = self._outputs.encode(heard.mixes, listeners, apart, deadline_ns)
        if delivery:
            self._loop.call_soon_threadsafe(_deliver, delivery)
        for seat in seats:
            seat.level_dbov = heard.levels[seat.definition.id]
        if heard.speech != self._speech:
            self._speech = heard.speech
            self._loop.call_soon_threadsafe(self._speech_changed, heard.speech)
        if self.ticker.ticks % TICKS_PER_LEVELS == 0:
            self._loop.call_soon_threadsafe(self._levels)

    def _know(self, seats: tuple[Seat, ...]) -> None:
        settings = {seat.definition.id: _setting(seat) for seat in seats}
        settings[PROMPT] = Setting(always=True)
        if settings != self._settings:
            self._settings = settings
        self._sources = [(seat.definition.id, seat.audio) for seat in seats]
        self._known = seats

    def _pull(self, now_ns: int) -> tuple[dict[str, Block], dict[str, float]]:
        """A block of each site that sounds, and the levels of those that need not be decoded."""
        blocks: dict[str, Block] = {}
        unheard: dict[str, float] = {}
        for site, audio in self._sources:
            if audio.doze():
                unheard[site] = SILENCE_DBOV
                continue
            level = audio.level_dbov
            if level is None or self._room.wants(site, level):
                block = audio.pull(now_ns)
            else:
                block = audio.skip(now_ns)
                unheard[site] = level
            if block is not None:
                blocks[site] = block
        tone = next(self._prompt, None)
        if tone is not None:
            blocks[PROMPT] = tone
            unheard[PROMPT] = SILENCE_DBOV  # nobody who speaks
        return blocks, unheard


def _setting(seat: Seat) -> Setting:
    definition = seat.definition
    return Setting(
        gain=10 ** (definition.gain_db / 20),
        muted=definition.muted,
        auto_gain=definition.auto_gain,
        noise_gate=definition.noise_gate,
    )


def _deliver(delivery: Delivery) -> None:
    for unit, endpoints in delivery:
        for endpoint in endpoints:
            endpoint.send_audio(unit)
