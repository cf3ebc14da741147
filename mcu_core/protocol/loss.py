"""When to ask for lost packets again (RFC 4585 6.2.1): by time, with repeats and an end."""

from mcu_core.media.clock import NS_PER_MS
from mcu_core.protocol.reorder import MAX_JUMP
from mcu_core.protocol.sequence import SEQUENCE_MASK, sequence_delta

MAX_MISSING = 512
"""Numbers asked for at most at a time; a wider gap is a case for a keyframe."""

FIRST_WAIT_NS = 5 * NS_PER_MS
"""Longer than packets of one frame overtake each other, far shorter than a round trip."""

MIN_REPEAT_NS = 20 * NS_PER_MS
MAX_TRIES = 10
GIVE_UP_NS = 1_000 * NS_PER_MS


class _Missing:
    """One missing number: when it was missed, and when and how often it was asked for."""

    __slots__ = ("asked_ns", "since_ns", "tries")

    def __init__(self, since_ns: int) -> None:
        self.since_ns = since_ns
        self.asked_ns = 0
        self.tries = 0


class NackSchedule:
    """Which sequence numbers of one stream to ask for now.

    A number is missed when a later one arrives. It is asked for after `first_wait_ns`, then again
    each time the answer is overdue (the round trip and a quarter, at least 20 ms), until it comes,
    was asked for `MAX_TRIES` times, or `give_up_ns` have passed. Without these repeats one lost
    answer stops a stream for seconds. Counters: `asked` (each number once), `recovered` (asked for
    and came), `overtaken` (came before they were asked for), `abandoned`.
    """

    def __init__(self, first_wait_ns: int = FIRST_WAIT_NS, give_up_ns: int = GIVE_UP_NS) -> None:
        self.give_up_ns = give_up_ns
        self.asked = 0
        self.recovered = 0
        self.overtaken = 0
        self.abandoned = 0
        self._first_wait_ns = first_wait_ns
        self._highest: int | None = None
        self._missing: dict[int, _Missing] = {}

    def push(self, sequence: int, now_ns: int) -> None:
        """Note that a packet has arrived, in order or not, first sent or sent again."""
        highest = self._highest
        if highest is None:
            self._highest = sequence
            return
        ahead = sequence_delta(sequence, highest)
        if ahead == 1:
            self._highest = sequence
        elif ahead > 1:
            self._highest = sequence
            self._note_gap(highest, ahead, now_ns)
        elif ahead < -MAX_JUMP:
            self.reset()
            self._highest = sequence
        elif (missing := self._missing.pop(sequence, None)) is not None:
            if missing.tries:
                self.recovered += 1
            else:
                self.overtaken += 1

    def go_on(self, last: int) -> None:
        """All packets up to that number have come, in order."""
        self._highest = last

    def due(self, now_ns: int, rtt_ns: int) -> list[int]:
        """The numbers to ask for now, oldest first; they count as asked for.

        `rtt_ns`: the round trip time to the sender, 0 where it is not known.
        """
        if not self._missing:
            return []
        repeat_ns = max(MIN_REPEAT_NS, rtt_ns + rtt_ns // 4)
        asked: list[int] = []
        over: list[int] = []
        for sequence, missing in self._missing.items():
            if missing.tries >= MAX_TRIES or now_ns - missing.since_ns >= self.give_up_ns:
                over.append(sequence)
                continue
            due_ns = (
                missing.asked_ns + repeat_ns
                if missing.tries
                else missing.since_ns + self._first_wait_ns
            )
            if now_ns >= due_ns:
                self.asked += not missing.tries
                missing.tries += 1
                missing.asked_ns = now_ns
                asked.append(sequence)
        for sequence in over:
            del self._missing[sequence]
        self.abandoned += len(over)
        return asked

    def reset(self) -> None:
        """Forget what is missing, for instance because a keyframe made it needless."""
        self._highest = None
        self._missing.clear()

    def __len__(self) -> int:
        return len(self._missing)

    def _note_gap(self, highest: int, ahead: int, now_ns: int) -> None:
        """Miss the numbers between; with too many of them, all of them are given up."""
        if len(self._missing) + ahead - 1 > MAX_MISSING:
            self.abandoned += len(self._missing)
            self._missing.clear()
        if ahead > MAX_MISSING:
            self.abandoned += ahead - 1
            return
        for offset in range(1, ahead):
            self._missing[(highest + offset) & SEQUENCE_MASK] = _Missing(now_ns)
