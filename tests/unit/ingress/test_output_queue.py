"""Which picture of a source an output tick shows."""

import random
from dataclasses import replace

from mcu_core.ingress.output_queue import OutputQueue
from mcu_core.media.picture import blank_picture

MS = 1_000_000
INTERVAL = 33 * MS
BLANK = blank_picture(16, 16)


def shown(arrivals: list[int], ticks: list[int]) -> tuple[list[int], OutputQueue]:
    """The number of the picture that each tick shows; picture k comes at arrivals[k]."""
    queue, numbers, due = OutputQueue(), [], 0
    for tick in ticks:
        while due < len(arrivals) and arrivals[due] <= tick:
            queue.push(replace(BLANK, stamp_ns=arrivals[due], serial=due))
            due += 1
        picture = queue.take(tick, INTERVAL)
        numbers.append(-1 if picture is None else picture.serial)
    return numbers, queue


def test_nothing_before_the_first_and_the_last_one_again() -> None:
    assert shown([40 * MS], [33 * MS, 66 * MS, 99 * MS])[0] == [-1, 0, 0]


def test_a_source_that_comes_just_at_the_tick_loses_nothing() -> None:
    dice = random.Random(5)
    ticks = [k * INTERVAL for k in range(1, 301)]
    arrivals = [tick + dice.randint(-3 * MS, 3 * MS) for tick in ticks]
    numbers, queue = shown(arrivals, ticks)
    assert queue.overtaken <= 1
    assert len(set(numbers)) >= len(ticks) - 3


def test_a_source_whose_decoding_ends_just_at_the_tick_loses_nothing() -> None:
    """Sixty large pictures a second: they come 6 ms before a tick and take 3 to 9 ms."""
    dice, interval = random.Random(7), 16_667_000
    queue, numbers, coming = OutputQueue(), [], 0
    arrivals = [k * interval - 6 * MS for k in range(1, 301)]
    ready = [at + dice.randint(3 * MS, 9 * MS) for at in arrivals]
    for tick in (k * interval for k in range(1, 303)):
        while coming < len(ready) and ready[coming] <= tick:
            queue.push(replace(BLANK, stamp_ns=arrivals[coming], serial=coming), ready[coming])
            coming += 1
        picture = queue.take(tick, interval)
        if picture is not None:
            numbers.append(picture.serial)
    assert queue.overtaken <= 2
    assert len(set(numbers)) >= 298


def test_a_source_well_between_the_ticks_is_never_held() -> None:
    ticks = [k * INTERVAL for k in range(1, 101)]
    arrivals = [tick - 15 * MS for tick in ticks]
    assert shown(arrivals, ticks)[0] == list(range(100))


def test_one_hiccup_does_not_leave_a_source_late() -> None:
    ticks = [k * INTERVAL for k in range(1, 101)]
    arrivals = [tick - 15 * MS for tick in ticks]
    arrivals[10] += 20 * MS  # comes after its tick: two wait at the next one
    numbers, queue = shown(arrivals, ticks)
    assert numbers[-1] == 99
    assert queue.overtaken == 1


def test_of_a_source_twice_as_fast_the_newest_is_shown() -> None:
    ticks = [k * INTERVAL for k in range(1, 51)]
    arrivals = [k * INTERVAL // 2 for k in range(1, 101)]
    numbers, queue = shown(arrivals, ticks)
    assert numbers == [2 * k + 1 for k in range(50)]
    assert queue.overtaken == 50


def test_a_sender_whose_clock_is_fast_does_not_build_up_delay() -> None:
    ticks = [k * INTERVAL for k in range(1, 2001)]
    arrivals = [int(k * INTERVAL * 0.995) for k in range(1, 2011)]
    numbers, queue = shown(arrivals, ticks)
    ages = [
        tick - arrivals[number] for tick, number in zip(ticks, numbers, strict=True) if number >= 0
    ]
    assert max(ages) <= 2 * INTERVAL
    assert queue.overtaken <= 12  # ten more pictures than ticks


def test_after_a_stall_the_newest_is_shown() -> None:
    arrivals = [10 * MS, 43 * MS, 76 * MS, 109 * MS]
    numbers, _ = shown(arrivals, [33 * MS, 150 * MS])
    assert numbers[0] == 0
    assert numbers[1] in (2, 3)


def test_a_new_sender_begins_with_nothing() -> None:
    queue = OutputQueue()
    queue.push(BLANK)
    queue.clear()
    assert queue.take(0, INTERVAL) is None


def test_a_held_source_is_shown_that_much_later_and_whole() -> None:
    """Well between the ticks, with a little jitter: each picture, once, in order."""
    dice = random.Random(6)
    for hold_ms in (50, 150, 390):
        queue, numbers = OutputQueue(), []
        queue.hold_ns = hold_ms * MS
        arrivals = [k * INTERVAL + 15 * MS + dice.randint(0, 4 * MS) for k in range(200)]
        due = 0
        for tick in (k * INTERVAL for k in range(1, 215)):
            while due < len(arrivals) and arrivals[due] <= tick:
                queue.push(replace(BLANK, stamp_ns=arrivals[due], serial=due))
                due += 1
            picture = queue.take(tick, INTERVAL)
            if picture is not None:
                assert picture.serial == 0 or tick - picture.stamp_ns >= hold_ms * MS
                numbers.append(picture.serial)
        assert len(set(numbers)) >= 198
        assert numbers == sorted(numbers)
        assert queue.overtaken <= 2


def test_the_first_picture_is_shown_at_once_however_long_pictures_are_held() -> None:
    queue = OutputQueue()
    queue.hold_ns = 100 * MS
    for _ in range(2):  # the second time for who comes back
        for k in range(2):
            queue.push(replace(BLANK, stamp_ns=k * INTERVAL, serial=k))
        taken = [queue.take(tick * INTERVAL, INTERVAL) for tick in range(1, 7)]
        assert [picture.serial for picture in taken if picture] == [0, 0, 0, 0, 1, 1]
        queue.clear()


def test_what_is_held_is_bounded() -> None:
    queue = OutputQueue()
    queue.hold_ns = 400 * MS
    for k in range(500):
        queue.push(replace(BLANK, stamp_ns=k * MS, serial=k))
    assert len(queue._waiting) <= 2 + 400 // 15
    assert queue.overtaken == 500 - len(queue._waiting)


def test_a_hold_that_ends_shows_the_newest() -> None:
    queue = OutputQueue()
    queue.hold_ns = 300 * MS
    for k in range(9):
        queue.push(replace(BLANK, stamp_ns=k * INTERVAL, serial=k))
    queue.hold_ns = 0
    picture = queue.take(9 * INTERVAL, INTERVAL)
    assert picture is not None
    assert picture.serial >= 7
