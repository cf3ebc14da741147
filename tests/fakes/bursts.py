"""Senders hand on bursts; most tests look at packets."""

from collections.abc import Callable

from mcu_core.protocol.rtp import Burst


def one_by_one(take: Callable[[bytes], None]) -> Callable[[Burst], None]:
    """Takes bursts and gives each of their packets to `take`."""

    def each(burst: Burst) -> None:
        for packet in burst.packets():
            take(packet)

    return each
