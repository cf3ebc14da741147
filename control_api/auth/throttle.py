"""How often a login may be wrong: pure.

Counted per user *and* source, so that a stranger who guesses cannot lock the user out elsewhere;
and per source, so that one who guesses at many names neither gets far nor keeps processors busy;
at doors, whose codes are short, per source and day as well: patience must not find one.
An IPv6 source is its /64, of which one machine has all the addresses.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

from mcu_core.media.clock import NS_PER_SECOND

FREE_ATTEMPTS = 5
FREE_OF_SOURCE = 30
WINDOW_NS = 300 * NS_PER_SECOND
DAY_NS = 24 * 3600 * NS_PER_SECOND
MOST_KEPT = 10_000
"""Pairs of user and source, and sources; the longest untouched is forgotten first."""

Key = tuple[str, ...]


@lru_cache(1024)
def neighbourhood(source: str) -> str:
    """What counts as one source: an IPv4 address, the /64 of an IPv6 one, any other text itself."""
    try:
        address = ip_address(source.partition("%")[0])
    except ValueError:
        return source
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address) >> 64 << 64, 64)))


@dataclass(slots=True)
class Day:
    """Of one source: when its first wrong attempt was, and how many there were since."""

    since_ns: int
    wrong: int = 0


class Throttle:
    """Remembers wrong attempts of the last five minutes; with `free_of_day`, how many a source has
    made within a day of its first one, too.

    An attempt counts as wrong from its begin until it proves right: else many at once would all be
    looked at before the first of them counts.
    """

    def __init__(self, free_attempts: int = FREE_ATTEMPTS, free_of_day: int | None = None) -> None:
        self._free = free_attempts
        self._free_of_day = free_of_day
        self._wrong: OrderedDict[Key, deque[int]] = OrderedDict()
        self._days: OrderedDict[str, Day] = OrderedDict()

    def wait_s(self, user: str, source: str, now_ns: int) -> int:
        """Seconds to wait before the next attempt is looked at; 0 when it is welcome."""
        limits = self._limits(user, source)
        short = max(self._wait_s(key, free, now_ns) for key, free in limits.items())
        return max(short, self._rest_of_day_s(neighbourhood(source), now_ns))

    def _rest_of_day_s(self, source: str, now_ns: int) -> int:
        day = self._days.get(source)
        if day is None or self._free_of_day is None or day.wrong < self._free_of_day:
            return 0
        return max(0, -((now_ns - day.since_ns - DAY_NS) // NS_PER_SECOND))

    def _wait_s(self, key: Key, free: int, now_ns: int) -> int:
        stamps = self._wrong.get(key)
        if stamps is None:
            return 0
        while stamps and now_ns - stamps[0] >= WINDOW_NS:
            stamps.popleft()
        if len(stamps) < free:
            return 0
        return -((now_ns - stamps[0] - WINDOW_NS) // NS_PER_SECOND)

    def begins(self, user: str, source: str, now_ns: int) -> None:
        """An attempt is looked at now."""
        for key, free in self._limits(user, source).items():
            self._wrong.setdefault(key, deque(maxlen=free)).append(now_ns)
            self._wrong.move_to_end(key)
        while len(self._wrong) > MOST_KEPT:
            self._wrong.popitem(last=False)
        if self._free_of_day is not None:
            self._count(neighbourhood(source), now_ns)

    def _count(self, source: str, now_ns: int) -> None:
        day = self._days.get(source)
        if day is None or now_ns - day.since_ns >= DAY_NS:
            day = self._days[source] = Day(now_ns)
        day.wrong += 1
        self._days.move_to_end(source)
        while len(self._days) > MOST_KEPT:
            self._days.popitem(last=False)

    def not_looked_at(self, user: str, source: str) -> None:
        """An attempt that had begun was turned away: it does not count."""
        for key in self._limits(user, source):
            if self._wrong.get(key):
                self._wrong[key].pop()
        day = self._days.get(neighbourhood(source))
        if day is not None:
            day.wrong = max(0, day.wrong - 1)

    def was_right(self, user: str, source: str) -> None:
        """An attempt succeeded: the user's earlier ones are forgiven."""
        self.not_looked_at(user, source)
        self._wrong.pop((neighbourhood(source), user), None)

    def _limits(self, user: str, source: str) -> dict[Key, int]:
        source = neighbourhood(source)
        return {(source, user): self._free, (source,): FREE_OF_SOURCE}
