"""A small piece of bar 9: mutated packets and descriptions harm nobody, and pieces add up."""

from pathlib import Path

import pytest

from benchmarks import media_fuzz
from benchmarks.hostile_media import SHARES, Hostile
from mcu_core.errors import BadInput


def test_what_is_made_to_break_us_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_fuzz, "OTHER_S", 0.5)
    kept = tmp_path / "kept.json"
    media_fuzz.run(400, 3, kept)
    found = media_fuzz.run(350, 3, kept)
    assert sum(int(row["taken"]) + int(row["refused"]) for row in found.rows) == 750
    assert [row["wrong"] for row in found.rows] == [0] * len(SHARES)
    assert "750 inputs in 2 pieces" in found.notes[0]
    assert "was untouched" in found.notes[0]


def test_each_number_is_one_input_for_good() -> None:
    one, other, another_seed = Hostile(1), Hostile(1), Hostile(2)
    for made in (other, one):
        made.made(5)
    first = [one.made(n) for n in range(50)]
    assert [other.made(n) for n in reversed(range(50))] == first[::-1]
    assert [another_seed.made(n) for n in range(50)] != first
    assert {kind for kind, _ in first} == set(SHARES)


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"inputs": "x"}]'])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(text)
    with pytest.raises(BadInput, match="--kept"):
        media_fuzz.run(1, 1, kept)
