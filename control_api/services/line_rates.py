"""What came over each site's line between two snapshots: pure."""

from collections.abc import Iterable, Mapping

from control_api.services.views import LineView
from mcu_core.contract.snapshots import SiteSnapshot
from mcu_core.media.clock import NS_PER_SECOND

LONGEST_NS = 60 * NS_PER_SECOND
"""Further apart, two snapshots say nothing of now; their engines may have other clocks."""


def lines_between(
    before: Mapping[str, SiteSnapshot], now: Iterable[SiteSnapshot], apart_ns: int
) -> dict[str, LineView]:
    """By site, of those that packets came from; a connection is counted from its own beginning."""
    if not 0 < apart_ns <= LONGEST_NS:
        return {}
    found = {}
    for site in now:
        known = before.get(site.id)
        if site.packets_received and known is not None and known.endpoint == site.endpoint:
            found[site.id] = _line(known, site, apart_ns)
    return found


def _line(before: SiteSnapshot, now: SiteSnapshot, apart_ns: int) -> LineView:
    octets = max(0, now.bytes_received - before.bytes_received)
    came = max(0, now.packets_received - before.packets_received)
    lost = max(0, now.packets_lost - before.packets_lost)
    return LineView(
        rate_kbps=_steady(octets * 8 * 1_000_000 / apart_ns),
        loss_percent=round(100 * lost / (came + lost), 1) if came + lost else 0.0,
    )


def _steady(rate_kbps: float) -> int:
    """To two digits, so that it is not told anew for nothing."""
    return int(float(f"{rate_kbps:.2g}"))
