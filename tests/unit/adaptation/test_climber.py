"""When a receiver changes its rung, on a clock that the test moves."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.adaptation.climber import FALL_NS, Climber
from mcu_core.adaptation.path_rate import UNLIMITED_BPS
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm

HD = VideoForm(H264, 1280, 720, 30, 2_000_000)
STEP_NS = 200 * NS_PER_MS


class Walk:
    """A climber that is looked at five times a second."""

    def __init__(self) -> None:
        self.climber, self.now_ns = Climber(), 0
        self.forms = [self.climber.settle(HD, UNLIMITED_BPS, 0)]

    def go(self, seconds: float, limit_bps: int, full: VideoForm = HD) -> VideoForm:
        for _ in range(round(seconds * NS_PER_SECOND / STEP_NS)):
            self.now_ns += STEP_NS
            self.forms.append(self.climber.settle(full, limit_bps, self.now_ns))
        return self.forms[-1]

    def changes(self) -> int:
        return sum(1 for a, b in pairwise(self.forms) if a != b)


def test_without_limits_all_is_sent() -> None:
    assert Walk().go(5, UNLIMITED_BPS) == HD


def test_it_falls_at_once_and_as_far_as_it_takes() -> None:
    walk = Walk()
    assert walk.go(0.2, 250_000).bitrate_bps == 192_000
    assert walk.changes() == 1


def test_it_climbs_from_300_kbit_to_the_top_in_twelve_seconds_rung_by_rung() -> None:
    walk = Walk()
    walk.go(0.2, 250_000)
    assert walk.go(1.8, UNLIMITED_BPS).bitrate_bps == 192_000, "it waits a while first"
    assert walk.go(10.2, UNLIMITED_BPS) == HD
    rates = [form.bitrate_bps for form in walk.forms[2:]]
    assert all(b <= 1.6 * a for a, b in pairwise(rates))


def test_a_rung_that_was_too_much_is_tried_ever_more_seldom() -> None:
    walk = Walk()
    walk.go(0.2, 240_000)
    for _ in range(600):
        if walk.go(0.2, 300_000).bitrate_bps > 192_000:
            walk.go(0.2, 240_000)
    assert walk.changes() <= 1 + 2 * 6
    assert walk.changes() >= 1 + 2 * 4, "but it is tried"


def test_one_that_lasted_makes_it_try_soon_again() -> None:
    walk = Walk()
    for _ in range(3):
        walk.go(0.2, 240_000)
        walk.go(FALL_NS / NS_PER_SECOND * 5, 300_000)
    before = walk.changes()
    walk.go(8, 300_000)  # the present rung lasts
    walk.go(0.2, 240_000)
    assert walk.go(2.4, 300_000).bitrate_bps == 256_000
    assert walk.changes() == before + 2


def test_sway_around_a_rung_moves_nobody() -> None:
    walk = Walk()
    walk.go(0.2, 760_000)
    before = walk.changes()
    for _ in range(50):
        walk.go(0.2, 500_000)
        walk.go(0.2, 530_000)
    assert walk.changes() - before <= 1


def test_another_conference_picture_lifts_nobody() -> None:
    walk = Walk()
    walk.go(0.2, 250_000)
    other = replace(HD, width=1920, height=1080, bitrate_bps=4_000_000)
    assert walk.go(0.2, UNLIMITED_BPS, other).bitrate_bps == 192_000


@given(st.lists(st.tuples(st.integers(1, 4_000_000), st.integers(0, 10)), max_size=60))
def test_it_never_stays_over_its_limit_and_never_leaps_up(
    told: list[tuple[int, int]],
) -> None:
    walk = Walk()
    for limit, looks in told:
        for _ in range(looks):
            before = walk.forms[-1]
            form = walk.go(0.2, limit)
            assert form.bitrate_bps <= max(1.03 * limit, 16_000)
            assert form.bitrate_bps <= 2 * before.bitrate_bps
