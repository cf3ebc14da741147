"""Tapes: a loop of coded media, cut into RTP payloads once, that senders read from memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcu_core.errors import BadInput
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import Codec, Kind, codec_named

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tape:
    """Units (pictures, 20 ms of sound) one after another, `per_second` of them, without end.

    The payloads of unit n are `data[starts[k] : starts[k + 1]]` for k from `first[n]` up to
    `first[n + 1]`. `codec` is empty for packets that are sent as they are, without an RTP header.
    """

    codec: str
    per_second: int
    data: Bytes
    starts: Numbers
    first: Numbers

    @classmethod
    def of(cls, codec: Codec | None, per_second: int, units: Sequence[Sequence[bytes]]) -> "Tape":
        """A tape of these payloads, in the order of units."""
        payloads = [payload for unit in units for payload in unit]
        ends = np.cumsum([len(payload) for payload in payloads], dtype=np.int64)
        counts = np.cumsum([len(unit) for unit in units], dtype=np.int64)
        zero = np.zeros(1, np.int64)
        return cls(
            codec.name if codec is not None else "",
            per_second,
            np.frombuffer(b"".join(payloads), np.uint8),
            np.concatenate([zero, ends]),
            np.concatenate([zero, counts]),
        )

    @property
    def units(self) -> int:
        """How many units one loop has."""
        return len(self.first) - 1

    @property
    def raw(self) -> bool:
        """Whether its packets go out without a header of ours."""
        return not self.codec

    @property
    def form(self) -> Codec | None:
        """The codec, None for raw packets."""
        return codec_named(self.codec) if self.codec else None

    @property
    def ticks(self) -> int:
        """RTP clock ticks from one unit to the next."""
        form = self.form
        return form.rtp_clock // self.per_second if form is not None else 0

    @property
    def is_video(self) -> bool:
        """Whether its units are pictures."""
        form = self.form
        return form is not None and form.kind is Kind.VIDEO

    @property
    def bitrate_bps(self) -> float:
        """Bits of payload a second."""
        return 8 * len(self.data) * self.per_second / self.units

    @property
    def loop_ns(self) -> int:
        """How long one loop lasts."""
        return self.units * NS_PER_SECOND // self.per_second

    def payloads(self, unit: int) -> list[bytes]:
        """The payloads of one unit of the loop."""
        first, end = self.first[unit], self.first[unit + 1]
        return [self.data[self.starts[k] : self.starts[k + 1]].tobytes() for k in range(first, end)]

    def save(self, path: Path) -> None:
        """Write it to a file that has its name only when it is whole."""
        partial = path.with_suffix(".part.npz")
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            partial,
            codec=np.array(self.codec),
            per_second=np.array(self.per_second),
            data=self.data,
            starts=self.starts,
            first=self.first,
        )
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Tape":
        """Read what `save` wrote; raises BadInput."""
        try:
            with np.load(path) as kept:
                return cls(
                    str(kept["codec"]),
                    int(kept["per_second"]),
                    kept["data"],
                    kept["starts"],
                    kept["first"],
                )
        except (OSError, KeyError, ValueError) as error:
            raise BadInput("tape", f"a file of packets ({error})") from error


@dataclass(frozen=True, slots=True)
class Reel:
    """All tapes of a run in one piece of memory, as the native loops read them.

    Tape t has units `first_unit[t]` up to `first_unit[t + 1]`; the rest is as in Tape.
    """

    data: Bytes
    starts: Numbers
    first: Numbers
    first_unit: Numbers

    @classmethod
    def of(cls, tapes: Sequence[Tape]) -> "Reel":
        """The tapes behind one another."""
        starts, first, first_unit = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)], [0]
        octets = packets = 0
        for tape in tapes:
            starts.append(tape.starts[1:] + octets)
            first.append(tape.first[1:] + packets)
            first_unit.append(first_unit[-1] + tape.units)
            octets += len(tape.data)
            packets += len(tape.starts) - 1
        data = [tape.data for tape in tapes] or [np.zeros(0, np.uint8)]
        return cls(
            np.concatenate(data),
            np.concatenate(starts),
            np.concatenate(first),
            np.array(first_unit, np.int64),
        )
