"""The owner of what is wanted: in memory for reading, in the database before it takes effect."""

import asyncio
from collections import defaultdict

from control_api.persistence.conferences import ConferenceRows, WantedConference
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.errors import NotFound


class Wanted:
    """All wanted conferences. Change one only while its `lock` is held."""

    def __init__(self, rows: ConferenceRows) -> None:
        self._rows = rows
        self._conferences: dict[str, WantedConference] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def load(self) -> None:
        """Read what an earlier process of ours kept."""
        self._conferences = {row.definition.id: row for row in await self._rows.load()}

    def lock(self, conference: str) -> asyncio.Lock:
        """Held while a conference is changed, so that changes do not overtake each other."""
        return self._locks[conference]

    def all(self) -> list[WantedConference]:
        """All conferences, oldest first."""
        return list(self._conferences.values())

    def __contains__(self, conference: str) -> bool:
        return conference in self._conferences

    def __getitem__(self, conference: str) -> WantedConference:
        """A conference; raises NotFound."""
        if conference not in self._conferences:
            raise NotFound("conference", conference)
        return self._conferences[conference]

    def on_engine(self, engine: str) -> list[ConferenceDefinition]:
        """Definitions of the conferences that an engine shall carry."""
        return [row.definition for row in self._conferences.values() if row.engine == engine]

    async def put(self, wanted: WantedConference) -> None:
        """Keep a conference, new or changed."""
        await self._rows.put(wanted)
        self._conferences[wanted.definition.id] = wanted

    async def remove(self, conference: str) -> None:
        """Forget a conference; unknown ones are forgotten already."""
        await self._rows.remove(conference)
        self._conferences.pop(conference, None)
        self._locks.pop(conference, None)
