"""Use cases: whether a conference may be recorded, and recordings that begin by themselves."""

import msgspec

from control_api.services.conferences import Conferences
from control_api.services.recordings import Recordings
from control_api.services.views import ConferenceView
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.errors import Refused


class Consents:
    """The chair's word on recording, and what is to be recorded once there is consent."""

    def __init__(self, conferences: Conferences, recordings: Recordings) -> None:
        self._conferences = conferences
        self._recordings = recordings
        self._awaited: set[str] = set()
        recordings.told = self._told

    async def agree(self, conference: str, agreed: bool) -> ConferenceView:
        """The chair agrees to being recorded, or no longer: then a running recording ends.

        What was asked for meanwhile begins; raises NotFound, Refused where nothing is to be asked.
        """

        def edit(definition: ConferenceDefinition) -> ConferenceDefinition:
            if definition.recording.consent != "asked":
                raise Refused("nobody has to be asked before this conference is recorded")
            rules = msgspec.structs.replace(definition.recording, agreed=agreed)
            return msgspec.structs.replace(definition, recording=rules)

        view = await self._conferences.amend(conference, edit)
        if not agreed:
            self._awaited.discard(conference)
            await self._recordings.before_end(conference)
        elif conference in self._awaited:
            await self.record_soon(conference)
        return self._conferences.get(conference) if agreed else view

    async def record_soon(self, conference: str) -> None:
        """Let it be recorded as soon as recorder and engine can, and whoever is asked agrees."""
        try:
            await self._recordings.record_soon(conference)
        except Refused:
            rules = self._conferences.get(conference).recording_rules
            if rules.consent == "asked" and not rules.agreed:
                self._awaited.add(conference)

    async def _told(self, conference: str, runs: bool) -> None:
        """Let those in a conference know that it is recorded, or no longer."""
        self._awaited.discard(conference)
        await self._conferences.amend(
            conference, lambda definition: msgspec.structs.replace(definition, recording_runs=runs)
        )
