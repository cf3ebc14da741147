"""Whether a view makes sense: its layout, its panes, its polling."""

from functools import lru_cache

import msgspec

from mcu_core.contract.definition import (
    MAX_PANES,
    MAX_SITES,
    LayoutChoice,
    OwnLayout,
    Pane,
    RecordedPicture,
    View,
)
from mcu_core.contract.ranges import between, names, off_or_between
from mcu_core.errors import BadInput
from mcu_core.layouts.catalogue import mode
from mcu_core.layouts.model import Layout
from mcu_core.layouts.own import read_layout

POLL_S = (1.0, 3600.0)


def check_view(view: View, field: str, hidden: str = "") -> None:
    """Raise BadInput naming the first field of the view that is wrong.

    `field` is its own name, empty for the conference's; `hidden` the site that the view shows only
    if it wants to see itself. Sites that are named need not be defined: they are away.
    """
    dot = f"{field}." if field else ""
    _check_layout(view.layout, f"{dot}layout")
    if len(view.panes) > MAX_PANES:
        raise BadInput(f"{dot}panes", f"at most {MAX_PANES}")
    for k, pane in enumerate(view.panes):
        _check_pane(pane, f"{dot}panes[{k}]")
        if hidden and pane.kind == "site" and pane.site == hidden and not view.show_self:
            raise BadInput(f"{dot}panes[{k}].site", "another site, unless show_self")
    names(f"{dot}sources", view.sources, MAX_SITES)
    off_or_between(f"{dot}poll_s", view.poll_s, *POLL_S)


def check_recorded(picture: RecordedPicture) -> None:
    """Raise BadInput unless what is to be recorded is named."""
    if picture.of == "site" and not picture.site:
        raise BadInput("recorded.site", "the site that is recorded")
    if picture.of == "own" and picture.view is None:
        raise BadInput("recorded.view", "the picture that is recorded")
    if picture.view is not None:
        check_view(picture.view, "recorded.view")


def _check_pane(pane: Pane, field: str) -> None:
    if pane.kind == "site" and not pane.site:
        raise BadInput(f"{field}.site", "the site that stands there")
    names(f"{field}.sites", pane.sites, MAX_SITES)
    between(f"{field}.interval_s", pane.interval_s, *POLL_S)


def _check_layout(choice: LayoutChoice, field: str) -> None:
    try:
        chosen_layout(choice)
    except BadInput as error:
        raise BadInput(f"{field}.{error.field}", error.expected) from error


def chosen_layout(choice: LayoutChoice) -> Layout | None:
    """The layout that was asked for by number or rectangles, None: automatic; raises BadInput."""
    if choice.own is not None:
        return _own_layout(choice.own)
    return None if choice.mode is None else mode(choice.mode)


@lru_cache(maxsize=256)
def _own_layout(own: OwnLayout) -> Layout:
    return read_layout(msgspec.to_builtins(own), "own")
