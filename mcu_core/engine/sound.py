"""The sound side of one conference: each 20 ms mix once, encode each distinct mix once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from mcu_core.conference.audibility import EVERYTHING, NOTHING, mix_of
from mcu_core.contract.definition import VoiceSwitching
from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.endpoints.endpoint import Endpoint
from mcu_core.engine.priority import Niceness
from mcu_core.engine.seat import SILENCE_DBOV, Seat
from mcu_core.engine.ticks import Ticker
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.sound import BLOCK_NS, Block, silence
from mcu_core.media.units import AudioForm, EncodedUnit
from mcu_core.mixer.bus import Bus, MixResult
from mcu_core.mixer.hearing import Hearing
from mcu_core.mixer.speech import SpeakerDetector, Speech

SOUND_DBOV = -80.0
"""What is quieter than this counts as no sound at all."""

TICKS_PER_LEVELS = 5
IDLE_ENCODER_NS = 2 * NS_PER_SECOND
CATCH_UP_TICKS = 10


@dataclass(frozen=True, slots=True)
class Listener:
    """Who gets sound: an endpoint and the seat it belongs to (None: a viewer or the recorder)."""

    endpoint: Endpoint
    form: AudioForm
    seat: Seat | None


@dataclass(slots=True)
class _Encoding:
    encoder: AudioEncoder
    used_ns: int
    units: int = 0
    readers: int = 0


Delivery = list[tuple[EncodedUnit, tuple[Endpoint, ...]]]


class SoundLoop:
    """Mixes every 20 ms, finds the speaker, and hands encoded sound to the event loop.

    `seats` and `listeners` are replaced whole by the event loop and read once per tick.
    `speech_changed` and `levels` are called on the event loop.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        speech_changed: Callable[[Speech], None],
        levels: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.seats: tuple[Seat, ...] = ()
        self.listeners: tuple[Listener, ...] = ()
        self._clock = clock
        self._speech_changed = speech_changed
        self._levels = levels
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._bus = Bus()
        self._hearing = Hearing()
        self._detector = SpeakerDetector()
        self._speech = Speech()
        self._silence = self._before = silence()
        self._encodings: dict[tuple[AudioForm, str], _Encoding] = {}
        self.ticker = Ticker(
            f"sound {name}",
            clock,
            BLOCK_NS,
            self._tick,
            self._report_failure,
            CATCH_UP_TICKS,
            Niceness.SOUND,
        )

    def start(self) -> None:
        """Begin to mix."""
        self.ticker.start()

    async def stop(self) -> None:
        """End the tick, wait for it, close the encoders."""
        await asyncio.to_thread(self.ticker.stop)
        for encoding in self._encodings.values():
            encoding.encoder.close()
        self._encodings.clear()

    def set_voice(self, voice: VoiceSwitching) -> None:
        """Switch by this rule from the next tick on."""
        self._detector.configure(voice)

    def outputs(self) -> list[tuple[AudioForm, str, int, int]]:
        """The running encoders: form, mix, readers, units so far."""
        return [
            (form, mix, encoding.readers, encoding.units)
            for (form, mix), encoding in list(self._encodings.items())
        ]

    def _report_failure(self, error: Exception) -> None:
        self._loop.call_soon_threadsafe(self._failed, error)

    def _tick(self, deadline_ns: int) -> None:
        seats, listeners = self.seats, self.listeners
        blocks = self._pull(seats, deadline_ns)
        result = self._mix(seats, blocks, deadline_ns)
        delivery = self._encode(result, listeners, deadline_ns)
        if delivery:
            self._loop.call_soon_threadsafe(_deliver, delivery)
        self._follow_speech(seats, blocks, deadline_ns)
        if self.ticker.ticks % TICKS_PER_LEVELS == 0:
            self._loop.call_soon_threadsafe(self._levels)

    @staticmethod
    def _pull(seats: tuple[Seat, ...], now_ns: int) -> dict[str, Block]:
        pulled = ((seat.definition.id, seat.audio.pull(now_ns)) for seat in seats)
        return {site: block for site, block in pulled if block is not None}

    def _mix(self, seats: tuple[Seat, ...], blocks: dict[str, Block], now_ns: int) -> MixResult:
        gains: dict[str, float] = {}
        for seat in seats:
            definition = seat.definition
            gains[definition.id] = 0.0 if definition.muted else 10 ** (definition.gain_db / 20)
        result = self._bus.mix(blocks, gains)
        for seat in seats:
            seat.level_dbov = result.levels.get(seat.definition.id, SILENCE_DBOV)
            if seat.level_dbov > SOUND_DBOV and not seat.definition.muted:
                seat.sounded_ns = now_ns
        return result

    def _encode(self, result: MixResult, listeners: tuple[Listener, ...], now_ns: int) -> Delivery:
        readers: dict[tuple[AudioForm, str], list[Endpoint]] = {}
        for listener in listeners:
            mix = _mix_heard(listener.seat, now_ns)
            form = listener.endpoint.audio_out or listener.form  # it changes where packets get lost
            readers.setdefault((form, mix), []).append(listener.endpoint)
        delivery: Delivery = []
        for (form, mix), endpoints in readers.items():
            encoding = self._encoding(form, mix, now_ns)
            encoding.readers = len(endpoints)
            unit = encoding.encoder.encode(self._block(result, mix), now_ns)
            if unit is not None:
                encoding.units += 1
                delivery.append((unit, tuple(endpoints)))
        self._drop_idle(now_ns)
        self._before = result.total
        return delivery

    def _block(self, result: MixResult, mix: str) -> Block:
        if mix == NOTHING:
            return self._silence
        return result.total if mix == EVERYTHING else result.without(mix)

    def _encoding(self, form: AudioForm, mix: str, now_ns: int) -> _Encoding:
        encoding = self._encodings.get((form, mix))
        if encoding is None:
            encoding = self._encodings[form, mix] = _Encoding(AudioEncoder(form), now_ns)
            # Else it would begin with the silence of its look-ahead: a hole where it takes over.
            encoding.encoder.encode(self._before, now_ns - BLOCK_NS)
        encoding.used_ns = now_ns
        return encoding

    def _drop_idle(self, now_ns: int) -> None:
        for key, encoding in list(self._encodings.items()):
            if now_ns - encoding.used_ns > IDLE_ENCODER_NS:
                encoding.encoder.close()
                del self._encodings[key]

    def _follow_speech(
        self, seats: tuple[Seat, ...], blocks: dict[str, Block], now_ns: int
    ) -> None:
        levels = {seat.definition.id: seat.level_dbov for seat in seats}
        muted = {seat.definition.id for seat in seats if seat.definition.muted}
        unvoiced = self._hearing.unvoiced(blocks, levels)
        speech = self._detector.push(levels, now_ns, unvoiced, muted)
        if speech is not self._speech:
            self._speech = speech
            self._loop.call_soon_threadsafe(self._speech_changed, speech)


def _mix_heard(seat: Seat | None, now_ns: int) -> str:
    if seat is None:
        return EVERYTHING
    definition = seat.definition
    return mix_of(definition.id, definition.quiet, seat.sounded_ns, now_ns)


def _deliver(delivery: Delivery) -> None:
    for unit, endpoints in delivery:
        for endpoint in endpoints:
            endpoint.send_audio(unit)
