"""What became of the packets of a stream."""

from collections.abc import Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class ReceptionCounters:
    """What became of one stream's packets so far, over all the senders that it had.

    Packets: `received` of any kind, `bytes` of their payloads; `lost`, given up; `asked` for again,
    `repaired` of these; `late`, come after they were given up or over; `duplicates`; `malformed`
    payloads; `made` out of repair packets. `broken`: units handed on with packets missing.
    `keyframes_asked` of the sender. Now: `jitter_ns` of arrivals (RFC 3550 A.8), round trip
    `rtt_ns`, 0 while unknown.
    """

    received: int = 0
    bytes: int = 0
    lost: int = 0
    asked: int = 0
    repaired: int = 0
    late: int = 0
    duplicates: int = 0
    malformed: int = 0
    made: int = 0
    broken: int = 0
    keyframes_asked: int = 0
    jitter_ns: int = 0
    rtt_ns: int = 0


_NOW = ("jitter_ns", "rtt_ns")


def together(streams: Sequence[ReceptionCounters]) -> ReceptionCounters:
    """Of all layers of one picture: their sums; of what is now, the worst."""
    found = {}
    for field in fields(ReceptionCounters):
        values = [getattr(one, field.name) for one in streams]
        found[field.name] = max(values, default=0) if field.name in _NOW else sum(values)
    return ReceptionCounters(**found)
