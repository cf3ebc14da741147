"""A conference that broke is made anew as control wants it by then, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from mcu_core.contract.commands import CloseConference, EndContent, PutConference
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.events import ConferenceFailed, Event
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.engine import remaking
from mcu_core.engine.engine import Engine
from mcu_core.errors import Refused
from mcu_core.media.clock import MonotonicClock
from tests.fakes.waiting import until

PLAIN = ConferenceDefinition("c", "Plain", width=320, height=180, revision=1)
NEWER = msgspec.structs.replace(PLAIN, revision=2)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    made = Engine("test", tmp_path / "e.sock", NetworkOptions(), MonotonicClock())
    await made.open()
    yield made
    await made.close()


async def broken(
    engine: Engine, meanwhile: tuple[PutConference | CloseConference, ...]
) -> dict[str, int]:
    """The revisions that run after a conference has broken; what control wants `meanwhile`."""
    await engine._command(PutConference(PLAIN))
    first, ending = engine._conferences["c"], asyncio.Event()
    stop = first.stop

    async def stop_late() -> None:
        await ending.wait()
        await stop()

    first.stop = stop_late  # type: ignore[method-assign]
    engine._tell(ConferenceFailed("c", "broken on purpose"))
    await asyncio.sleep(0)
    assert not engine._conferences
    for command in meanwhile:
        await engine._command(command)
    ending.set()
    await asyncio.gather(*engine._tasks)
    return {name: one.definition.revision for name, one in engine._conferences.items()}


@pytest.mark.parametrize(
    ("meanwhile", "then"),
    [
        ((), {"c": 1}),
        ((PutConference(NEWER),), {"c": 2}),
        ((CloseConference("c"),), {}),
        ((PutConference(NEWER), CloseConference("c")), {}),
        ((CloseConference("c"), PutConference(NEWER)), {"c": 2}),
    ],
)
async def test_control_has_the_last_word(
    engine: Engine,
    meanwhile: tuple[PutConference | CloseConference, ...],
    then: dict[str, int],
) -> None:
    assert await broken(engine, meanwhile) == then


async def test_one_that_goes_on_breaking_rests_and_comes_back_as_it_is_wanted_by_then(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await broken(engine, ())
    monkeypatch.setattr(remaking, "FIRST_REST_S", 3600.0)
    monkeypatch.setattr(remaking, "LONGEST_REST_S", 3600.0)
    engine._tell(ConferenceFailed("c", "broken again"))
    await until(lambda: "c" in engine._broken)
    await engine._command(PutConference(NEWER))
    assert not engine._conferences, "putting it again must not go round the rest"
    with pytest.raises(Refused, match="made anew"):
        await engine._command(EndContent("c", "a"))
    assert engine._broken["c"].definition.revision == 2
    await engine._command(CloseConference("c"))
    await engine._command(PutConference(NEWER))
    assert engine._conferences["c"].definition.revision == 2


async def test_control_is_told_once_it_can_bring_sites_back(engine: Engine) -> None:
    told: list[bool] = []

    def note(event: Event) -> None:
        if isinstance(event, ConferenceFailed):  # whatever else a tick has to tell meanwhile
            told.append("c" in engine._conferences)

    engine._notify = note  # type: ignore[method-assign]
    await broken(engine, ())
    assert told == [True]
