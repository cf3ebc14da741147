"""The media engine: conferences, and the socket through which control and recorder use them."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import structlog

from mcu_core.contract.caller import failure_of
from mcu_core.contract.check import check
from mcu_core.contract.commands import (
    Answer,
    AnswerRtp,
    Attached,
    AttachRtp,
    AttachWebRtc,
    CloseConference,
    Command,
    Detach,
    Done,
    EndContent,
    Failure,
    GetSnapshot,
    GetTrace,
    MoveCamera,
    OfferRtp,
    OpenTap,
    PutConference,
    Reoffer,
    TakeContent,
    TakeStill,
)
from mcu_core.contract.definition import ConferenceDefinition, SiteKind
from mcu_core.contract.events import ConferenceFailed, Event
from mcu_core.contract.line import Door, Line, LineClosed
from mcu_core.contract.snapshots import EngineSnapshot, SiteTrace
from mcu_core.contract.wire import (
    CONTRACT_VERSION,
    ENGINE_FRAMING,
    Hello,
    Message,
    Notice,
    Reply,
    Request,
)
from mcu_core.endpoints.datagrams import Datagrams
from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms, RtpCall
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.endpoints.webrtc_peer import WebRtcPeer
from mcu_core.engine.conference import Conference
from mcu_core.engine.effort import EffortKeeper
from mcu_core.engine.encryption import end_open_calls
from mcu_core.engine.load import EngineLoad
from mcu_core.engine.options import DEFAULT_OPTIONS, EngineOptions
from mcu_core.engine.own_offers import OwnOffers
from mcu_core.engine.remaking import Rests
from mcu_core.engine.renegotiation import reoffer
from mcu_core.engine.stills import Stills
from mcu_core.engine.threads import Threads
from mcu_core.errors import BadInput, MalformedInput, McuError, NotFound, Refused
from mcu_core.media.clock import Clock

log = structlog.get_logger()

MAX_CONFERENCES = 100
MAX_PENDING_REQUESTS = 64


@dataclass(slots=True, eq=False)
class _Broken:
    """A conference that is away for a while; `definition`: what control wants of it by now."""

    definition: ConferenceDefinition


class Engine:
    """Owner of all conferences of one process; `open` and `close` are its life."""

    def __init__(
        self,
        name: str,
        socket: Path,
        network: NetworkOptions,
        clock: Clock,
        options: EngineOptions = DEFAULT_OPTIONS,
    ) -> None:
        self._name = name
        self._network = network
        self._clock = clock
        self._started_ns = clock.now_ns()
        self._conferences: dict[str, Conference] = {}
        self._broken: dict[str, _Broken] = {}
        """Those that are to be there again once they have ended and rested."""
        self._rests = Rests()
        self._listeners: set[Line[Message]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._load = EngineLoad(clock)
        self._options = options
        self._threads = Threads(clock)
        self._effort = EffortKeeper(clock, self._conferences.values, options.cores)
        self._offers = OwnOffers()
        self._stills = Stills(clock)
        self._door: Door[Message] = Door(socket, ENGINE_FRAMING, self._serve)

    async def open(self) -> None:
        """Listen for control and recorder."""
        await self._door.open()
        self._threads.start()
        self._effort.start()
        log.info("engine is ready", engine=self._name)

    async def close(self) -> None:
        """End the connections, then the conferences, and wait for all of it."""
        await self._door.close()
        await self._effort.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._offers.close()
        await asyncio.gather(*(conference.stop() for conference in self._conferences.values()))
        self._conferences.clear()
        await asyncio.to_thread(self._threads.stop)

    # ------------------------------------------------------------------ the socket

    async def _serve(self, line: Line[Message]) -> None:
        hello = await line.receive()
        if not isinstance(hello, Hello) or hello.version != CONTRACT_VERSION:
            log.warning("caller speaks another contract", got=repr(hello))
            return
        log.info("caller connected", role=hello.role)
        self._listeners.add(line)
        limit = asyncio.Semaphore(MAX_PENDING_REQUESTS)
        try:
            async with asyncio.TaskGroup() as requests:
                while True:
                    message = await line.receive()
                    if not isinstance(message, Request):
                        continue
                    if isinstance(message.body, OpenTap):
                        self._listeners.discard(line)
                        await self._serve_tap(line, message.id, message.body)
                        return
                    await limit.acquire()
                    task = requests.create_task(self._answer(line, message))
                    task.add_done_callback(lambda _: limit.release())
        except* LineClosed:
            log.debug("caller closed", role=hello.role)
        except* MalformedInput as broken:
            log.warning("caller dropped", role=hello.role, reason=str(broken.exceptions[0]))
        finally:
            self._listeners.discard(line)
            log.info("caller left", role=hello.role)

    async def _answer(self, line: Line[Message], request: Request) -> None:
        line.send(Reply(request.id, await self._carry_out(request.body)))

    async def _carry_out(self, command: Command) -> Answer:
        try:
            return await self._command(command)
        except McuError as error:
            return failure_of(error)
        except Exception as error:  # a command that breaks must not end the engine
            log.exception("command failed", command=type(command).__name__)
            return Failure("McuError", f"{type(command).__name__} failed: {error}")

    async def _serve_tap(self, line: Line[Message], number: int, command: OpenTap) -> None:
        try:
            conference = self._conference(command.conference)
            tap = await conference.tap(recorded=command.recorded)
        except McuError as error:
            line.send(Reply(number, failure_of(error)))
            return
        line.send(Reply(number, Done()))
        await tap.serve(line, command.since_ns, content=command.content)

    def _tell(self, event: Event) -> None:
        if isinstance(event, ConferenceFailed):
            task = asyncio.create_task(self._remake(event), name="remake")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        self._notify(event)

    def _notify(self, event: Event) -> None:
        notice = Notice(event)
        for line in list(self._listeners):
            try:
                line.send(notice)
            except LineClosed:
                self._listeners.discard(line)

    async def _remake(self, event: ConferenceFailed) -> None:
        """A conference whose tick broke is made anew, after a rest if that happens again; its own
        sources come back by themselves, and control brings the others once it is told."""
        name = event.conference
        conference = self._conferences.pop(name, None)
        if conference is None:
            return
        self._broken[name] = broken = _Broken(conference.definition)
        rest_s = self._rests.broke(name, self._clock.now_ns())
        log.error("conference broke", conference=name, reason=event.reason, rest_s=rest_s)
        try:
            await conference.stop()
        except asyncio.CancelledError:  # the engine ends, but not before this one's threads
            await conference.stop()
            raise
        await asyncio.sleep(rest_s)
        if self._broken.get(name) is not broken:  # control has closed it meanwhile
            return
        del self._broken[name]
        try:
            await self._put(PutConference(broken.definition))
        except McuError as error:
            log.error("conference not made anew", conference=name, reason=str(error))
        self._notify(event)

    # ------------------------------------------------------------------ commands

    async def _command(self, command: Command) -> Answer:  # noqa: C901, PLR0911, PLR0912 - one per command
        await self._offers.forget_old(self._clock.now_ns())
        match command:
            case PutConference():
                return await self._put(command)
            case CloseConference():
                return await self._close_conference(command)
            case AttachWebRtc():
                return await self._attach_webrtc(command)
            case AttachRtp():
                return await self._attach_rtp(command)
            case OfferRtp(conference, site, owner):
                terms = self._terms(self._conference(conference), site, SiteKind.RTP)
                return await self._offers.make(conference, site, terms, owner)
            case AnswerRtp():
                return await self._answer_rtp(command)
            case Reoffer():
                return await reoffer(self._conference(command.conference), command)
            case TakeContent() | EndContent() | MoveCamera():
                return self._to_site(command)
            case Detach():
                return await self._detach(command)
            case GetSnapshot():
                return self._snapshot()
            case GetTrace():
                return self._trace(command)
            case TakeStill(conference, site, content):
                return await self._stills.take(self._conference(conference), site, content)
            case OpenTap():
                raise BadInput("command", "OpenTap only as a connection's own request")

    def _conference(self, name: str) -> Conference:
        if name in self._broken:
            raise Refused("the conference broke and is being made anew")
        if name not in self._conferences:
            raise NotFound("conference", name)
        return self._conferences[name]

    async def _put(self, command: PutConference) -> Answer:
        definition = command.definition
        if definition.id in self._broken:
            check(definition)
            self._broken[definition.id].definition = definition
            return Done()
        conference = self._conferences.get(definition.id)
        if conference is not None:
            await conference.apply(definition, settled=command.settled)
            await end_open_calls(conference)
            return Done()
        if len(self._conferences) >= MAX_CONFERENCES:
            raise BadInput("conferences", f"at most {MAX_CONFERENCES} on one engine")
        check(definition)
        conference = Conference(
            definition,
            self._clock,
            self._tell,
            self._threads,
            admission=self._effort,
            options=self._options,
        )
        self._conferences[definition.id] = conference
        try:
            await conference.start()
        except BaseException:
            self._conferences.pop(definition.id, None)
            await conference.stop()
            raise
        return Done()

    async def _close_conference(self, command: CloseConference) -> Answer:
        self._broken.pop(command.conference, None)
        conference = self._conferences.pop(command.conference, None)
        if conference is not None:
            await conference.stop()
        return Done()

    async def _attach_webrtc(self, command: AttachWebRtc) -> Answer:
        conference = self._conference(command.conference)
        peer = WebRtcPeer(self._terms(conference, command.site, SiteKind.WEBRTC))
        answer = await peer.accept(command.offer_sdp)
        await self._connect_or_stop(conference, command.site, peer)
        return Attached(peer.id, answer)

    async def _attach_rtp(self, command: AttachRtp) -> Answer:
        conference = self._conference(command.conference)
        terms = self._terms(conference, command.site, SiteKind.RTP)
        # An earlier session of the site holds the ports that it asks for again.
        earlier = conference.seat(command.site).endpoint
        if earlier is not None:
            await conference.disconnect(earlier.id)
        session = RtpSession(terms)
        answer = await session.accept(command.offer_sdp, command.ports)
        await self._connect_or_stop(conference, command.site, session)
        return Attached(session.id, answer, session.ports)

    async def _answer_rtp(self, command: AnswerRtp) -> Answer:
        conference = self._conference(command.conference)
        session = self._offers.settle(command)
        await self._connect_or_stop(conference, command.site, session)
        return Attached(session.id, command.answer_sdp, session.ports)

    async def _connect_or_stop(self, conference: Conference, site: str, endpoint: RtpCall) -> None:
        try:
            await conference.connect(site, endpoint)
        except McuError:
            await endpoint.stop()
            raise

    def _terms(self, conference: Conference, site: str, kind: SiteKind) -> CallTerms:
        return CallTerms(
            conference.new_endpoint_id(site),
            self._intake(conference, site, kind),
            self._network,
            self._clock,
            conference.form(),
            limit=conference.limit(site),
            encryption=conference.definition.encryption,
        )

    def _intake(self, conference: Conference, site: str, kind: SiteKind) -> Intake:
        if not site and kind is SiteKind.WEBRTC:
            return Intake(None, None)
        seat = conference.seat(site)
        if seat.definition.kind is not kind:
            raise BadInput("site", f"a site of kind {kind}, {site!r} is {seat.definition.kind}")
        return seat.intake

    def _to_site(self, command: TakeContent | EndContent | MoveCamera) -> Answer:
        conference = self._conference(command.conference)
        match command:
            case TakeContent(site=site):
                conference.content.take(site)
            case EndContent(site=site):
                conference.content.finish(site)
            case MoveCamera(site=site, order=order):
                conference.cameras.order(site, order)
        return Done()

    async def _detach(self, command: Detach) -> Answer:
        if command.conference in self._conferences:
            await self._conferences[command.conference].disconnect(command.endpoint)
        return Done()

    def _trace(self, command: GetTrace) -> Answer:
        trace = self._conference(command.conference).seat(command.site).trace
        return SiteTrace(command.conference, command.site, trace.samples)

    def _snapshot(self) -> Answer:
        return EngineSnapshot(
            name=self._name,
            pid=os.getpid(),
            started_ns=self._started_ns,
            now_ns=self._clock.now_ns(),
            conferences=tuple(conference.snapshot() for conference in self._conferences.values()),
            counters={
                **self._load.counters(),
                **self._effort.counters(),
                "strangers": Datagrams.here().strangers,
                "sources_followed": Datagrams.here().followed,
            },
        )
