"""All engines: their links, their newest snapshots, and the patience with one that stays away."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from control_api.errors import Away
from control_api.link.process_link import ProcessLink
from mcu_core.contract.caller import EngineCaller
from mcu_core.contract.commands import Answer, Attached, Command, GetSnapshot
from mcu_core.contract.events import Event
from mcu_core.contract.snapshots import EngineSnapshot
from mcu_core.errors import McuError, Refused

log = structlog.get_logger()

SNAPSHOT_TIMEOUT_S = 2.0


class FleetListener(Protocol):
    """Who is told what happens to engines; all on the event loop."""

    async def engine_up(self, engine: str, snapshot: EngineSnapshot) -> None:
        """An engine is connected, for the first time or again."""

    def engine_down(self, engine: str) -> None:
        """An engine is gone."""

    async def engine_given_up(self, engine: str) -> None:
        """An engine has been away for longer than our patience."""

    def engine_snapshot(self, engine: str, snapshot: EngineSnapshot) -> None:
        """A fresh snapshot came."""

    def engine_event(self, engine: str, event: Event) -> None:
        """An engine told something."""


@dataclass(slots=True)
class Member:
    """One engine as the fleet knows it. `restarts` counts successors seen since we started."""

    socket: Path
    link: ProcessLink[Command, Answer]
    snapshot: EngineSnapshot | None = None
    restarts: int = 0
    giving_up: asyncio.Task[None] | None = None


class Fleet:
    """Owner of the links to all engines; `start` and `stop` are its life."""

    def __init__(
        self,
        sockets: Mapping[str, Path],
        listener: FleetListener,
        patience_s: float,
        snapshot_every_s: float,
    ) -> None:
        self._listener = listener
        self._patience_s = patience_s
        self._every_s = snapshot_every_s
        self._polling: asyncio.Task[None] | None = None
        self.members = {name: self._member(name, socket) for name, socket in sockets.items()}

    def _member(self, name: str, socket: Path) -> Member:
        async def dial() -> EngineCaller:
            return await EngineCaller.connect(
                socket, "control", lambda event: self._listener.engine_event(name, event)
            )

        return Member(
            socket, ProcessLink(name, dial, self._arrival(name), lambda: self._gone(name))
        )

    def _arrival(self, name: str) -> Callable[[], Awaitable[None]]:
        async def arrived() -> None:
            member = self.members[name]
            before = member.snapshot
            snapshot = await self.refresh(name)
            new = before is not None and _identity(before) != _identity(snapshot)
            member.restarts += new
            log.info("engine is up", engine=name, pid=snapshot.pid, new=new)
            if member.giving_up is not None:
                member.giving_up.cancel()
                member.giving_up = None
            await self._listener.engine_up(name, snapshot)

        return arrived

    def _gone(self, name: str) -> None:
        log.warning("engine is gone", engine=name)
        self._listener.engine_down(name)
        self._lose_patience(name)

    def _lose_patience(self, name: str) -> None:
        async def give_up() -> None:
            await asyncio.sleep(self._patience_s)
            log.error("engine stays away", engine=name, patience_s=self._patience_s)
            await self._listener.engine_given_up(name)

        member = self.members[name]
        if member.giving_up is None or member.giving_up.done():
            member.giving_up = asyncio.create_task(give_up(), name=f"patience {name}")

    def start(self) -> None:
        """Dial all engines and begin to ask for snapshots."""
        for name, member in self.members.items():
            self._lose_patience(name)
            member.link.start()
        self._polling = asyncio.create_task(self._poll(), name="snapshots")

    async def stop(self) -> None:
        """Hang up everywhere and wait for it; safe twice. The engines go on."""
        await asyncio.gather(*(member.link.stop() for member in self.members.values()))
        tasks = [self._polling] if self._polling is not None else []
        tasks += [member.giving_up for member in self.members.values() if member.giving_up]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def up(self) -> list[str]:
        """Names of the engines that answer now."""
        return [name for name, member in self.members.items() if member.link.up]

    async def call(self, engine: str, command: Command) -> Answer:
        """Ask an engine; raises what it refused with, or Away."""
        member = self.members.get(engine)
        if member is None:
            raise Away(f"there is no engine {engine!r}")
        return await member.link.call(command)

    async def attach(self, engine: str, command: Command) -> Attached:
        """Ask for a connection."""
        answer = await self.call(engine, command)
        if not isinstance(answer, Attached):
            raise Refused(f"{engine} answered {type(answer).__name__} instead of Attached")
        return answer

    async def refresh(self, engine: str) -> EngineSnapshot:
        """A fresh snapshot of one engine; raises McuError."""
        member = self.members[engine]
        answer = await member.link.call(GetSnapshot(), SNAPSHOT_TIMEOUT_S)
        if not isinstance(answer, EngineSnapshot):
            raise Refused(f"{engine} answered {type(answer).__name__} instead of a snapshot")
        member.snapshot = answer
        self._listener.engine_snapshot(engine, answer)
        return answer

    async def refresh_all(self) -> None:
        """Fresh snapshots of all engines that answer."""
        for name in self.up():
            try:
                await self.refresh(name)
            except McuError as error:
                log.warning("no snapshot", engine=name, reason=str(error))

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self.refresh_all()


def _identity(snapshot: EngineSnapshot) -> tuple[int, int]:
    return snapshot.pid, snapshot.started_ns
