"""Sound frames that wait for the mixer."""

from mcu_core.ingress.sound_queue import SILENT_DBOV, WAITING_UNITS, SoundQueue
from mcu_core.media.codec import OPUS, PCMU
from mcu_core.media.units import AccessUnit


def unit(stamp_ns: int, level: float | None = None) -> AccessUnit:
    return AccessUnit(PCMU, b"x" * 160, stamp_ns, level_dbov=level)


def taken(queue: SoundQueue) -> int:
    first = queue.first()
    assert first is not None
    queue.take(first)
    return first.stamp_ns


def test_frames_come_out_by_their_stamps() -> None:
    queue = SoundQueue()
    for stamp in (30, 10, 20):
        assert queue.push(unit(stamp)) == 0
    assert queue.holds(20)
    assert not queue.holds(25)
    assert [taken(queue) for _ in range(3)] == [10, 20, 30]
    assert queue.first() is None


def test_the_oldest_goes_when_it_is_full() -> None:
    queue = SoundQueue()
    assert sum(queue.push(unit(n)) for n in range(WAITING_UNITS + 3)) == 3
    assert len(queue) == WAITING_UNITS
    assert taken(queue) == 3


def test_what_has_gone_meanwhile_is_not_taken_twice() -> None:
    queue = SoundQueue()
    queue.push(unit(10))
    seen = queue.first()
    assert seen is not None
    assert queue.clear() == 1
    queue.push(unit(5))
    queue.take(seen)
    assert len(queue) == 1


def test_the_level_is_that_of_the_loudest_still_to_be_heard() -> None:
    queue = SoundQueue()
    assert queue.level_dbov() is None
    for stamp, level in ((0, -20.0), (20, -60.0), (40, -80.0)):
        queue.push(unit(stamp, level))
    assert queue.level_dbov() == -20.0
    taken(queue)
    assert queue.level_dbov() == -20.0, "its end may still be heard"
    taken(queue)
    assert queue.level_dbov() == -60.0
    taken(queue)
    assert queue.level_dbov() == -80.0
    queue.push(unit(60, -10.0))
    assert queue.level_dbov() == -10.0


def test_one_frame_without_a_level_leaves_it_unknown() -> None:
    queue = SoundQueue()
    queue.push(unit(0, -80.0))
    queue.push(unit(20))
    assert queue.level_dbov() is None


def test_what_opus_need_not_send_is_silent() -> None:
    queue = SoundQueue()
    queue.push(AccessUnit(OPUS, b"\x78", 0))
    assert queue.level_dbov() == SILENT_DBOV
