"""The layout when nobody has chosen one: by the number of sites (MCU-CP-07)."""

from mcu_core.layouts.catalogue import MODES
from mcu_core.layouts.model import Layout

# Up to this many sites: this mode. Chosen so that every pane keeps the canvas's shape as long as
# possible and the smallest pane is as large as it can be.
MODE_BY_SITES = (
    (1, 1),
    (2, 2),
    (3, 5),
    (4, 11),
    (6, 21),
    (9, 35),
    (10, 36),
    (13, 42),
    (16, 47),
    (20, 48),
    (24, 49),
)


def layout_for(count: int) -> Layout:
    """The layout for `count` sites; with more than 24 the largest one."""
    for most, number in MODE_BY_SITES:
        if count <= most:
            return MODES[number]
    return MODES[MODE_BY_SITES[-1][1]]
