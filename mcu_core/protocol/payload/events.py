"""Keys pressed on a telephone, told as events beside its sound (RFC 4733)."""

from mcu_core.protocol.sequence import timestamp_delta

ENCODING = "telephone-event"
KEYS = "0123456789*#ABCD"
EVENTS = "0-15"
"""What we take, as format parameters say it (RFC 4733 2.4.1): the keys."""

_EVENT_BYTES = 4
_TIMESTAMPS = 1 << 32


class KeyPresses:
    """Each press once, however many packets tell of it; not thread-safe."""

    def __init__(self) -> None:
        self.malformed = 0
        self._event: int | None = None
        self._timestamp = 0
        self._duration = 0

    def push(self, payload: bytes, timestamp: int) -> str:
        """The key whose press begins with this packet, one of KEYS; mostly none.

        The first packet of a press tells it, whichever arrives: all of them have its timestamp. A
        key held for long goes on in segments, each beginning where the last one ended (2.5.1.3).
        """
        if len(payload) < _EVENT_BYTES:
            self.malformed += 1
            return ""
        event, duration = payload[0], int.from_bytes(payload[2:4])
        if event >= len(KEYS):
            return ""
        if self._event is not None:
            later = timestamp_delta(timestamp, self._timestamp)
            if later <= 0:
                self._duration = max(self._duration, duration if not later else 0)
                return ""
            if event == self._event and later == self._duration:
                self._timestamp, self._duration = timestamp, duration
                return ""
        self._event, self._timestamp, self._duration = event, timestamp % _TIMESTAMPS, duration
        return KEYS[event]
