"""Changes that callers ask for: pure."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from mcu_core.contract.content import ContentRules
from mcu_core.contract.definition import (
    ConferenceDefinition,
    Group,
    Pane,
    RecordedPicture,
    SiteDefinition,
    View,
)
from mcu_core.errors import BadInput

T = TypeVar("T", bound=msgspec.Struct)

AUTO = Pane()


def changed(value: T, changes: Mapping[str, Any]) -> T:
    """The value with these fields; of a struct within it, a mapping changes what it names only."""
    fields = {
        name: changed(getattr(value, name), new) if isinstance(new, Mapping) else new
        for name, new in changes.items()
    }
    return msgspec.structs.replace(value, **fields)


@contextmanager
def named_within(path: str) -> Iterator[None]:
    """Errors about values below `path` (a regular expression) name them as the caller did."""
    try:
        yield
    except BadInput as error:
        raise BadInput(re.sub(f"^{path}", "", error.field), error.expected) from error


def check_known(view: View, definition: ConferenceDefinition, field: str = "") -> None:
    """Raise BadInput unless every site that the view names is defined: most likely it is mistyped.

    The definition may name sites that are away for good; a caller has no reason to.
    """
    known = {site.id for site in definition.sites}
    dot = f"{field}." if field else ""
    named = [(f"{dot}sources[{j}]", site) for j, site in enumerate(view.sources)]
    for k, pane in enumerate(view.panes):
        named += [(f"{dot}panes[{k}].site", pane.site)] if pane.kind == "site" else []
        named += [(f"{dot}panes[{k}].sites[{j}]", site) for j, site in enumerate(pane.sites)]
    for path, site in named:
        if site not in known:
            raise BadInput(path, "the id of a site of this conference")


def tidy(pane: Pane) -> Pane:
    """The pane without what its kind does not use."""
    site = pane.site if pane.kind == "site" else ""
    sites = pane.sites if pane.kind == "poll" else ()
    return msgspec.structs.replace(pane, site=site, sites=sites)


# ---------------------------------------------------------------------- a site that goes


def without_site(definition: ConferenceDefinition, site: str) -> ConferenceDefinition:
    """The conference as if the site had never been: its panes become automatic."""
    return msgspec.structs.replace(
        definition,
        sites=tuple(_freed(row, site) for row in definition.sites if row.id != site),
        panes=_panes_without(definition.panes, site),
        groups=tuple(
            Group(group.id, _without(group.sites, site), _view_without(group.view, site))
            for group in definition.groups
        ),
        broadcast="" if definition.broadcast == site else definition.broadcast,
        lecturer="" if definition.lecturer == site else definition.lecturer,
        chair="" if definition.chair == site else definition.chair,
        content=_content_without(definition.content, site),
        recorded=_recorded_without(definition.recorded, site),
    )


def _recorded_without(picture: RecordedPicture, site: str) -> RecordedPicture:
    """Recorded is what viewers see, if the site goes that was."""
    view = None if picture.view is None else _view_without(picture.view, site)
    if picture.site != site:
        return msgspec.structs.replace(picture, view=view)
    of = "conference" if picture.of == "site" else picture.of
    return msgspec.structs.replace(picture, of=of, site="", view=view)


def _content_without(content: ContentRules, site: str) -> ContentRules:
    """The rules if the only one who might send content goes: then anybody may."""
    if content.site != site:
        return content
    senders = "anybody" if content.senders == "site" else content.senders
    return msgspec.structs.replace(content, senders=senders, site="")


def _freed(row: SiteDefinition, site: str) -> SiteDefinition:
    return msgspec.structs.replace(
        row,
        watch="" if row.watch == site else row.watch,
        view=None if row.view is None else _view_without(row.view, site),
    )


def _view_without(view: View, site: str) -> View:
    return msgspec.structs.replace(
        view, panes=_panes_without(view.panes, site), sources=_without(view.sources, site)
    )


def _panes_without(panes: tuple[Pane, ...], site: str) -> tuple[Pane, ...]:
    return tuple(_pane_without(pane, site) for pane in panes)


def _pane_without(pane: Pane, site: str) -> Pane:
    """An emptied polling list would mean everybody: such a pane becomes automatic."""
    left = _without(pane.sites, site)
    if pane.site == site or (pane.sites and not left):
        return AUTO
    return msgspec.structs.replace(pane, sites=left)


def _without(sites: tuple[str, ...], site: str) -> tuple[str, ...]:
    return tuple(other for other in sites if other != site)
