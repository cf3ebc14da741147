"""Ports: what conferences take of the machine, in the relation of WS/T 546's documents; pure.

1080p60 : 1080p30 : 720p30 : SD = 8 : 4 : 2 : 1; 720p60 counts as 1080p30.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from control_api.persistence.bookings import BookedSite, Booking, Occurrence

UNITS = {0: 1, 1: 2, 2: 4, 3: 1, 4: 4, 5: 8}
"""By the standard's video format: 4CIF, 720p30, 1080p30, 480p, 720p60, 1080p60."""

FEW_PANES = 9
DEFAULT_UNITS = 2
"""Who names no format is counted as 720p30."""


def units_of(sites: Iterable[BookedSite]) -> int:
    """The units that these sites take together."""
    return sum(
        DEFAULT_UNITS if site.video_format is None else UNITS.get(site.video_format, DEFAULT_UNITS)
        for site in sites
    )


def units_for(booking: Booking, sites: Iterable[BookedSite]) -> int:
    """The units that an occurrence takes: those of its sites, or more that are kept for it; and
    those of its composed picture (cpResouce)."""
    return max(units_of(sites), booking.ports) + units_of_panes(booking.presence_panes)


def units_of_panes(panes: int) -> int:
    """Composing up to nine panes costs about as much as a site at SD, up to 24 as one at 720p."""
    return 0 if panes < 2 else 1 if panes <= FEW_PANES else 2


@dataclass(frozen=True, slots=True)
class Span:
    """So many units are taken from `begin_s` until `end_s` (Unix seconds)."""

    begin_s: float
    end_s: float
    taken: int


def course(occurrences: Iterable[Occurrence], since_s: float, until_s: float) -> list[Span]:
    """How many units are taken, span after span; neighbours differ."""
    changes: list[tuple[float, int]] = []
    for one in occurrences:
        end_s = until_s if one.end_s is None else min(one.end_s, until_s)
        begin_s = max(one.begin_s, since_s)
        if begin_s < end_s:
            changes += [(begin_s, one.units), (end_s, -one.units)]
    spans: list[Span] = []
    taken, at_s = 0, since_s
    for when_s, more in [*sorted(changes), (until_s, 0)]:
        if when_s > at_s:
            if spans and spans[-1].taken == taken:
                spans[-1] = Span(spans[-1].begin_s, when_s, taken)
            else:
                spans.append(Span(at_s, when_s, taken))
            at_s = when_s
        taken += more
    return spans


def busiest(occurrences: Iterable[Occurrence], since_s: float, until_s: float) -> int:
    """The most units that are taken at one time within the span."""
    return max((one.taken for one in course(occurrences, since_s, until_s)), default=0)
