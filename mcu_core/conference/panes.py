"""Who stands in which pane: a pure decision (design 6, SOAP-CTRL-05).

A pane that names a site holds that site, whether it is there or not. The other panes are filled
from the sites that are there and not shown elsewhere. A site once shown stays where it is, so that
pictures do not jump; when there are more sites than panes, one that begins to speak takes the pane
of the one that has been silent longest.
"""

from collections.abc import Mapping, Sequence

from mcu_core.contract.definition import Pane

AUTO = Pane()


def assign(
    count: int,
    panes: Sequence[Pane],
    present: Sequence[str],
    spoke_ns: Mapping[str, int],
    shown: Sequence[str] = (),
) -> tuple[str, ...]:
    """The site in each of `count` panes, empty where none.

    `panes[k]` is what the operator put in pane k, missing ones are automatic. `present` lists the
    joined sites in joining order, `spoke_ns` when each last spoke (absent: never), `shown` what
    the panes showed so far.
    """
    wanted = [panes[k] if k < len(panes) else AUTO for k in range(count)]
    pinned = {pane.site for pane in wanted if pane.kind == "site"}
    free = [site for site in present if site not in pinned]
    result = [pane.site if pane.kind == "site" else "" for pane in wanted]
    automatic = [k for k, pane in enumerate(wanted) if pane.kind == "auto"]
    # Who was shown stays in place, where the place is still automatic.
    for k in automatic:
        if k < len(shown) and shown[k] in free:
            result[k] = shown[k]
            free.remove(shown[k])
    # Empty places go to the sites that spoke last, then in joining order.
    waiting = sorted(free, key=lambda site: -spoke_ns.get(site, -1))
    for k in automatic:
        if not result[k] and waiting:
            result[k] = waiting.pop(0)
    _seat_speakers(result, automatic, waiting, spoke_ns)
    return tuple(result)


def _seat_speakers(
    result: list[str], automatic: Sequence[int], waiting: Sequence[str], spoke_ns: Mapping[str, int]
) -> None:
    """Let a waiting site that spoke later than a shown one take the longest-silent one's pane."""
    for site in waiting:
        if site not in spoke_ns or not automatic:
            return
        quietest = min(automatic, key=lambda k: spoke_ns.get(result[k], -1))
        if spoke_ns.get(result[quietest], -1) >= spoke_ns[site]:
            return
        result[quietest] = site
