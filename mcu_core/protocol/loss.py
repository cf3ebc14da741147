"""When to ask for lost packets again (RFC 4585 6.2.1): by time, with repeats and an end."""

from collections import deque

from mcu_core.media.clock import NS_PER_MS
from mcu_core.protocol.peak import Peak
from mcu_core.protocol.reorder import MAX_JUMP
from mcu_core.protocol.sequence import SEQUENCE_MASK, sequence_delta

MAX_MISSING = 512
"""Numbers asked for at most at a time; a wider gap is a case for a keyframe."""

FIRST_WAIT_NS = 5 * NS_PER_MS
"""Longer than packets of one frame overtake each other, far shorter than a round trip."""

LONGEST_FIRST_WAIT_NS = 500 * NS_PER_MS
"""Where packets were seen to overtake each other by more, as jitter makes them."""

WILD_NS = 150 * NS_PER_MS
"""Where arrivals jitter by so much on average, most of what is missing is only late."""

MIN_REPEAT_NS = 20 * NS_PER_MS
UNKNOWN_RTT_NS = 100 * NS_PER_MS
"""Until reports or answers have told how long an answer takes."""

MAX_TRIES = 40
TRIES_WAITED = 6
"""With a fifth of requests and of answers lost, one packet in 500 is still missing after these."""

EAGER_SHARE, EAGERNESS = 0.05, 8
"""Where at least such a share of first requests stays without an answer in time, requests or
answers get lost, and in bursts: then all requests are repeated so much more often than answers can
come. A sender that knows its round trip answers once in it (ours, and libwebrtc's); one that does
not sends packets more than once, which a way that loses that much is in need of."""

ANSWER_WEIGHT = 1 / 16

LEAST_PATIENCE_NS = 100 * NS_PER_MS
LONGEST_PATIENCE_NS = 1_000 * NS_PER_MS
"""How long a gap may hold up what follows while it is asked for; then a keyframe is better."""

REORDER_NS = 30 * NS_PER_MS
"""How long packets overtake each other on an ordinary way."""

GIVE_UP_NS = 1_200 * NS_PER_MS
"""After that it is not even worth knowing how late a packet came."""

UNANSWERED = 30
"""So many different packets asked for and none got: nobody answers."""


SEVERAL = 3
LATELY_NS = 4_000 * NS_PER_MS
LONGEST_EXPECTED_NS = 400 * NS_PER_MS
"""So many packets asked for in that time, and pictures had better wait for what comes again."""


class _Missing:
    """One missing number: when it was missed, when and how often it was asked for, and whether the
    first answer should have come by now."""

    __slots__ = ("asked_ns", "first_asked_ns", "overdue", "since_ns", "tries")

    def __init__(self, since_ns: int) -> None:
        self.since_ns = since_ns
        self.first_asked_ns = 0
        self.asked_ns = 0
        self.tries = 0
        self.overdue = False


