"""When the packets of a path came, by their numbers on it: for their sender (transport-cc).

Usual packets are noted by the receiving loop (kernels/rows.py), all others here.
"""

from array import array

from mcu_core.kernels.rows import MOMENT_SHIFT, NOTED, NOTED_AT, PATH_ID, Row
from mcu_core.media.clock import NS_PER_MS
from mcu_core.protocol.sequence import SEQUENCE_MASK, sequence_delta
from mcu_core.protocol.transport_cc import TransportFeedback

TELL_EVERY_NS = 80 * NS_PER_MS
"""As often as browsers tell each other."""

MOST_TOLD = 1000
"""Numbers in one message; of a longer stretch the last of them."""

FARTHEST_US = 8_000_000
"""Times within one message lie no further apart."""

_MOMENT_NS = 1000


class Arrived:
    """One transport's. `extension`: the header extension that its packets are numbered by, 0 where
    they are not. `messages` counts what was told."""

    def __init__(self) -> None:
        self.extension = 0
        self._noted = array("q", bytes(8 * (NOTED + 1)))
        self._read = 0
        self._next: int | None = None
        self._told_ns = 0
        self.messages = 0

    def follow(self, row: Row) -> None:
        """Let the receiving loop note the packets of a row, which keeps this as long as it lives
        itself."""
        row[PATH_ID], row[NOTED_AT] = self.extension, self._noted.buffer_info()[0]

    def note(self, value: bytes | None, now_ns: int) -> None:
        """A packet came whose extension holds that, None for none."""
        if value is not None and len(value) == 2:
            noted = self._noted
            moment = now_ns // _MOMENT_NS << MOMENT_SHIFT
            noted[1 + noted[0] % NOTED] = moment | int.from_bytes(value, "big")
            noted[0] += 1

    def told(self, own_ssrc: int, their_ssrc: int, now_ns: int) -> TransportFeedback | None:
        """What to tell now of all packets since the last time; None where nothing is due."""
        if self._noted[0] == self._read or now_ns - self._told_ns < TELL_EVERY_NS:
            return None
        self._told_ns = now_ns
        times = self._since()
        if not times:
            return None
        first = self._first(times)
        ahead = {(number - first) & SEQUENCE_MASK: at for number, at in times.items()}
        count = max(ahead) + 1
        self._next = (first + count) & SEQUENCE_MASK
        self.messages += 1
        arrivals = tuple(ahead.get(k) for k in range(count))
        return TransportFeedback(own_ssrc, their_ssrc, first, self.messages & 0xFF, arrivals)

    def _since(self) -> dict[int, int]:
        """Numbers and times of what came since the last time: those near the latest one."""
        total = self._noted[0]
        begin = max(self._read, total - NOTED)
        self._read = total
        entries = [self._noted[1 + k % NOTED] for k in range(begin, total)]
        last = entries[-1] >> MOMENT_SHIFT
        numbers = {one & SEQUENCE_MASK: one >> MOMENT_SHIFT for one in entries}
        newest = entries[-1] & SEQUENCE_MASK
        return {
            number: at
            for number, at in numbers.items()
            if abs(sequence_delta(number, newest)) < MOST_TOLD // 2 and last - at < FARTHEST_US
        }

    def _first(self, times: dict[int, int]) -> int:
        """Where the message begins: where the last one ended, if that is near, or earlier, if a
        packet came late."""
        some = next(iter(times))
        earliest = min(times, key=lambda number: sequence_delta(number, some))
        following = self._next
        if following is not None and 0 < sequence_delta(earliest, following) < MOST_TOLD // 2:
            return following
        return earliest
