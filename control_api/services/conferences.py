"""Use cases: making, changing and ending conferences; every change goes through `amend`."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import structlog

from control_api.errors import Away
from control_api.persistence.conferences import WantedConference
from control_api.persistence.rules import OPEN, Rules
from control_api.services.changes import changed
from control_api.services.feed import Feed
from control_api.services.keeper import Keeper
from control_api.services.names import clean_name
from control_api.services.observed import Observed
from control_api.services.views import ConferenceView
from control_api.services.wanted import Wanted
from mcu_core.contract.check import check
from mcu_core.contract.commands import CloseConference, PutConference
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.errors import McuError, Refused

log = structlog.get_logger()

MOST_CONFERENCES = 50
Edit = Callable[[ConferenceDefinition], ConferenceDefinition]
RulesEdit = Callable[[Rules], Rules]


class Conferences:
    """Conferences for callers."""

    def __init__(self, wanted: Wanted, observed: Observed, keeper: Keeper, feed: Feed) -> None:
        self._wanted = wanted
        self._observed = observed
        self._keeper = keeper
        self._feed = feed
        self.before_end: Callable[[str], Awaitable[None]] = _nothing
        """Awaited before a conference ends: its recording ends first."""
        self.ruled: Callable[[str, Rules], None] = lambda conference, rules: None
        """Told of changed rules."""

    def list(self) -> list[ConferenceView]:
        """All conferences, oldest first."""
        return [self.get(wanted.definition.id) for wanted in self._wanted.all()]

    def get(self, conference: str) -> ConferenceView:
        """One conference; raises NotFound."""
        return self._observed.view(conference)

    async def create(
        self, fields: Mapping[str, Any], conference: str = "", rules: Rules = OPEN
    ) -> ConferenceView:
        """Make a conference on the least loaded engine; raises BadInput, Refused.

        `fields`: those of ConferenceDefinition, `name` at least; of structs a mapping may name
        some fields.
        """
        if len(self._wanted.all()) >= MOST_CONFERENCES:
            raise Refused(f"there are {MOST_CONFERENCES} conferences already")
        fresh = ConferenceDefinition(id=conference or secrets.token_hex(5), name="", revision=1)
        definition = changed(fresh, _named(fields))
        check(definition)
        engine = self._keeper.place()
        async with self._wanted.lock(definition.id):
            await self._wanted.put(WantedConference(definition, engine, rules=rules))
            try:
                await self._send(engine, definition)
            except McuError:
                await self._wanted.remove(definition.id)
                raise
        return self._observed.publish(definition.id)

    async def amend(self, conference: str, edit: Edit) -> ConferenceView:
        """Change a definition: edit, keep, send. What the engine refuses is taken back and raised.

        While its engine is away the change is kept and takes effect when it is back.
        """
        self._observed.view(conference)  # an unknown one must not make a lock
        async with self._wanted.lock(conference):
            before = self._wanted[conference]
            edited = edit(before.definition)
            if edited == before.definition:
                return self._observed.view(conference)
            definition = _next(edited, before.definition)
            check(definition)
            sites = {site.id for site in definition.sites}
            rtp = {site: offer for site, offer in before.rtp.items() if site in sites}
            await self._wanted.put(replace(before, definition=definition, rtp=rtp))
            try:
                await self._send(before.engine, definition)
            except McuError:
                restored = _next(before.definition, definition)
                await self._wanted.put(replace(before, definition=restored))
                await self._send_again(before.engine, restored)
                raise
            return self._observed.publish(conference)

    async def change(self, conference: str, changes: Mapping[str, Any]) -> ConferenceView:
        """Change the fields of ConferenceDefinition that are given; raises BadInput.

        Of `voice`, `banner` and `caption` a mapping changes what it names only.
        """
        given = _named(changes)
        return await self.amend(conference, lambda definition: changed(definition, given))

    async def rule(self, conference: str, edit: RulesEdit) -> ConferenceView:
        """Change what control alone keeps of a conference; raises NotFound."""
        self._observed.view(conference)
        async with self._wanted.lock(conference):
            before = self._wanted[conference]
            rules = edit(before.rules)
            if rules != before.rules:
                await self._wanted.put(replace(before, rules=rules))
                self.ruled(conference, rules)
            return self._observed.publish(conference)

    async def end(self, conference: str) -> None:
        """End a conference; raises NotFound. An engine that is away hears of it when it is back."""
        self._observed.view(conference)
        await self.before_end(conference)
        async with self._wanted.lock(conference):
            engine = self._wanted[conference].engine
            await self._wanted.remove(conference)
            self._observed.forget(conference)
            self._feed.publish("gone", conference, {"conference": conference, "id": conference})
            try:
                await self._keeper.fleet.call(engine, CloseConference(conference))
            except Away as error:
                log.info("ends later", conference=conference, reason=str(error))

    async def _send(self, engine: str, definition: ConferenceDefinition) -> None:
        try:
            await self._keeper.fleet.call(engine, PutConference(definition))
        except Away as error:
            log.info("takes effect later", conference=definition.id, reason=str(error))

    async def _send_again(self, engine: str, definition: ConferenceDefinition) -> None:
        try:
            await self._send(engine, definition)
        except McuError as error:
            log.error("cannot take back", conference=definition.id, reason=str(error))


def _next(definition: ConferenceDefinition, before: ConferenceDefinition) -> ConferenceDefinition:
    return msgspec.structs.replace(definition, revision=before.revision + 1)


async def _nothing(conference: str) -> None:
    return


def _named(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, the name among them a clean one."""
    return {key: clean_name(value) if key == "name" else value for key, value in fields.items()}