class NackSchedule:
    """Which sequence numbers of one stream to ask for now, and how long to wait for them.

    A number is missed when a later one arrives. It is asked for after a first wait, then again each
    time the answer is overdue (the round trip and a quarter, at least 20 ms), until it comes, was
    asked for `MAX_TRIES` times, or its patience is at an end. Without these repeats one lost
    answer stops a stream for seconds. Where answers stay away they come sooner (EAGER_SHARE). Where
    packets were seen to overtake each other the first wait is as long as they did. Counters:
    `asked` (each number once), `recovered` (asked for and came), `overtaken` (came by themselves),
    `abandoned`.
    """

    def __init__(self, first_wait_ns: int = FIRST_WAIT_NS) -> None:
        self.asked = 0
        self.recovered = 0
        self.overtaken = 0
        self.abandoned = 0
        self._first_wait_ns = first_wait_ns
        self._highest: int | None = None
        self._missing: dict[int, _Missing] = {}
        self.jitter_ns = 0
        """Of the stream's arrivals (RFC 3550 A.8); may be changed at any time."""
        self._overtaking = Peak()
        self._answer_ns = 0
        self._unanswered = 0.0
        """Share of the numbers asked for lately whose first answer did not come in time."""
        self._asked_lately: deque[int] = deque(maxlen=SEVERAL)

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
            self._note_arrival(missing, now_ns)

    def go_on(self, last: int) -> None:
        """All packets up to that number have come, in order."""
        self._highest = last

    def mended(self, sequence: int) -> None:
        """A missing packet was made out of others: it is neither late nor an answer."""
        self._missing.pop(sequence, None)

    def _note_arrival(self, missing: _Missing, now_ns: int) -> None:
        asked_since_ns = now_ns - missing.first_asked_ns
        if missing.tries and asked_since_ns >= self._answer_ns // 2:
            self.recovered += 1
            if not missing.overdue:
                self._note_answer(0)
            if missing.tries == 1:
                before = self._answer_ns or asked_since_ns
                self._answer_ns = before + (asked_since_ns - before) // 8
        else:  # sooner than any answer: it was only late
            self.overtaken += 1
            self._overtaking.note(now_ns - missing.since_ns, now_ns)

    def due(self, now_ns: int, rtt_ns: int) -> list[int]:
        """The numbers to ask for now, oldest first; they count as asked for.

        `rtt_ns`: the round trip time to the sender, 0 where it is not known.
        """
        if not self._missing:
            return []
        answer_ns = self._answered_ns(rtt_ns)
        first_ns, patience_ns = self._first_ns(now_ns), self.patience_ns(now_ns, rtt_ns)
        asked: list[int] = []
        over: list[int] = []
        for sequence, missing in self._missing.items():
            age_ns = now_ns - missing.since_ns
            if age_ns >= GIVE_UP_NS:
                over.append(sequence)
                continue
            due_ns = missing.since_ns + first_ns
            if missing.tries:
                if not missing.overdue and now_ns >= missing.first_asked_ns + answer_ns:
                    missing.overdue = True
                    self._note_answer(1)
                due_ns = missing.asked_ns + self._repeat_ns(answer_ns)
            if now_ns >= due_ns and age_ns < patience_ns and missing.tries < MAX_TRIES:
                if not missing.tries:
                    self.asked += 1
                    self._asked_lately.append(now_ns)
                    missing.first_asked_ns = now_ns
                missing.tries += 1
                missing.asked_ns = now_ns
                asked.append(sequence)
        for sequence in over:
            del self._missing[sequence]
        self.abandoned += len(over)
        return asked

    def patience_ns(self, now_ns: int, rtt_ns: int, repairs: bool = True) -> int:
        """How long a gap is worth waiting for.

        Where lost packets can be had again (`repairs`), the time of TRIES_WAITED requests and their
        answers; else as long as packets are seen to overtake each other. LONGEST_PATIENCE_NS at
        most.
        """
        overtaking_ns = self._overtaking.at(now_ns)
        wait_ns = max(REORDER_NS, overtaking_ns + overtaking_ns // 4)
        if repairs and (self.recovered or self.asked < UNANSWERED):
            tries_ns = self._first_ns(now_ns) + TRIES_WAITED * self._answered_ns(rtt_ns)
            wait_ns = max(LEAST_PATIENCE_NS, wait_ns, tries_ns)
        return min(LONGEST_PATIENCE_NS, wait_ns)

    def repairs_take_ns(self, now_ns: int, rtt_ns: int) -> int:
        """How late what is asked for again will mostly come: two requests and their answers. 0
        where next to nothing was lately."""
        lately = self._asked_lately
        if len(lately) < SEVERAL or now_ns - lately[0] > LATELY_NS:
            return 0
        return min(LONGEST_EXPECTED_NS, self._first_ns(now_ns) + 2 * self._answered_ns(rtt_ns))

    def _first_ns(self, now_ns: int) -> int:
        if self.jitter_ns >= WILD_NS:
            return LONGEST_FIRST_WAIT_NS
        return max(self._first_wait_ns, min(LONGEST_FIRST_WAIT_NS, self._overtaking.at(now_ns)))

    def _answered_ns(self, rtt_ns: int) -> int:
        """How long after a request its answer is overdue."""
        answer_ns = rtt_ns or self._answer_ns or UNKNOWN_RTT_NS
        return max(MIN_REPEAT_NS, answer_ns + answer_ns // 4)

    def _repeat_ns(self, answer_ns: int) -> int:
        """How long after a request comes the next one for the same packet."""
        eager = self._unanswered >= EAGER_SHARE and self.jitter_ns < WILD_NS
        return max(MIN_REPEAT_NS, answer_ns // EAGERNESS) if eager else answer_ns

    def _note_answer(self, missing: float) -> None:
        self._unanswered += ANSWER_WEIGHT * (missing - self._unanswered)

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
