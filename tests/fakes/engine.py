"""A scripted engine: speaks the contract over a real Unix socket, keeps what it hears, no media."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mcu_core.contract.caller import failure_of
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
    GetSnapshot,
    GetTrace,
    MoveCamera,
    OfferRtp,
    OpenTap,
    PutConference,
    Reoffer,
    StillTaken,
    TakeContent,
    TakeStill,
)
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.events import Event, SiteChanged
from mcu_core.contract.snapshots import (
    ConferenceSnapshot,
    EngineSnapshot,
    SiteSnapshot,
    SiteTrace,
    TraceSample,
)
from mcu_core.contract.wire import ENGINE_FRAMING, Hello, Message, Notice, Reply, Request
from mcu_core.errors import BadInput, McuError, NotFound
from tests.fakes.scripted import Script

FIRST_PORT = 40_000


@dataclass
class FakeEngine:
    """`open` and `close` are its life; `forget` makes it a fresh process, as after a crash.

    `asked` holds every command but snapshots; `refuse` may raise an McuError for a command.
    """

    socket: Path
    name: str = "engine-0"
    pid: int = 100
    refuse: Callable[[Command], None] = lambda command: None
    asked: list[Command] = field(default_factory=list)
    conferences: dict[str, ConferenceDefinition] = field(default_factory=dict)
    overload_step: float = 0.0
    still: StillTaken = field(default_factory=lambda: StillTaken(2, 2, bytes(4), b"\x80", b"\x80"))
    endpoints: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Connection to (conference, site)."""
    _made: int = 0

    def __post_init__(self) -> None:
        self._script = Script(self.socket, ENGINE_FRAMING, Hello, self._reply)

    async def open(self) -> None:
        await self._script.open()

    async def close(self) -> None:
        await self._script.close()

    def forget(self) -> None:
        self.pid += 1
        self.asked.clear()
        self.conferences.clear()
        self.endpoints.clear()

    def tell(self, event: Event) -> None:
        self._script.tell(Notice(event))

    def _reply(self, message: Message) -> Message:
        assert isinstance(message, Request)
        return Reply(message.id, self._answer(message.body))

    def _answer(self, command: Command) -> Answer:
        if isinstance(command, GetSnapshot):
            return self.snapshot()
        self.asked.append(command)
        try:
            self.refuse(command)
            return self._carry_out(command)
        except McuError as error:
            return failure_of(error)

    def _carry_out(self, command: Command) -> Answer:  # noqa: C901, PLR0911, PLR0912 - one per command
        match command:
            case PutConference(definition):
                self.conferences[definition.id] = definition
            case CloseConference(conference):
                self.conferences.pop(conference, None)
            case AttachWebRtc(conference, site):
                return self._attach(conference, site, (0, 0))
            case OfferRtp(conference, site):
                return Attached(
                    f"{site} offered", f"v=0\r\ns=offer to {site}\r\n", (40_000, 40_002)
                )
            case AnswerRtp(conference, site, _):
                return self._attach(conference, site, (40_000, 40_002))
            case Reoffer(_, endpoint, _):
                return Attached(endpoint, "v=0\r\n", (40_000, 40_002))
            case AttachRtp(conference, site, _, ports):
                self._made += 2
                fresh = (FIRST_PORT + self._made, FIRST_PORT + self._made + 1)
                return self._attach(conference, site, ports if any(ports) else fresh)
            case Detach(conference, endpoint):
                if endpoint in self.endpoints:
                    _, site = self.endpoints.pop(endpoint)
                    self.tell(SiteChanged(conference, site, "away", "", "left"))
            case TakeContent() | EndContent() | MoveCamera():
                pass
            case GetTrace(conference, site):
                return SiteTrace(conference, site, (TraceSample(time_ns=1),))
            case TakeStill():
                return self.still
            case GetSnapshot() | OpenTap():
                raise BadInput("command", "one that control sends")
        return Done()

    def _attach(self, conference: str, site: str, ports: tuple[int, int]) -> Answer:
        if conference not in self.conferences:
            raise NotFound("conference", conference)
        self._made += 1
        endpoint = f"{site or 'viewer'}-{self.pid}-{self._made}"
        self.endpoints[endpoint] = (conference, site)
        if site:
            self.tell(SiteChanged(conference, site, "joined", endpoint))
        return Attached(endpoint, f"v=0\r\ns=answer {endpoint}\r\n", ports)

    def snapshot(self) -> EngineSnapshot:
        return EngineSnapshot(
            name=self.name,
            pid=self.pid,
            started_ns=self.pid,
            now_ns=0,
            conferences=tuple(self._conference(one) for one in self.conferences.values()),
            counters={"cpu_share": 0.25, "overload_step": self.overload_step},
        )

    def _conference(self, definition: ConferenceDefinition) -> ConferenceSnapshot:
        seated = {site: endpoint for endpoint, (_, site) in self.endpoints.items()}
        return ConferenceSnapshot(
            id=definition.id,
            revision=definition.revision,
            layout=definition.layout,
            mode=definition.layout.mode,
            panes=(),
            sites=tuple(
                SiteSnapshot(
                    site.id,
                    site.name,
                    endpoint=seated.get(site.id, ""),
                    state="joined" if site.id in seated else "away",
                    muted=site.muted,
                    quiet=site.quiet,
                    fps=25.0 if site.id in seated else 0.0,
                )
                for site in definition.sites
            ),
            video_outputs=(),
            audio_outputs=(),
        )
