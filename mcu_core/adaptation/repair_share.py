"""How many repair packets a receiver of pictures is sent, by what it reports: a pure decision."""

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

SHARES = ((41, 0.5), (20, 0.34), (5, 0.25))
"""From how many 256ths of lost packets on there are so many repair packets for each packet: 16, 8
and 2 %."""

CALM_NS = 20 * NS_PER_SECOND
"""How long losses must have been fewer: they come in bursts, and each change is another rate."""

SLOW_NS = 50 * NS_PER_MS
"""A round trip from which on packets that are asked for again come too late to be unseen."""


class RepairShare:
    """Follows one receiver. `asks`: whether it asks for lost packets again.

    `share`: repair packets for each packet of pictures, 0 for none. Where asking is quick, there
    are none: what is sent again costs only as much as what is lost.
    """

    def __init__(self, asks: bool) -> None:
        self.share = 0.0
        self._asks = asks
        self._bad_ns = 0

    def reported(self, fraction_lost: int, round_trip_ns: int | None, now_ns: int) -> bool:
        """Take a report: lost packets of 256, and the round trip time, None while unknown. True
        when `share` has changed by it."""
        quick = self._asks and round_trip_ns is not None and round_trip_ns < SLOW_NS
        wanted = 0.0
        if not quick:
            wanted = next((share for least, share in SHARES if fraction_lost >= least), 0.0)
        before = self.share
        if wanted >= before:
            self._bad_ns = now_ns
            self.share = wanted
        elif now_ns - self._bad_ns >= CALM_NS:
            self._bad_ns = now_ns
            steps = [0.0, *(share for _, share in reversed(SHARES))]
            self.share = steps[steps.index(before) - 1]
        return self.share != before
