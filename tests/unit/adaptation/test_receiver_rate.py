"""What a receiver can take."""

from mcu_core.adaptation.receiver_rate import UNLIMITED_BPS, ReceiverRate
from mcu_core.media.clock import NS_PER_SECOND


def heard(rate: ReceiverRate, second: int, sent_bps: int, advice_bps: int) -> int:
    rate.sent(sent_bps // 8)
    return rate.heard(advice_bps, second * NS_PER_SECOND)


def test_a_still_picture_is_no_congestion() -> None:
    rate = ReceiverRate()
    limits = [heard(rate, second, 6_000, 9_000) for second in range(10)]
    assert limits[-1] == UNLIMITED_BPS


def test_an_advice_below_what_was_sent_is_a_limit() -> None:
    rate = ReceiverRate()
    heard(rate, 0, 2_000_000, 3_000_000)
    assert heard(rate, 1, 2_000_000, 800_000) == 800_000


def test_a_limit_is_lifted_slowly_while_nothing_complains() -> None:
    rate = ReceiverRate()
    heard(rate, 0, 2_000_000, 3_000_000)
    heard(rate, 1, 2_000_000, 800_000)
    assert heard(rate, 2, 400_000, 600_000) == 864_000
    assert heard(rate, 3, 860_000, 1_200_000) == 1_200_000


def test_a_silent_advisor_is_not_divided_by() -> None:
    rate = ReceiverRate()
    assert rate.heard(100, 0) == UNLIMITED_BPS
    assert rate.heard(100, 0) == UNLIMITED_BPS
