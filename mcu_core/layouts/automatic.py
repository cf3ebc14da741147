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


def room_for(count: int) -> int:
    """How many panes the layout for `count` sites has; with more than 24, those of the largest."""
    rooms = (most for most, _ in MODE_BY_SITES if count <= most)
    return next(rooms, MODE_BY_SITES[-1][0])


def layout_for(count: int) -> Layout:
    """The layout for `count` sites; with more than 24 the largest one."""
    return MODES[dict(MODE_BY_SITES)[room_for(count)]]
