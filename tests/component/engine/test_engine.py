"""An engine in this process, driven through its socket as control drives it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from mcu_core.contract.caller import EngineCaller
from mcu_core.contract.commands import (
    AttachRtp,
    AttachWebRtc,
    CloseConference,
    GetSnapshot,
    OpenTap,
    PutConference,
)
from mcu_core.contract.definition import (
    ConferenceDefinition,
    FileSource,
    LayoutChoice,
    LayoutRect,
    Logo,
    OwnLayout,
    Pane,
    PatternSource,
    SiteDefinition,
    SiteKind,
)
from mcu_core.contract.events import Event, LayoutShown, SiteChanged, TapTrack, TapUnit
from mcu_core.contract.line import dial
from mcu_core.contract.snapshots import ConferenceSnapshot, EngineSnapshot
from mcu_core.contract.wire import CONTRACT_VERSION, ENGINE_FRAMING, Hello, Request, Tapped
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.engine.engine import Engine
from mcu_core.engine.options import DEFAULT_OPTIONS, EngineOptions
from mcu_core.errors import BadInput, McuError, NotFound
from mcu_core.ingress.audio import AudioIngress
from mcu_core.media.clock import MonotonicClock
from mcu_core.media.sound import Block
from tests.fakes.waiting import DEADLINE_S


def pattern(name: str) -> SiteDefinition:
    source = PatternSource(width=160, height=96, fps=10)
    return SiteDefinition(name, f"Site {name}", SiteKind.PATTERN, pattern=source)


TWO = ConferenceDefinition(
    "c1",
    "Two",
    width=320,
    height=180,
    layout=LayoutChoice(mode=2),
    sites=(pattern("a"), pattern("b")),
    revision=1,
)


@dataclass
class Rig:
    """A caller of a running engine, and what that told."""

    caller: EngineCaller
    socket: Path
    events: list[Event] = field(default_factory=list)

    async def snapshot(self) -> EngineSnapshot:
        answer = await self.caller.call(GetSnapshot())
        assert isinstance(answer, EngineSnapshot)
        return answer

    async def conference(self) -> ConferenceSnapshot:
        return (await self.snapshot()).conferences[0]

    async def put(self, definition: ConferenceDefinition) -> None:
        await self.caller.call(PutConference(definition))

    async def until(self, condition: Callable[[ConferenceSnapshot], bool]) -> ConferenceSnapshot:
        async with asyncio.timeout(DEADLINE_S):
            while not condition(now := await self.conference()):
                await asyncio.sleep(0.02)
        return now


@asynccontextmanager
async def running_engine(
    folder: Path, options: EngineOptions = DEFAULT_OPTIONS
) -> AsyncIterator[Rig]:
    socket = folder / "e.sock"
    engine = Engine("test", socket, NetworkOptions(), MonotonicClock(), options)
    await engine.open()
    events: list[Event] = []
    caller = await EngineCaller.connect(socket, "test", events.append)
    reading = asyncio.create_task(caller.run())
    try:
        yield Rig(caller, socket, events)
    finally:
        await caller.close()
        await reading
        await engine.close()


def all_joined(now: ConferenceSnapshot) -> bool:
    return all(site.state == "joined" and not site.video_stalled for site in now.sites)


async def test_a_conference_lives_and_follows_its_definition(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as rig:
        await rig.put(TWO)
        await rig.until(all_joined)
        # Who begins to send first stands first.
        now = await rig.until(lambda now: sorted(now.panes) == ["a", "b"])
        assert (now.mode, now.revision) == (2, 1)
        pinned = msgspec.structs.replace(
            TWO, layout=LayoutChoice(mode=4), panes=(Pane("site", "b"),), revision=2
        )
        await rig.put(pinned)
        assert (await rig.conference()).panes == ("b", "a")
        async with asyncio.timeout(DEADLINE_S):
            while LayoutShown("c1", 2, 4, ("b", "a")) not in rig.events:
                await asyncio.sleep(0.01)
        await rig.put(msgspec.structs.replace(pinned, sites=(pattern("b"),), revision=3))
        now = await rig.conference()
        assert [site.id for site in now.sites] == ["b"]
        assert now.panes == ("b", "")
        await rig.caller.call(CloseConference("c1"))
        await rig.caller.call(CloseConference("c1"))  # ended already
        assert (await rig.snapshot()).conferences == ()


@pytest.mark.parametrize(
    ("change", "field_name"),
    [
        ({"layout": LayoutChoice(mode=50)}, "mode"),
        ({"layout": LayoutChoice(own=OwnLayout((LayoutRect(0, 0, 2, 1),)))}, "panes[0]"),
        ({"width": 321}, "width"),
    ],
)
async def test_a_wrong_definition_changes_nothing(
    tmp_path: Path, change: dict[str, object], field_name: str
) -> None:
    async with running_engine(tmp_path) as rig:
        await rig.put(TWO)
        with pytest.raises(BadInput) as caught:
            await rig.put(msgspec.structs.replace(TWO, revision=2, **change))
        assert field_name in caught.value.field
        assert (await rig.conference()).revision == 1


@pytest.mark.parametrize("path", ["none.png", "circle.png"])
async def test_a_new_conference_that_is_refused_is_not_there(tmp_path: Path, path: str) -> None:
    (tmp_path / "circle.png").symlink_to("circle.png")
    async with running_engine(tmp_path, EngineOptions(media=tmp_path)) as rig:
        with pytest.raises(BadInput, match=r"logo\.path"):
            await rig.put(msgspec.structs.replace(TWO, logo=Logo(path)))
        assert (await rig.snapshot()).conferences == ()
        await rig.put(TWO)
        await rig.until(all_joined)


async def test_what_does_not_exist_is_said(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as rig:
        await rig.put(TWO)
        with pytest.raises(NotFound, match="c9"):
            await rig.caller.call(AttachRtp("c9", "a", ""))
        with pytest.raises(NotFound, match="zz"):
            await rig.caller.call(AttachWebRtc("c1", "zz", "v=0"))
        with pytest.raises(BadInput, match="pattern"):
            await rig.caller.call(AttachRtp("c1", "a", "v=0"))
        with pytest.raises(McuError):
            await rig.caller.call(OpenTap("c9"))


async def test_a_source_that_cannot_start_says_why_and_harms_nobody(tmp_path: Path) -> None:
    missing = SiteDefinition(
        "f", "File", SiteKind.FILE, file=FileSource(str(tmp_path / "none.mp4"))
    )
    async with running_engine(tmp_path) as rig:
        await rig.put(msgspec.structs.replace(TWO, sites=(pattern("a"), missing)))
        await rig.until(lambda now: now.sites[0].state == "joined")
        async with asyncio.timeout(DEADLINE_S):
            while not any(
                isinstance(event, SiteChanged) and event.site == "f" and event.reason
                for event in rig.events
            ):
                await asyncio.sleep(0.02)


async def test_a_tap_gives_tracks_keyframe_and_sound(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as rig:
        await rig.put(TWO)
        await rig.until(all_joined)
        units = await read_tap(rig, 0, 40)
        pictures = [unit for unit in units if unit.name == "main"]
        assert pictures[0].keyframe
        assert any(unit.name == "sound" for unit in units)
        assert len((await rig.conference()).video_outputs) == 1
        # A recorder that comes back gets what it missed, from a keyframe on.
        again = await read_tap(rig, pictures[0].stamp_ns - 1, 40)
        assert again[0].stamp_ns <= pictures[-1].stamp_ns
        assert next(unit for unit in again if unit.name == "main").keyframe


async def read_tap(rig: Rig, since_ns: int, count: int) -> list[TapUnit]:
    line = await dial(rig.socket, ENGINE_FRAMING)
    line.send(Hello(CONTRACT_VERSION, "recorder"))
    line.send(Request(1, OpenTap("c1", since_ns)))
    tracks: set[str] = set()
    units: list[TapUnit] = []
    async with asyncio.timeout(DEADLINE_S):
        while len(units) < count:
            message = await line.receive()
            if isinstance(message, Tapped) and isinstance(message.body, TapTrack):
                tracks.add(message.body.name)
            elif isinstance(message, Tapped) and isinstance(message.body, TapUnit):
                units.append(message.body)
    await line.close()
    assert tracks == {"main", "sound"}
    return units


async def test_a_conference_whose_tick_breaks_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_engine(tmp_path) as rig:
        await rig.put(TWO)
        await rig.until(all_joined)
        broken = {"left": 1}

        def break_once(self: AudioIngress, now_ns: int) -> Block | None:
            if broken["left"]:
                broken["left"] -= 1
                raise RuntimeError("broken on purpose")
            return original(self, now_ns)

        original = AudioIngress.pull
        monkeypatch.setattr(AudioIngress, "pull", break_once)
        async with asyncio.timeout(DEADLINE_S):
            while not any(type(event).__name__ == "ConferenceFailed" for event in rig.events):
                await asyncio.sleep(0.02)
        async with asyncio.timeout(DEADLINE_S):
            while not (await rig.snapshot()).conferences:
                await asyncio.sleep(0.02)
        await rig.until(all_joined)


async def test_a_caller_of_another_version_is_dropped(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as rig:
        line = await dial(rig.socket, ENGINE_FRAMING)
        line.send(Hello(CONTRACT_VERSION + 1, "stranger"))
        with pytest.raises(McuError):
            async with asyncio.timeout(DEADLINE_S):
                await line.receive()
        await line.close()
        await rig.snapshot()  # others are served on


async def test_a_caller_who_speaks_garbage_is_dropped(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as rig:
        reader, writer = await asyncio.open_unix_connection(str(rig.socket))
        writer.write(ENGINE_FRAMING.encode(Hello(CONTRACT_VERSION, "stranger")))
        writer.write(b"\x00\x00\x00\x05" + b"\xc1" * 5)
        async with asyncio.timeout(DEADLINE_S):
            await reader.read()
        writer.close()
        await rig.snapshot()  # others are served on, and no task ended with an error
