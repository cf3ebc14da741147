"""Which camera a site means when it moves one."""

from mcu_core.conference.direction import Direction
from mcu_core.contract.content import CONTENT


def camera_seen(direction: Direction, by: str) -> str:
    """The site in the largest pane of what `by` sees, itself and content left out; empty if none.

    So it is the one that it watches in full, and else who stands largest; of equals the first.
    """
    key = direction.watching.get(by)
    shown = direction.views.get(key) if key is not None else None
    if shown is None:
        return ""
    panes = zip(shown.panes, shown.layout.panes, strict=True)
    others = [
        (-pane.w * pane.h, k, site)
        for k, (site, pane) in enumerate(panes)
        if site not in ("", by, CONTENT)
    ]
    return min(others)[2] if others else ""
