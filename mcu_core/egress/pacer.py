"""Packets of one receiver leave no faster than its path bears, where that is little."""

from collections import deque
from collections.abc import Callable

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.protocol.rtp import Burst

WIRE_BYTES = 40
"""Headers of each packet that count with its payload: RTP, UDP and IP."""

AT_ONCE_NS = 20 * NS_PER_MS
"""What leaves at once: as much as the time until the pacer is asked again."""

AT_ONCE_BYTES = 1500
MOST_WAITING_NS = 1500 * NS_PER_MS
"""More than this much of the path's time waits for nobody: a keyframe on a thin path takes half a
second."""

MOST_AGAIN_NS = 100 * NS_PER_MS
"""What is to be sent again waits in front of all else, no more than this much of the path's time:
what has no place there is asked for once more."""


class Pacer:
    """Holds bursts back; `dropped` counts packets that waited too long for their turn.

    What is sent again goes first: a whole picture, and all after it, wait for it over there.
    `bitrate_bps`: how fast they leave at most, headers included; 0 for at once. `send` and `tick`
    belong to the event loop.
    """

    def __init__(
        self,
        transmit: Callable[[Burst, int], None],
        transmit_again: Callable[[Burst, int], None] | None = None,
    ) -> None:
        self.bitrate_bps = 0
        self.dropped = 0
        self._transmit = transmit
        self._transmit_again = transmit_again or transmit
        self._waiting: deque[Burst] = deque()
        self._bytes = 0
        self._again: deque[Burst] = deque()
        self._again_bytes = 0
        self._credit = 0.0
        self._credited_ns = 0

    @property
    def waits(self) -> bool:
        """Whether something is held back."""
        return bool(self._waiting or self._again)

    def send(self, burst: Burst, now_ns: int) -> bool:
        """Let packets leave in their turn; False where too many waited, which are gone then."""
        if not self.bitrate_bps and not self.waits:
            self._transmit(burst, now_ns)
            return True
        self._waiting.append(burst)
        self._bytes += _size(burst)
        self.tick(now_ns)
        if self._bytes * 8 * NS_PER_SECOND > self.bitrate_bps * MOST_WAITING_NS > 0:
            self.clear()
            return False
        return True

    def send_again(self, burst: Burst, now_ns: int) -> bool:
        """Let packets leave before all others; False where there is no room for them now."""
        if not self.bitrate_bps and not self.waits:
            self._transmit_again(burst, now_ns)
            return True
        size = _size(burst)
        most = max(AT_ONCE_BYTES, self.bitrate_bps * MOST_AGAIN_NS // (8 * NS_PER_SECOND))
        if self.bitrate_bps and self._again_bytes + size > most:
            return False
        self._again.append(burst)
        self._again_bytes += size
        self.tick(now_ns)
        return True

    def rest(self, rest_ns: int, now_ns: int) -> None:
        """Let nothing leave for so long."""
        self._credited_ns = now_ns
        self._credit = -self.bitrate_bps / 8 * rest_ns / NS_PER_SECOND

    def clear(self) -> None:
        """Let go of what waits."""
        for queue in (self._waiting, self._again):
            self.dropped += sum(len(burst.payloads) for burst in queue)
            queue.clear()
        self._bytes = self._again_bytes = 0

    def tick(self, now_ns: int) -> None:
        """Send what may leave by now."""
        per_ns = self.bitrate_bps / 8 / NS_PER_SECOND
        most = max(AT_ONCE_BYTES, per_ns * AT_ONCE_NS)
        self._credit = min(most, self._credit + (now_ns - self._credited_ns) * per_ns)
        self._credited_ns = now_ns
        while self.waits and (self._credit > 0 or not self.bitrate_bps):
            if self._again:
                self._again_bytes -= self._release(self._again, now_ns)
            else:
                self._bytes -= self._release(self._waiting, now_ns)

    def _release(self, queue: deque[Burst], now_ns: int) -> int:
        """Send as much of its first burst as the credit reaches for; how many bytes."""
        burst = queue.popleft()
        count, spent = 0, 0
        for payload in burst.payloads:
            if self.bitrate_bps and spent >= self._credit:
                break
            spent += len(payload) + WIRE_BYTES
            count += 1
        self._credit -= spent
        first, rest = divided(burst, count)
        if rest is not None:
            queue.appendleft(rest)
        transmit = self._transmit_again if queue is self._again else self._transmit
        transmit(first, now_ns)
        return spent


def _size(burst: Burst) -> int:
    return burst.octets + WIRE_BYTES * len(burst.payloads)


def divided(burst: Burst, count: int) -> tuple[Burst, Burst | None]:
    """The first `count` packets of a burst, and the others."""
    if count >= len(burst.payloads):
        return burst, None
    marked = burst.marked
    octets = sum(map(len, burst.payloads[:count]))
    first = burst._replace(
        payloads=burst.payloads[:count], octets=octets, marked=marked if marked < count else -1
    )
    rest = burst._replace(
        payloads=burst.payloads[count:],
        octets=burst.octets - octets,
        marked=marked - count if marked >= count else -1,
        sequence=(burst.sequence + count) & 0xFFFF,
        timestamp=(burst.timestamp + count * burst.step) & 0xFFFF_FFFF,
    )
    return first, rest
