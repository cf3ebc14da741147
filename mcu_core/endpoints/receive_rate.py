"""What we let the sender of a stream send: by REMB, or by TMMBR where that is what it knows."""

from mcu_core.adaptation.sender_rate import rate_of_layers
from mcu_core.protocol import rtcp

MOST_BPS = 2_500_000
"""Asked of senders by REMB. Without any such word Chromium stays at its 300 kbit/s start."""

UNBOUNDED_BPS = 100_000_000
"""Takes an earlier TMMBR back: nobody sends more."""


class ReceiveRate:
    """`remb`, `tmmbr`: which of both the other side understands."""

    def __init__(self) -> None:
        self.remb = True
        self.tmmbr = False
        self.layered = False
        """Whether it sends several sizes at once."""
        self._bound_bps = UNBOUNDED_BPS
        self._bounded = False

    def bound(self, bitrate_bps: int) -> bool:
        """From now on at most so much; whether that is something new to tell."""
        before, self._bound_bps = self._bound_bps, min(bitrate_bps, UNBOUNDED_BPS)
        self._bounded = self._bounded or self._bound_bps < UNBOUNDED_BPS
        return before != self._bound_bps

    def words(self, own_ssrc: int, sources: tuple[int, ...]) -> list[rtcp.RtcpPacket]:
        """What to tell the sender of `sources`: with each report, since words get lost. REMB bounds
        all of them together, TMMBR each."""
        if self.remb:
            bound_bps = min(self._bound_bps, MOST_BPS)
            if self.layered:
                bound_bps = rate_of_layers(bound_bps)
            return [rtcp.Remb(own_ssrc, bound_bps, sources)]
        if self.tmmbr and self._bounded:
            bounds = tuple(rtcp.RateBound(source, self._bound_bps) for source in sources)
            return [rtcp.RateRequest(own_ssrc, bounds)]
        return []
