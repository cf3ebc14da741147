"""Who stands in which pane: a pure decision (design 6, SOAP-CTRL-05).

A pane that names a site holds that site, whether it is there or not. The other panes are filled
from the sites that are there and not shown elsewhere, those without a picture after all others. A
site once shown stays where it is, so that pictures do not jump; when there are more sites than
panes, one that begins to speak takes the pane of the one that has been silent longest.
"""

from collections.abc import Collection, Mapping, Sequence

from mcu_core.contract.definition import Pane

AUTO = Pane()


def assign(
    count: int,
    panes: Sequence[Pane],
    present: Sequence[str],
    spoke_ns: Mapping[str, int],
    shown: Sequence[str] = (),
    *,
    follow: Sequence[str] | None = None,
    audio_only: Collection[str] = (),
) -> tuple[str, ...]:
    """The site in each of `count` panes, empty where none; panes of other kinds stay empty.

    `panes[k]` is what the operator put in pane k, missing ones are automatic. `present` lists the
    joined sites in joining order, `spoke_ns` when each last spoke (absent: never), `shown` what
    the panes showed so far. `follow`: who has the floor, then who had it: only they push others
    out, and they are pushed out last; None: everybody who spoke may push out who spoke before.
    """
    wanted = [panes[k] if k < len(panes) else AUTO for k in range(count)]
    pinned = {pane.site for pane in wanted if pane.kind == "site"}
    result = [pane.site if pane.kind == "site" else "" for pane in wanted]
    automatic = [k for k, pane in enumerate(wanted) if pane.kind == "auto"]
    # A place where a site without a picture stood is the last that one with a picture takes.
    automatic.sort(key=lambda k: k < len(shown) and shown[k] in audio_only)
    free = [site for site in present if site not in pinned]
    pictured = [site for site in free if site not in audio_only]
    for sites in (pictured, [site for site in free if site in audio_only]):
        places = [k for k in automatic if not result[k]]
        _fill(result, places, sites, spoke_ns, shown, follow)
    return tuple(result)


def _fill(
    result: list[str],
    places: Sequence[int],
    sites: Sequence[str],
    spoke_ns: Mapping[str, int],
    shown: Sequence[str],
    follow: Sequence[str] | None,
) -> None:
    """Seat `sites` in `places`, which are empty."""
    waiting = list(sites)
    for k in places:
        if k < len(shown) and shown[k] in waiting:
            result[k] = shown[k]
            waiting.remove(shown[k])
    # Empty places go to the sites that spoke last, then in joining order.
    waiting.sort(key=lambda site: -spoke_ns.get(site, -1))
    for k in places:
        if not result[k] and waiting:
            result[k] = waiting.pop(0)
    if places and follow is None:
        _seat_recent(result, places, waiting, spoke_ns)
    elif places and follow:
        _seat_followed(result, places, waiting, spoke_ns, follow)


def _seat_recent(
    result: list[str], places: Sequence[int], waiting: Sequence[str], spoke_ns: Mapping[str, int]
) -> None:
    """Let a waiting site that spoke later than a shown one take the longest-silent one's pane."""
    for site in waiting:
        if site not in spoke_ns:
            return
        quietest = min(places, key=lambda k: spoke_ns.get(result[k], -1))
        if spoke_ns.get(result[quietest], -1) >= spoke_ns[site]:
            return
        result[quietest] = site


def _seat_followed(
    result: list[str],
    places: Sequence[int],
    waiting: Sequence[str],
    spoke_ns: Mapping[str, int],
    follow: Sequence[str],
) -> None:
    """Let those whom pictures follow take the panes of the longest-silent others."""
    rank = {site: len(follow) - k for k, site in enumerate(follow)}
    for site in follow:
        if site not in waiting:
            continue
        quietest = min(
            places, key=lambda k: (rank.get(result[k], 0), spoke_ns.get(result[k], -1), -k)
        )
        if rank.get(result[quietest], 0) < rank[site]:
            result[quietest] = site
