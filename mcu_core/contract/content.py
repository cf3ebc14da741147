"""What control wants of a conference's content (辅流): who may send it, what is shown by hand."""

from typing import Literal

import msgspec

CONTENT = "%AUX1"
"""What stands in a pane where the conference's content does, after `uri(%AUX1)` of WS/T 546."""

LARGEST_STILL = (1920, 1200)
"""Pixels of a still image (MCU-X-08)."""


class StillSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An image that is shown as content: a PNG file on the engine's machine, at most LARGEST_STILL.

    A file never changes: another image is another file.
    """

    path: str
    name: str = ""


class ContentRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one content of a conference (MCU-X-06).

    `senders`: which sites may send it: all, only the chair, only `site`, none. A site that begins
    takes it from the one that sends, unless it is `locked`: then only who had it last may send it.
    `still` is shown by hand: it goes before all sites, lock or not. `share`: how much of a site's
    rate content has, where the site gets it beside the main picture, 0.1..0.9. `motion`: it moves
    (live pictures), so it is sent at the conference's own picture rate, motion before sharpness.
    `several`: who sends is taken nothing by who begins: whoever gets content beside the main
    picture sees all of it there, side by side; in the main picture stands the newest.
    """

    senders: Literal["anybody", "chair", "site", "nobody"] = "anybody"
    site: str = ""
    locked: bool = False
    share: float = 0.5
    motion: bool = False
    several: bool = False
    still: StillSource | None = None
