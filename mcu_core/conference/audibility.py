"""Who hears which mix: a pure decision (SOAP-CTRL-03 闭音, SOAP-CTRL-04 静音)."""

from collections.abc import Iterable

HANGOVER_NS = 1_000_000_000
"""How long after its last sound a site keeps an N-1 encode of its own."""

EVERYTHING = ""
"""Name of the mix of all sites: what silent listeners, viewers and the recorder hear."""

NOTHING = "\0silence"
"""Name of the mix of no site: what a quiet site hears."""


class Apart:
    """Remembers which sites have been in the sum lately.

    All who have contributed no sound for a while hear the same sum, so one encode per codec serves
    them all.
    """

    def __init__(self) -> None:
        self._sounded_ns: dict[str, int] = {}

    def note(self, sounding: Iterable[str], now_ns: int) -> frozenset[str]:
        """Take who is in the sum now (a muted site is not); who needs a mix without itself."""
        for site in sounding:
            self._sounded_ns[site] = now_ns
        for site in [s for s, at_ns in self._sounded_ns.items() if now_ns - at_ns > HANGOVER_NS]:
            del self._sounded_ns[site]
        return frozenset(self._sounded_ns)


def mix_of(site: str, quiet: bool, apart: bool) -> str:
    """Which mix a site hears: its own N-1 (its id) if it is `apart`, EVERYTHING or NOTHING."""
    if quiet:
        return NOTHING
    return site if apart else EVERYTHING
