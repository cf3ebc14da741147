"""How much is sent beside pictures to mend them."""

import pytest

from mcu_core.adaptation.repair_share import CALM_NS, SHARES, SLOW_NS, RepairShare
from mcu_core.media.clock import NS_PER_SECOND

FAR_NS, NEAR_NS = 2 * SLOW_NS, SLOW_NS // 2


def after(share: RepairShare, lost: int, seconds: int, begin: int = 0, rtt: int = FAR_NS) -> float:
    for second in range(begin, begin + seconds):
        share.reported(lost, rtt, second * NS_PER_SECOND)
    return share.share


@pytest.mark.parametrize(("lost", "rtt", "asks", "expected"), [
    (0, FAR_NS, True, 0.0),
    (3, FAR_NS, True, 0.0),
    (26, FAR_NS, True, 0.34),
    (26, NEAR_NS, True, 0.0),
    (26, NEAR_NS, False, 0.34),
    (255, None, True, 0.5),
])  # fmt: skip
def test_repairs_go_to_who_loses_and_has_no_quicker_way(
    lost: int, rtt: int | None, asks: bool, expected: float
) -> None:
    share = RepairShare(asks)
    assert share.reported(lost, rtt, 0) == (expected > 0)
    assert share.share == expected


def test_they_come_at_once_and_go_step_by_step() -> None:
    share = RepairShare(asks=True)
    assert after(share, 60, 1) == SHARES[0][1]
    calm_s = CALM_NS // NS_PER_SECOND
    assert after(share, 0, calm_s, 1) == SHARES[1][1]
    assert after(share, 0, calm_s, 1 + calm_s) == SHARES[2][1]
    assert after(share, 0, calm_s, 1 + 2 * calm_s) == 0


def test_a_burst_now_and_then_changes_nothing() -> None:
    share = RepairShare(asks=True)
    after(share, 60, 1)
    for begin in range(1, 100, 15):
        after(share, 0, 14, begin)
        assert not share.reported(60, FAR_NS, (begin + 14) * NS_PER_SECOND)
