"""What the invented web server keeps in memory, and the events that the pages hear of it."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Iterator

from mcu_core.layouts.automatic import layout_for
from mcu_core.layouts.catalogue import mode
from mcu_core.layouts.own import read_layout
from tests.fakes.web_data import Json, conferences, groups, recordings, users

TICKS_PER_SECOND = 10
QUEUE = 200


class World:
    """All that the pages can see, and who listens to its changes."""

    def __init__(self) -> None:
        self.conferences: dict[str, Json] = {}
        self.recordings: dict[str, Json] = {}
        self.works: dict[str, Json] = {}
        self.users: dict[str, Json] = {}
        self.groups: dict[str, dict[str, str]] = {}
        self.roles: dict[str, list[str]] = {}
        self.signed_in = True
        self.readers: set[asyncio.Queue[str]] = set()
        self.count = 100
        self.reset()

    def reset(self, empty: bool = False) -> None:
        """Back to the first data, or to none."""
        self.conferences = {} if empty else {c["id"]: c for c in conferences()}
        self.recordings = {} if empty else {r["id"]: r for r in recordings()}
        self.works = {}
        self.users = {one["user"]: one for one in users()}
        self.groups = groups()
        self.roles = {"archivist": ["take"]}
        for conference in self.conferences.values():
            self.arrange(conference)

    def next_id(self, letter: str) -> str:
        """A new id."""
        self.count += 1
        return f"{letter}{self.count}"

    def tell(self, name: str, data: Json) -> None:
        """Send an event to all pages."""
        for reader in self.readers:
            if not reader.full():
                reader.put_nowait(_event(name, data))

    def arrange(self, conference: Json) -> None:
        """Work out the shown panes as an engine would, and tell."""
        own, number = conference["layout"]["own"], conference["layout"]["mode"]
        joined = [s["id"] for s in conference["sites"] if s["state"] == "joined"]
        leaders = [conference["broadcast"], conference["lecturer"]]
        full = next((sid for sid in leaders if sid in joined), "")
        layout = (
            mode(1)
            if full
            else read_layout(own)
            if own
            else layout_for(len(joined), conference["layout"]["policy"])
            if number is None
            else mode(number)
        )
        wanted = (conference["panes"] + [{"kind": "auto"}] * len(layout.panes))[: len(layout.panes)]
        fixed = {pane["site"] for pane in wanted if pane["kind"] == "site"}
        rest = iter([sid for sid in joined if sid not in fixed])
        shown = [_stands(pane, rest) for pane in wanted]
        conference["shown"] = {"mode": layout.id, "panes": [full] if full else shown}
        conference["revision"] += 1
        self.tell("conference", conference)

    async def heard(self) -> AsyncIterator[str]:
        """Server-sent events for one page: what is told, and levels ten times a second."""
        reader: asyncio.Queue[str] = asyncio.Queue(QUEUE)
        self.readers.add(reader)
        try:
            yield _event("hello", {})
            tick = 0
            while True:
                await asyncio.sleep(1 / TICKS_PER_SECOND)
                tick += 1
                for conference in list(self.conferences.values()):
                    levels = _levels(conference, tick)
                    yield _event("levels", {"conference": conference["id"], "levels": levels})
                while not reader.empty():
                    yield reader.get_nowait()
        finally:
            self.readers.discard(reader)


def _stands(pane: Json, rest: Iterator[str]) -> str:
    match pane["kind"]:
        case "site":
            return str(pane["site"])
        case "empty":
            return ""
        case _:
            return next(rest, "")


def _event(name: str, data: Json) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def _levels(conference: Json, tick: int) -> dict[str, float]:
    """Levels that move like talk: one site loud, the others at the noise of their rooms."""
    joined = [s["id"] for s in conference["sites"] if s["state"] == "joined"]
    levels = {}
    for k, sid in enumerate(joined):
        loud = sid == conference["speaker"]
        wobble = math.sin(tick * 0.9 + k * 2) * 7 + math.sin(tick * 2.3 + k) * 5
        levels[sid] = (-18 if loud else -50) + wobble
    return levels
