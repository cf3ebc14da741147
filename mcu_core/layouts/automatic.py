"""The layout when nobody has chosen one: by the number of sites (MCU-CP-07)."""

from collections.abc import Mapping
from typing import Literal

from mcu_core.layouts.catalogue import MODES
from mcu_core.layouts.model import Layout

Policy = Literal["equal", "speaker"]

# Up to this many sites: this mode. The number of sites is the number of the mode's panes.
EQUAL = {1: 1, 2: 2, 3: 5, 4: 11, 6: 21, 9: 35, 10: 36, 13: 42, 16: 47, 20: 48, 24: 49}
"""Every pane keeps the canvas's shape as long as it can, and the smallest is as large as it can."""

SPEAKER = {1: 1, 2: 2, 3: 5, 4: 12, 5: 19, 6: 21, 8: 31, 10: 36, 13: 42, 16: 47, 20: 48, 24: 49}
"""One pane (of ten, two) larger than the others, from four sites on; very many are all small."""

MODE_BY_SITES: Mapping[Policy, Mapping[int, int]] = {"equal": EQUAL, "speaker": SPEAKER}


def room_for(count: int, policy: Policy = "equal") -> int:
    """How many panes the layout for `count` sites has; with more than 24, those of the largest."""
    rooms = MODE_BY_SITES[policy]
    return next((room for room in rooms if count <= room), max(rooms))


def layout_for(count: int, policy: Policy = "equal") -> Layout:
    """The layout for `count` sites; with more than 24 the largest one."""
    return MODES[MODE_BY_SITES[policy][room_for(count, policy)]]


def large_panes(layout: Layout) -> frozenset[int]:
    """The numbers of the largest panes, none where all panes are of one size."""
    sizes = [pane.w * pane.h for pane in layout.panes]
    if min(sizes) == max(sizes):
        return frozenset()
    return frozenset(k for k, size in enumerate(sizes) if size == max(sizes))
