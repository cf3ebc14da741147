"""What somebody wants of a site's camera, whoever it is and however it gets there."""

from typing import Literal

import msgspec

from mcu_core.contract.ranges import between

PRESETS = 16
SOURCES = 16


class CameraOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One order, whose effect is that of H.281.

    `what`: to move (`pan`, `tilt`, `zoom`, `focus`: each -1, 0 or 1; right, up, in are 1) until it
    is to stop; to store where it stands under `number`, or to recall that; to take source `number`.
    Numbers are 0..15.
    """

    what: Literal["move", "stop", "store", "recall", "source"]
    pan: int = 0
    tilt: int = 0
    zoom: int = 0
    focus: int = 0
    number: int = 0


STOP = CameraOrder("stop")


def check_order(order: CameraOrder) -> None:
    """Raise BadInput naming the value that is out of its range."""
    for way in ("pan", "tilt", "zoom", "focus"):
        between(f"order.{way}", getattr(order, way), -1, 1)
    between("order.number", order.number, 0, PRESETS - 1)
