"""Which layout a picture has: the chosen one, or by the number of sites (MCU-CP-07)."""

from collections import deque

from mcu_core.contract.check_views import chosen_layout
from mcu_core.contract.definition import LayoutChoice
from mcu_core.layouts.automatic import Policy, layout_for, room_for
from mcu_core.layouts.model import Layout
from mcu_core.media.clock import NS_PER_SECOND

SHRINK_NS = 3 * NS_PER_SECOND


class RecentMost:
    """The largest of the values of the last SHRINK_NS: grows at once, shrinks late.

    So a site that comes and goes moves nobody's pane.
    """

    def __init__(self) -> None:
        self._value = 0
        self._past: deque[tuple[int, int]] = deque()
        """(until when it counts, value): values fall, times rise."""

    @property
    def next_ns(self) -> int | None:
        """When the answer falls though the value stays; None: never."""
        return self._past[0][0] if self._past else None

    def follow(self, value: int, now_ns: int) -> int:
        """The largest value lately, `value` being the present one (at least 0)."""
        if value < self._value:
            while self._past and self._past[-1][1] <= self._value:
                self._past.pop()
            self._past.append((now_ns + SHRINK_NS, self._value))
        self._value = value
        while self._past and (self._past[0][0] <= now_ns or self._past[0][1] <= value):
            self._past.popleft()
        while self._past and self._past[-1][1] <= value:
            self._past.pop()
        return self._past[0][1] if self._past else value


class Sizing:
    """The layout of one picture over time."""

    def __init__(self) -> None:
        self._room = RecentMost()
        self._policy: Policy = "equal"

    @property
    def next_ns(self) -> int | None:
        """When the layout changes by itself; None: never."""
        return self._room.next_ns

    def layout(self, choice: LayoutChoice, sites: int, now_ns: int) -> Layout:
        """The chosen layout, or the automatic one for so many sites; raises BadInput."""
        chosen = chosen_layout(choice)
        if chosen is not None or choice.policy != self._policy:
            self._room, self._policy = RecentMost(), choice.policy
        if chosen is not None:
            return chosen
        room = self._room.follow(room_for(sites, choice.policy), now_ns)
        return layout_for(room, choice.policy)
