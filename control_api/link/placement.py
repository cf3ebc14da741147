"""Which engine carries a conference: pure."""

from collections.abc import Iterable, Sequence

from control_api.persistence.conferences import WantedConference
from mcu_core.errors import Refused


def weight(conference: WantedConference) -> int:
    """What a conference costs: one picture is composed for it, and each site is decoded."""
    return 1 + len(conference.definition.sites)


def least_loaded(engines: Sequence[str], wanted: Iterable[WantedConference]) -> str:
    """The engine with the least weight on it, the first of equals; raises Refused if none is up.

    What is wanted counts, not what snapshots say: ten conferences made in one moment spread too.
    """
    if not engines:
        raise Refused("no media engine is running")
    load = dict.fromkeys(engines, 0)
    for conference in wanted:
        if conference.engine in load:
            load[conference.engine] += weight(conference)
    return min(engines, key=lambda name: load[name])
