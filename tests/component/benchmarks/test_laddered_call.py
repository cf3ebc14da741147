"""Bar 3 in moved time: a receiver's link falls to a seventh and returns."""

import pytest

from benchmarks import laddered
from benchmarks.load.laddered_call import RTX, LadderPlan, fallen
from mcu_core.media import clock
from mcu_core.negotiation.agreement import NO_PROTECTION


@pytest.mark.parametrize("tells", ["reports"])
def test_it_falls_at_once_stands_still_briefly_and_returns(
    tells: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_BEGAN_NS", 0)  # else times are rounded otherwise each run
    protection = RTX if tells == "REMB" else NO_PROTECTION
    fall = fallen(LadderPlan(tells, seed=1, protection=protection))
    assert fall.first_freeze_s <= 1.5
    assert fall.sound_gap_s <= 0.2
    assert fall.within_s <= 2
    assert fall.back_s is not None
    assert fall.back_s <= 15


def test_dice_of_all_reports_are_a_table() -> None:
    rows = laddered.run(laddered.LadderDice(2, 4, 4)).rows
    assert [row["told by"] for row in rows] == ["reports", "REMB", "transport-cc"]
    assert all("/" in str(row["longest freeze, s"]) for row in rows)
