"""Where a site's sound comes from: the place of its pane. A pure decision."""

from collections.abc import Mapping

from mcu_core.conference.direction import Shown

WIDEST = 0.7
"""A voice all on one side is tiring in headphones."""


def pans(shown: Shown) -> Mapping[str, float]:
    """For each site that is shown, -WIDEST (left) .. WIDEST (right), from its pane's middle.

    A site in several panes is heard from the first.
    """
    found: dict[str, float] = {}
    for site, pane in zip(shown.panes, shown.layout.panes, strict=False):
        if site and site not in found:
            found[site] = WIDEST * float(pane.x + pane.right - 1)
    return found
