"""One bit rate for all receivers of an output class: a pure decision.

Until receivers move between classes of a ladder, a class gives way to its weakest receiver, but not
below a quarter of its rate: one bad link must not ruin the picture of all.
"""

from collections.abc import Iterable

LOWEST_SHARE = 4
STEP = 0.1


def shared_bitrate(configured_bps: int, advised_bps: Iterable[int]) -> int:
    """The rate of a class of `configured_bps` whose receivers advise these rates (REMB), bit/s."""
    weakest = min(advised_bps, default=configured_bps)
    return max(configured_bps // LOWEST_SHARE, min(configured_bps, weakest))


def worth_changing(current_bps: int, target_bps: int) -> bool:
    """Whether a change is large enough to tell the encoder: a tenth, so that it does not hunt."""
    return abs(target_bps - current_bps) > STEP * current_bps
