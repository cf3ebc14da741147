"""On which disk a new recording is begun."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mcu_core.errors import Refused
from mcu_core.media.clock import ManualClock
from recorder.disks import DISKS_NAME
from recorder.files import Room
from recorder.service import RecorderService

FREE = {"store": 1000, "big": 1500, "full": 10}


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecorderService:
    folders = [tmp_path / name for name in FREE]
    for folder in folders:
        folder.mkdir()
    (tmp_path / "store" / DISKS_NAME).write_text("\n".join(map(str, folders[1:])))
    monkeypatch.setattr("recorder.service.free_bytes", lambda folder: FREE[folder.name])
    return RecorderService(tmp_path / "s", tmp_path / "store", ManualClock(), Room(100, 300))


def run_on(service: RecorderService, folder: Path, count: int) -> None:
    for _ in range(count):
        one = SimpleNamespace(folder=folder / "x")
        service._running[f"r{len(service._running)}"] = cast("Any", one)


def test_it_goes_where_most_is_left_beside_what_those_that_run_there_need(
    service: RecorderService, tmp_path: Path
) -> None:
    assert service._place("new") == tmp_path / "big" / "new"
    run_on(service, tmp_path / "big", 2)
    assert service._place("new") == tmp_path / "store" / "new"
    run_on(service, tmp_path / "store", 2)
    assert service._place("new") == tmp_path / "big" / "new"
    run_on(service, tmp_path / "big", 2)
    assert service._place("new") == tmp_path / "store" / "new"
    run_on(service, tmp_path / "store", 1)
    with pytest.raises(Refused, match="the disk is full"):
        service._place("new")


def test_one_that_goes_on_stays_where_it_lies(service: RecorderService, tmp_path: Path) -> None:
    (tmp_path / "store" / "old").mkdir()
    assert service._place("old") == tmp_path / "store" / "old"
    (tmp_path / "full" / "older").mkdir()
    with pytest.raises(Refused, match="0 MB"):
        service._place("older")
