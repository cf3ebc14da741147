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

    `senders`: which sites may send it: all, only the chair, or only `site`. A site that begins
    takes it from the one that sends, unless it is `locked`: then only who had it last may send it.
    `still` is shown by hand: it goes before all sites, lock or not. `share`: how much of a site's
    rate content has, where the site gets it beside the main picture, 0.1..0.9.
    """

    senders: Literal["anybody", "chair", "site"] = "anybody"
    site: str = ""
    locked: bool = False
    share: float = 0.5
    still: StillSource | None = None
