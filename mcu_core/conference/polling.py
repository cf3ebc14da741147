"""Polling (轮询): sites that take turns, in a pane or in all automatic panes; a pure decision."""

from collections.abc import Collection, Mapping, Sequence

from mcu_core.contract.definition import Pane
from mcu_core.media.clock import NS_PER_SECOND


class Rotation:
    """Whose turn it is. Remembers who is shown and since when; time is a parameter.

    Who is gone gives its place to the one that follows; a page of which nobody is left begins its
    time anew. When it is asked late, the turns that were missed count as taken. `page`: who is
    shown to begin with.
    """

    def __init__(self, page: tuple[str, ...] = ()) -> None:
        self.page = page
        self.next_ns: int | None = None
        """When the page changes though nothing else does; None: never."""
        self._line: tuple[str, ...] = ()
        self._since_ns = 0

    def turn(
        self, line: Sequence[str], size: int, interval_ns: int, now_ns: int
    ) -> tuple[str, ...]:
        """The `size` sites of `line` whose turn it is, each page for `interval_ns` > 0."""
        if len(line) <= size or size == 0:
            self.page, self._line, self.next_ns = tuple(line[:size]), tuple(line), None
            return self.page
        stayed = [site for site in self.page if site in line]
        if self.next_ns is None or not stayed:
            self._since_ns = now_ns
        turns = (now_ns - self._since_ns) // interval_ns
        self._since_ns += turns * interval_ns
        following = self._following(line)
        if turns > 0:
            start = (turns - 1) * size % len(line)
            page = following[start:] + following[:start]
        else:
            page = stayed + [site for site in following if site not in stayed]
        self.page, self._line = tuple(page[:size]), tuple(line)
        self.next_ns = self._since_ns + interval_ns
        return self.page

    def _following(self, line: Sequence[str]) -> list[str]:
        """The whole line, beginning with who follows the last one shown."""
        if not self.page or self.page[-1] not in self._line:
            return list(line)
        start = self._line.index(self.page[-1]) + 1
        followers = (*self._line[start:], *self._line[:start])
        first = next((line.index(site) for site in followers if site in line), 0)
        return [*line[first:], *line[:first]]


class PolledPanes:
    """The polling panes of one picture: each shows one site, no two the same."""

    def __init__(self) -> None:
        self._rotations: dict[int, Rotation] = {}

    @property
    def next_ns(self) -> int | None:
        """When a pane changes though nothing else does; None: never."""
        times = (rotation.next_ns for rotation in self._rotations.values())
        return min((time for time in times if time is not None), default=None)

    def take(self, panes: Mapping[int, Pane], free: Collection[str], now_ns: int) -> dict[int, str]:
        """Who stands in each of `panes`, by its number: one of its list (of all, where it has
        none) that is in `free`; panes that have nobody are left out.
        """
        self._rotations = {k: self._rotations.get(k) or Rotation() for k in panes}
        there = frozenset(free)
        lines = {
            k: [site for site in pane.sites or free if site in there] for k, pane in panes.items()
        }
        self._seat(panes, lines, now_ns)
        # Only when everybody has a place is it known who else may come to each.
        return self._seat(panes, lines, now_ns)

    def _seat(
        self, panes: Mapping[int, Pane], lines: Mapping[int, Sequence[str]], now_ns: int
    ) -> dict[int, str]:
        """Those whose time is not over stay; the others choose among the rest."""
        stay = {k: self._rotations[k].page for k in panes if not self._is_due(k, now_ns)}
        held = {k: page[0] for k, page in stay.items() if page and page[0] in lines[k]}
        result: dict[int, str] = {}
        for k, pane in panes.items():
            taken = {*result.values(), *(site for j, site in held.items() if j != k)}
            line = [site for site in lines[k] if site not in taken]
            page = self._rotations[k].turn(line, 1, interval_ns(pane.interval_s), now_ns)
            if page:
                result[k] = page[0]
        return result

    def _is_due(self, k: int, now_ns: int) -> bool:
        next_ns = self._rotations[k].next_ns
        return next_ns is not None and next_ns <= now_ns


def interval_ns(seconds: float) -> int:
    """A polling interval in ns, at least 1."""
    return max(1, round(seconds * NS_PER_SECOND))
