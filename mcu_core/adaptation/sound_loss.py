"""Whether a receiver of sound loses packets, from its own reports: pure, time comes in."""

from mcu_core.media.clock import NS_PER_SECOND

LOSSY_FRACTION = 5
"""Of 256 (RFC 3550 6.4.1), about 2 %: from there on repeated frames are worth their bits."""

CALM_FRACTION = 2
"""Less than that is calm: one packet in a second is more."""

CALM_NS = 30 * NS_PER_SECOND
"""How long it must have been calm: losses come in bursts, and each change is another encoder."""


class SoundLoss:
    """Follows one receiver's reports."""

    def __init__(self) -> None:
        self.lossy = False
        """Whether it is to be sent sound that bears losses."""
        self._bad_ns = 0

    def heard(self, fraction_lost: int, now_ns: int) -> bool:
        """Take a report's fraction lost, 0..255; True when `lossy` has changed by it."""
        before = self.lossy
        if fraction_lost >= CALM_FRACTION:
            self._bad_ns = now_ns
        if fraction_lost >= LOSSY_FRACTION:
            self.lossy = True
        elif now_ns - self._bad_ns >= CALM_NS:
            self.lossy = False
        return self.lossy is not before
