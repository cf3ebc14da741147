"""What is wanted of an offline mix: a conference's definition, and who is away from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcu_core.contract.definition import (
    ConferenceDefinition,
    FileSource,
    LayoutChoice,
    Pane,
    SiteDefinition,
    SiteKind,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that is wanted from a moment on. Sites have the numbers of the inputs: "1", "2", ..."""

    definition: ConferenceDefinition
    away: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """What is wanted from the first picture and block of sound at or after `at_ns`."""

    at_ns: int
    wanted: Wanted


def conference_of(
    inputs: Sequence[Path],
    names: Sequence[str] = (),
    layout: LayoutChoice | None = None,
    panes: tuple[Pane, ...] = (),
) -> ConferenceDefinition:
    """The conference of these files; inputs without a name have no label."""
    sites = tuple(
        SiteDefinition(
            str(k),
            names[k - 1] if k <= len(names) else "",
            SiteKind.FILE,
            file=FileSource(str(path), loop=False),
        )
        for k, path in enumerate(inputs, 1)
    )
    return ConferenceDefinition(
        "mix", "mix", layout=layout or LayoutChoice(), panes=panes, sites=sites
    )
