"""Delays of pictures, out of counters that were seen."""

import numpy as np
import pytest

from benchmarks.sights import Seen, Sender, picture_delays_ms, share_read, shown_per_s
from mcu_core.media.clock import NS_PER_MS
from mcu_core.media.marker import Marker

FRAME_NS = 33_333_333
LOOP = 240


def sight(at_ms: float, counter: int | None) -> Seen:
    return Seen(round(at_ms * NS_PER_MS), (None if counter is None else Marker(counter, 0),))


def sender(units: int, first_unit: int = 0) -> Sender:
    return Sender(np.arange(units) * FRAME_NS + 1, LOOP, first_unit)


def test_picture_delay_is_from_sending_to_first_sight() -> None:
    seen = [sight(50, 0), sight(80, 0), sight(100, 1), sight(120, None), sight(200, 4)]
    delays, skipped = picture_delays_ms(seen, 0, sender(20))
    assert delays == pytest.approx([50, 100 - 33.3, 200 - 133.3], abs=0.1)
    assert skipped == 2


def test_a_counter_of_a_later_loop_is_matched_with_its_own_sending() -> None:
    at_ms = (LOOP + 3) * FRAME_NS / NS_PER_MS + 40
    delays, _ = picture_delays_ms([sight(at_ms, 3)], 0, sender(2 * LOOP))
    assert delays == pytest.approx([40])


def test_a_sender_may_begin_in_the_middle_of_its_loop() -> None:
    delays, _ = picture_delays_ms([sight(25, 30)], 0, sender(20, first_unit=30))
    assert delays == pytest.approx([25])
    assert sender(5, first_unit=30).left_ns(29, 10**12) is None


def test_a_pane_that_stands_still_shows_no_new_pictures() -> None:
    seen = [sight(100 * k, counter) for k, counter in enumerate((1, 1, 2, None, 2, 3, 3))]
    assert shown_per_s(seen, 0) == pytest.approx(2 / 0.6)
    assert shown_per_s(seen[:1], 0) == 0
    assert share_read(seen) == pytest.approx(6 / 7)
