"""Who hears which mix: a pure decision (SOAP-CTRL-03 闭音, SOAP-CTRL-04 静音)."""

HANGOVER_NS = 1_000_000_000
"""How long after its last sound a site keeps an N-1 encode of its own."""

EVERYTHING = ""
"""Name of the mix of all sites: what silent listeners, viewers and the recorder hear."""

NOTHING = "\0silence"
"""Name of the mix of no site: what a quiet site hears."""


def mix_of(site: str, quiet: bool, sounded_ns: int | None, now_ns: int) -> str:
    """Which mix a site hears: its own N-1 (its id), EVERYTHING or NOTHING.

    All who have contributed no sound for a while hear the same sum, so one encode per codec serves
    them all. `sounded_ns`: when the site last contributed sound (a muted one does not), None for
    never.
    """
    if quiet:
        return NOTHING
    if sounded_ns is None or now_ns - sounded_ns > HANGOVER_NS:
        return EVERYTHING
    return site
