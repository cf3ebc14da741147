"""Keeps engines at what is wanted: after a loss, a restart, a failure, or too long an absence."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import structlog

from control_api.errors import Away
from control_api.link.fleet import Fleet
from control_api.link.placement import least_loaded
from control_api.link.reconcile import attaching, difference, keyless, lost, rejoining
from control_api.persistence.conferences import RtpOffer
from control_api.services.feed import Feed
from control_api.services.observed import Observed
from control_api.services.wanted import Wanted
from mcu_core.contract.commands import CloseConference, PutConference
from mcu_core.contract.events import ConferenceFailed, Event
from mcu_core.contract.snapshots import EngineSnapshot
from mcu_core.errors import BadInput, McuError

log = structlog.get_logger()

KEYS_GONE = "its keys went with its engine: connect it by a new offer"


class Keeper:
    """Owner of the fleet; `start` and `stop` are its life. Implements link.fleet.FleetListener."""

    def __init__(
        self,
        sockets: Mapping[str, Path],
        wanted: Wanted,
        observed: Observed,
        feed: Feed,
        patience_s: float,
        snapshot_every_s: float,
    ) -> None:
        self._wanted = wanted
        self._observed = observed
        self._feed = feed
        self._given_up: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.engine_ready = asyncio.Event()
        """Set once the first engine has been brought to what is wanted."""
        self.moved: Callable[[str], None] = lambda conference: None
        """Called after a conference was moved to another engine."""
        self.fleet = Fleet(sockets, self, patience_s, snapshot_every_s)

    def start(self) -> None:
        """Begin to connect to the engines."""
        self.fleet.start()

    async def stop(self) -> None:
        """Hang up, end what is under way, wait for it; safe twice. Conferences go on."""
        await self.fleet.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def place(self) -> str:
        """The engine for a new conference; raises Refused when none is up."""
        return least_loaded(self.fleet.up(), self._wanted.all())

    # ------------------------------------------------------------------ what the fleet tells

    async def engine_up(self, engine: str, snapshot: EngineSnapshot) -> None:
        """Bring an engine to what is wanted of it. One that runs it already is not disturbed."""
        self._given_up.discard(engine)
        wanted = self._wanted.on_engine(engine)
        missing = set(lost(wanted, snapshot))
        for command in difference(wanted, snapshot):
            match command:
                case CloseConference():
                    await self._quietly(self._close_stray(engine, command))
                case PutConference():
                    await self._quietly(self._put(command.definition.id))
                case _:
                    raise AssertionError(command)
        for definition in wanted:
            await self._quietly(self._reconnect(definition.id, snapshot, definition.id in missing))
        await self._take_homeless()
        self.engine_ready.set()

    def engine_down(self, engine: str) -> None:
        """Say so to everybody who looks."""
        self._observed.engine_gone(engine)

    async def engine_given_up(self, engine: str) -> None:
        """Another engine takes its conferences, if there is one; else they wait for the next."""
        self._given_up.add(engine)
        await self._take_homeless()

    def engine_snapshot(self, engine: str, snapshot: EngineSnapshot) -> None:
        """Remember it."""
        self._observed.snapshot(engine, snapshot)

    def engine_event(self, engine: str, event: Event) -> None:
        """Remember it; a conference that failed was made anew and lost its connections."""
        self._observed.event(engine, event)
        if isinstance(event, ConferenceFailed) and event.conference in self._wanted:
            log.error("conference failed", conference=event.conference, reason=event.reason)
            self._spawn(self._quietly(self._restore(event.conference)), "restore conference")

    # ------------------------------------------------------------------ bringing back

    async def _quietly(self, work: Awaitable[None]) -> None:
        """One conference that cannot be brought back must not keep the others from it."""
        try:
            await work
        except Away as error:
            log.info("engine left meanwhile", reason=str(error))
        except McuError as error:
            log.error("cannot bring back", reason=str(error))

    async def _close_stray(self, engine: str, command: CloseConference) -> None:
        if command.conference in {row.id for row in self._wanted.on_engine(engine)}:
            return  # it was made since the snapshot
        log.info("closing a conference that nobody wants", conference=command.conference)
        await self.fleet.call(engine, command)

    async def _put(self, conference: str) -> None:
        """Send the definition that is wanted now, not the one of a while ago."""
        async with self._wanted.lock(conference):
            if conference not in self._wanted:
                return
            wanted = self._wanted[conference]
            try:
                await self.fleet.call(wanted.engine, PutConference(wanted.definition, settled=True))
            except BadInput as error:
                if not error.field.startswith(("logo", "content.still")):
                    raise
                await self._put_bare(conference, str(error))

    async def _put_bare(self, conference: str, reason: str) -> None:
        """A logo or an image that went from the disk must not keep its conference from coming
        back."""
        log.warning("comes back without logo and image", conference=conference, reason=reason)
        wanted = self._wanted[conference]
        definition = wanted.definition
        bare = msgspec.structs.replace(
            definition,
            logo=None,
            content=msgspec.structs.replace(definition.content, still=None),
            revision=definition.revision + 1,
        )
        await self._wanted.put(replace(wanted, definition=bare))
        await self.fleet.call(wanted.engine, PutConference(bare, settled=True))
        self._observed.publish(conference)

    async def _restore(self, conference: str) -> None:
        """A conference was made anew: define it and connect its sites again."""
        await self._put(conference)
        wanted = self._wanted[conference]
        snapshot = await self.fleet.refresh(wanted.engine)
        await self._reconnect(conference, snapshot, True)

    async def _reconnect(self, conference: str, snapshot: EngineSnapshot, anew: bool) -> None:
        """RTP sites get their ports again; browsers of a conference made `anew`, and RTP sites
        whose keys are gone, are told to offer anew."""
        if conference not in self._wanted:
            return
        wanted = self._wanted[conference]
        if anew:
            self._observed.publish(conference)
            for site in rejoining(wanted.definition):
                self._feed.publish("rejoin", conference, {"conference": conference, "site": site})
            # Viewers have no site; their pages look whether picture still comes.
            self._feed.publish("rejoin", conference, {"conference": conference, "site": ""})
            for site in keyless(wanted.definition, wanted.rtp, snapshot):
                log.warning("site has to offer anew", conference=conference, site=site)
                self._observed.explain(conference, site, KEYS_GONE)
                self._feed.publish("rejoin", conference, {"conference": conference, "site": site})
        for command in attaching(wanted.definition, wanted.rtp, snapshot):
            try:
                attached = await self.fleet.attach(wanted.engine, command)
            except Away:
                raise
            except McuError as error:
                log.error("site not reconnected", site=command.site, reason=str(error))
                continue
            if attached.ports != command.ports:
                log.warning("site has other ports now", site=command.site, ports=attached.ports)
                await self.keep_rtp(
                    conference, command.site, RtpOffer(command.offer_sdp, attached.ports)
                )

    async def keep_rtp(self, conference: str, site: str, offer: RtpOffer | None) -> None:
        """Remember (None: forget) how an RTP site is connected."""
        async with self._wanted.lock(conference):
            wanted = self._wanted[conference]
            rtp = {name: kept for name, kept in wanted.rtp.items() if name != site}
            if offer is not None:
                rtp[site] = offer
            await self._wanted.put(replace(wanted, rtp=rtp))

    # ------------------------------------------------------------------ moving

    async def _take_homeless(self) -> None:
        up = self.fleet.up()
        if not up:
            return
        for wanted in self._wanted.all():
            if wanted.engine not in self.fleet.members or (
                wanted.engine in self._given_up and wanted.engine not in up
            ):
                await self._quietly(self._move(wanted.definition.id))

    async def _move(self, conference: str) -> None:
        async with self._wanted.lock(conference):
            wanted = self._wanted[conference]
            engine = self.place()
            log.warning("conference moves", conference=conference, old=wanted.engine, new=engine)
            await self._wanted.put(replace(wanted, engine=engine))
        await self._restore(conference)
        self.moved(conference)
