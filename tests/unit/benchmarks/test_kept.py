"""What a bench keeps between its pieces."""

from pathlib import Path

import pytest

from benchmarks.kept import Kept
from mcu_core.errors import BadInput


def test_a_piece_goes_on_with_what_the_one_before_kept(tmp_path: Path) -> None:
    first = Kept(tmp_path / "kept")
    first.add("kill", {"lost_ms": 12.5})
    first.add("cut", {"lost_ms": 400})
    second = Kept(tmp_path / "kept")
    second.add("kill", {"lost_ms": 20})
    assert second.of("kill") == [{"lost_ms": 12.5}, {"lost_ms": 20}]
    assert Kept(tmp_path / "kept").of("kill") == second.of("kill")
    assert second.of("nothing") == []


def test_a_foreign_file_is_refused_and_no_file_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("no JSON")
    with pytest.raises(BadInput):
        Kept(tmp_path / "kept")
    Kept(None).add("kill", {})
    assert [file.name for file in tmp_path.iterdir()] == ["kept"]
