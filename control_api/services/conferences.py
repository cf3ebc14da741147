"""Use cases: making, changing and ending conferences; every change goes through `amend`."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import msgspec
import structlog

from control_api.errors import Away
from control_api.persistence.conferences import WantedConference
from control_api.services.feed import Feed
from control_api.services.keeper import Keeper
from control_api.services.names import clean_name
from control_api.services.observed import Observed
from control_api.services.views import ConferenceView
from control_api.services.wanted import Wanted
from mcu_core.contract.check import check
from mcu_core.contract.commands import CloseConference, PutConference
from mcu_core.contract.definition import ConferenceDefinition, LayoutChoice
from mcu_core.errors import McuError, Refused

log = structlog.get_logger()

MOST_CONFERENCES = 50
Edit = Callable[[ConferenceDefinition], ConferenceDefinition]


class Conferences:
    """Conferences for callers."""

    def __init__(self, wanted: Wanted, observed: Observed, keeper: Keeper, feed: Feed) -> None:
        self._wanted = wanted
        self._observed = observed
        self._keeper = keeper
        self._feed = feed
        self.before_end: Callable[[str], Awaitable[None]] = _nothing
        """Awaited before a conference ends: its recording ends first."""

    def list(self) -> list[ConferenceView]:
        """All conferences, oldest first."""
        return [self.get(wanted.definition.id) for wanted in self._wanted.all()]

    def get(self, conference: str) -> ConferenceView:
        """One conference; raises NotFound."""
        return self._observed.view(conference)

    async def create(
        self,
        name: str,
        layout: LayoutChoice | None = None,
        conference: str = "",
        **fields: int | bool | None,
    ) -> ConferenceView:
        """Make a conference on the least loaded engine; raises BadInput, Refused.

        `fields`: others of ConferenceDefinition (width, fps, ...); None leaves the default.
        """
        if len(self._wanted.all()) >= MOST_CONFERENCES:
            raise Refused(f"there are {MOST_CONFERENCES} conferences already")
        definition = msgspec.structs.replace(
            ConferenceDefinition(
                id=conference or secrets.token_hex(5),
                name=clean_name(name),
                layout=layout or LayoutChoice(),
                revision=1,
            ),
            **_given(fields),
        )
        check(definition)
        engine = self._keeper.place()
        async with self._wanted.lock(definition.id):
            await self._wanted.put(WantedConference(definition, engine))
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

    async def change(
        self, conference: str, name: str | None = None, **fields: int | bool | None
    ) -> ConferenceView:
        """Change what is given, fields as for `create`; None leaves as it is."""
        changes: dict[str, str | int | bool] = dict(_given(fields))
        if name is not None:
            changes["name"] = clean_name(name)
        return await self.amend(
            conference, lambda definition: msgspec.structs.replace(definition, **changes)
        )

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


def _given(fields: Mapping[str, int | bool | None]) -> dict[str, int | bool]:
    return {name: value for name, value in fields.items() if value is not None}
