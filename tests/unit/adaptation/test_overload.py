"""What gives way when the machine is full, in which order, and how it comes back."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.adaptation.overload import STEPS, Overload, Pressure
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

LOOK_NS = 250 * NS_PER_MS
FULL = Pressure(late=0.5, busy=1.0)
ARRIVING = Pressure(late=0.5, busy=1.0, arriving=True)
CALM = Pressure(busy=0.3)
SKIPPING = Pressure(overtaken=0.4, busy=1.0)
BUSY_BUT_WELL = Pressure(busy=0.95)


class Looks:
    """An overload that is looked at four times a second of a clock that the test moves."""

    def __init__(self) -> None:
        self.overload = Overload()
        self.now_ns = 0

    def see(self, pressure: Pressure, seconds: float) -> int:
        for _ in range(round(seconds * 4)):
            self.now_ns += LOOK_NS
            self.overload.push(pressure, self.now_ns)
        return self.overload.step


def test_the_order_is_rate_then_tiles_then_preset_then_classes() -> None:
    fields = ("rate_divisor", "draft_tiles", "fast_preset", "merged_classes")
    full = STEPS[0]
    first = [
        min(k for k, step in enumerate(STEPS) if getattr(step, name) != getattr(full, name))
        for name in fields
    ]
    assert first == [1, 2, 3, 4]


def test_one_stall_changes_nothing_lasting_strain_goes_step_by_step() -> None:
    looks = Looks()
    looks.see(FULL, 0.25)
    assert looks.see(CALM, 0.25) == 0
    seen = [looks.see(FULL, 0.25) for _ in range(20)]
    assert seen[-1] == len(STEPS) - 1
    assert all(after - before in (0, 1) for before, after in pairwise(seen))


def test_pictures_left_out_for_a_second_change_nothing_for_two_they_do() -> None:
    looks = Looks()
    assert looks.see(SKIPPING, 1.25) == 0
    assert looks.see(CALM, 0.25) == 0
    assert looks.see(SKIPPING, 2) == 1


def test_sites_that_come_together_are_given_two_seconds() -> None:
    looks = Looks()
    assert looks.see(ARRIVING, 2) == 0
    assert looks.see(CALM, 1) == 0


def test_strain_that_stays_after_them_is_answered_at_once() -> None:
    looks = Looks()
    looks.see(ARRIVING, 1.5)
    assert looks.see(FULL, 0.25) == 1


def test_sites_that_come_and_go_for_ever_hold_up_the_first_step_alone() -> None:
    looks = Looks()
    assert looks.see(ARRIVING, 2.25) == 1
    assert looks.see(ARRIVING, 2.75) == len(STEPS) - 1


def test_when_the_load_is_gone_all_is_back_within_five_seconds() -> None:
    looks = Looks()
    looks.see(FULL, 20)
    assert looks.see(CALM, 5) == 0


def test_a_step_back_that_fails_is_tried_ever_more_seldom() -> None:
    looks = Looks()
    looks.see(FULL, 1)
    assert looks.overload.step > 0
    changes = 0
    for _ in range(4 * 60):  # a minute in which step 1 is well and step 0 is not
        before = looks.overload.step
        changes += looks.see(CALM if before else FULL, 0.25) != before
    assert changes < 24


def test_a_busy_machine_that_is_not_in_the_way_holds_nothing_back_for_ever() -> None:
    looks = Looks()
    looks.see(FULL, 3)
    assert looks.see(BUSY_BUT_WELL, 5) > 0
    assert looks.see(BUSY_BUT_WELL, 120) == 0


@given(
    st.lists(
        st.builds(
            Pressure,
            st.floats(0, 1),
            st.floats(0, 1),
            st.integers(0, 40),
            st.floats(0, 1),
            st.booleans(),
        ),
        max_size=80,
    )
)
def test_whatever_comes_the_step_is_one_of_the_order_and_moves_by_one(
    pressures: list[Pressure],
) -> None:
    overload, now_ns = Overload(), 0
    for pressure in pressures:
        before, now_ns = overload.step, now_ns + LOOK_NS
        assert overload.push(pressure, now_ns) == STEPS[overload.step]
        assert abs(overload.step - before) <= 1
    for k in range(240 * 4):  # calm mends everything in the end
        overload.push(CALM, now_ns + k * NS_PER_SECOND // 4)
    assert overload.step == 0
