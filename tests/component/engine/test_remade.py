"""A conference that broke is made anew as control wants it by then, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from mcu_core.contract.commands import CloseConference, PutConference
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.events import ConferenceFailed
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.engine.engine import Engine
from mcu_core.media.clock import MonotonicClock

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
