"""The sound encoders of one conference: each distinct mix once per form, for all who hear it."""

from collections.abc import Collection
from dataclasses import dataclass

from mcu_core.conference.audibility import EVERYTHING, NOTHING, mix_of
from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.endpoints.endpoint import Endpoint
from mcu_core.engine.seat import Seat
from mcu_core.kernels.sound import SEGMENT
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.sound import BLOCK_NS, SAMPLE_RATE, Block, silence
from mcu_core.media.units import AudioForm, EncodedUnit
from mcu_core.mixer.bus import MixResult

IDLE_ENCODER_NS = 2 * NS_PER_SECOND

MIX_DELAY_NS = SEGMENT * NS_PER_SECOND // SAMPLE_RATE
"""What comes out of a mix is that much older: its limiter looks ahead."""

Delivery = list[tuple[EncodedUnit, tuple[Endpoint, ...]]]


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


_Groups = list[tuple[AudioForm, str, tuple[Endpoint, ...]]]


class SoundOutputs:
    """Encodes for the listeners; belongs to the sound thread, but for `running`."""

    def __init__(self) -> None:
        self._encodings: dict[tuple[AudioForm, str], _Encoding] = {}
        self._silence = self._before = silence()
        self._grouped: tuple[Listener, ...] = ()
        self._forms: list[AudioForm] = []
        self._apart: Collection[str] = ()
        self._groups: _Groups = []

    def running(self) -> list[tuple[AudioForm, str, int, int]]:
        """The running encoders: form, mix, readers, units so far."""
        return [
            (form, mix, encoding.readers, encoding.units)
            for (form, mix), encoding in list(self._encodings.items())
        ]

    def encode(
        self,
        mixes: MixResult,
        listeners: tuple[Listener, ...],
        apart: Collection[str],
        now_ns: int,
    ) -> Delivery:
        """Encode this block for all; `apart` are the sites who must not hear the whole sum."""
        delivery: Delivery = []
        for form, mix, endpoints in self._group(listeners, apart):
            encoding = self._encoding(form, mix, now_ns)
            encoding.readers = len(endpoints)
            unit = encoding.encoder.encode(self._block(mixes, mix), now_ns - MIX_DELAY_NS)
            if unit is not None:
                encoding.units += 1
                delivery.append((unit, endpoints))
        self._drop_idle(now_ns)
        self._before = mixes.total
        return delivery

    def close(self) -> None:
        """Let all encoders go."""
        for encoding in self._encodings.values():
            encoding.encoder.close()
        self._encodings.clear()

    def _group(self, listeners: tuple[Listener, ...], apart: Collection[str]) -> _Groups:
        """Who hears what in which form; the same as before while nothing has changed."""
        # Forms change where packets get lost.
        forms = [listener.endpoint.audio_out or listener.form for listener in listeners]
        if listeners is self._grouped and forms == self._forms and apart == self._apart:
            return self._groups
        readers: dict[tuple[AudioForm, str], list[Endpoint]] = {}
        for listener, form in zip(listeners, forms, strict=True):
            mix = _mix_heard(listener.seat, apart)
            readers.setdefault((form, mix), []).append(listener.endpoint)
        self._groups = [(form, mix, tuple(ends)) for (form, mix), ends in readers.items()]
        self._grouped, self._forms, self._apart = listeners, forms, apart
        return self._groups

    def _block(self, mixes: MixResult, mix: str) -> Block:
        if mix == NOTHING:
            return self._silence
        return mixes.total if mix == EVERYTHING else mixes.without(mix)

    def _encoding(self, form: AudioForm, mix: str, now_ns: int) -> _Encoding:
        encoding = self._encodings.get((form, mix))
        if encoding is None:
            encoding = self._encodings[form, mix] = _Encoding(AudioEncoder(form), now_ns)
            # Else it would begin with the silence of its look-ahead: a hole where it takes over.
            encoding.encoder.encode(self._before, now_ns - MIX_DELAY_NS - BLOCK_NS)
        encoding.used_ns = now_ns
        return encoding

    def _drop_idle(self, now_ns: int) -> None:
        for key, encoding in list(self._encodings.items()):
            if now_ns - encoding.used_ns > IDLE_ENCODER_NS:
                encoding.encoder.close()
                del self._encodings[key]


def _mix_heard(seat: Seat | None, apart: Collection[str]) -> str:
    if seat is None:
        return EVERYTHING
    return mix_of(seat.definition.id, seat.definition.quiet, seat.definition.id in apart)
