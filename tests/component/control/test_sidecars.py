"""Long recordings are made ready to be opened once they have ended, in a process of their own."""

from pathlib import Path

import pytest

from control_api.persistence.library import Found, Search
from control_api.services import sidecars
from control_api.services.sidecars import Sidecars
from recorder.catalogue import Catalogue
from recorder.sidecar import SIDECAR_NAME
from tests.unit.recorder.test_catalogue import end, fill


async def test_those_that_ended_are_made_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = Catalogue(tmp_path)
    end(fill(tmp_path, "ended", 1))
    running = fill(tmp_path, "running", 2)

    async def find(search: Search) -> Found:
        infos = catalogue.recordings()
        return Found(infos, len(infos), 0)

    service = Sidecars(catalogue, find)
    assert await service.sweep() == 0, "so short a journal is read at once"
    monkeypatch.setattr(sidecars, "WORTH_BYTES", 1)
    try:
        assert await service.sweep() == 1
        assert (tmp_path / "ended" / SIDECAR_NAME).exists()
        assert not (tmp_path / "running" / SIDECAR_NAME).exists()
        assert await service.sweep() == 0
        (tmp_path / "ended" / SIDECAR_NAME).unlink()
        assert await service.sweep() == 0, "each is tried once"
    finally:
        end(running)
    assert await service.sweep() == 1
    await service.stop()
