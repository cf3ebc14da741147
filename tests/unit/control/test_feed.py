"""The event feed's bound, drop rule and counters."""

import asyncio

from control_api.services.feed import BACKLOG, MOST_OF_ONE, Feed, Pace
from mcu_core.media.clock import NS_PER_MS


async def test_events_come_in_order_and_once() -> None:
    feed = Feed()
    reader = feed.subscribe()
    feed.publish("site", "a", {"n": 1})
    feed.publish("speaker", "b", {"n": 2}, {"n": 0})
    first, second = await reader.next(), await reader.next()
    assert first is not None
    assert second is not None
    assert (first.name, first.conference, first.data, first.public) == (
        "site",
        "a",
        '{"n":1}',
        '{"n":1}',
    )
    assert (second.data, second.public) == ('{"n":2}', '{"n":0}')
    reader.close()
    assert await reader.next() is None
    assert feed.readers == 0


async def test_a_reader_of_one_conference_hears_of_no_other() -> None:
    feed = Feed()
    reader = feed.subscribe("a")
    feed.publish("site", "b", {})
    feed.publish("site", "a", {})
    event = await reader.next()
    assert event is not None
    assert event.conference == "a"
    reader.close()


async def test_a_slow_reader_loses_its_oldest_levels_first() -> None:
    feed = Feed()
    reader = feed.subscribe()
    feed.publish("site", "a", {"n": 0})
    for number in range(BACKLOG - 1):
        feed.publish("levels", "a", {"n": number})
    feed.publish("conference", "a", {})
    feed.publish("levels", "a", {"n": "newest"})
    assert not reader.closed
    assert feed.events_dropped == 2
    names = []
    for _ in range(BACKLOG):
        event = await reader.next()
        assert event is not None
        names.append((event.name, event.data))
    assert names[0] == ("site", '{"n":0}')
    assert names[1] == ("levels", '{"n":2}')
    assert [name for name, _ in names[-2:]] == ["conference", "levels"]
    reader.close()


async def test_a_reader_without_levels_to_drop_is_cut_off() -> None:
    feed = Feed()
    slow, fast = feed.subscribe(), feed.subscribe()
    for _ in range(BACKLOG + 1):
        feed.publish("site", "a", {})
        assert await fast.next() is not None
    assert slow.closed
    assert await slow.next() is None
    assert not fast.closed
    assert (feed.readers, feed.readers_cut) == (1, 1)
    fast.close()


async def test_closing_wakes_everybody() -> None:
    feed = Feed()
    reader = feed.subscribe()
    waiting = asyncio.create_task(reader.next())
    await asyncio.sleep(0)
    feed.close()
    assert await waiting is None
    assert feed.subscribe().closed


def test_levels_pass_ten_times_a_second() -> None:
    pace = Pace()
    passed = sum(pace.passes(ms * NS_PER_MS) for ms in range(0, 10_000, 7))
    assert 99 <= passed <= 102
    steady = Pace()
    assert all(steady.passes((100 * k + k % 2 * 30) * NS_PER_MS) for k in range(50))


def test_one_name_does_not_take_all_places() -> None:
    feed = Feed()
    for _ in range(MOST_OF_ONE):
        feed.subscribe("c", "guest c s")
    assert feed.full("guest c s")
    assert not feed.full("admin")
