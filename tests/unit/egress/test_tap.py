"""What a recorder that comes back can still get."""

from mcu_core.egress.tap import TapBuffer
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import AAC, H264
from mcu_core.media.units import EncodedUnit


def picture(second: float, keyframe: bool = False, size: int = 10) -> EncodedUnit:
    stamp = int(second * NS_PER_SECOND)
    return EncodedUnit(H264, bytes(size), stamp, 0, keyframe, (), 33_333_333)


def sound(second: float) -> EncodedUnit:
    return EncodedUnit(AAC, b"x", int(second * NS_PER_SECOND), 0, True, (), 21_333_333)


def filled() -> TapBuffer:
    buffer = TapBuffer(held_ns=10 * NS_PER_SECOND)
    for n in range(40):
        buffer.push("main", picture(n / 4, keyframe=n % 8 == 0))
        buffer.push("sound", sound(n / 4))
    return buffer


def test_pictures_begin_with_the_next_keyframe_and_sound_at_once() -> None:
    units = filled().since(int(4.9 * NS_PER_SECOND))
    names = [name for name, _ in units]
    assert names[:3] == ["sound"] * 3
    first_picture = next(unit for name, unit in units if name == "main")
    assert first_picture.keyframe
    assert first_picture.stamp_ns == 6 * NS_PER_SECOND
    assert names.count("main") == 16
    stamps = [unit.stamp_ns for _, unit in units]
    assert stamps == sorted(stamps)
    assert min(stamps) > 4.9 * NS_PER_SECOND


def test_a_keyframe_just_after_the_time_asked_for_is_kept() -> None:
    units = filled().since(4 * NS_PER_SECOND - 1)
    assert next(unit.stamp_ns for name, unit in units if name == "main") == 4 * NS_PER_SECOND


def test_nothing_later_gives_nothing() -> None:
    assert filled().since(100 * NS_PER_SECOND) == []
    assert TapBuffer().since(0) == []


def test_time_is_bounded() -> None:
    buffer = TapBuffer(held_ns=2 * NS_PER_SECOND)
    for n in range(100):
        buffer.push("main", picture(n / 4))
    assert len(buffer) == 9
    assert buffer.dropped == 91


def test_bytes_are_bounded_and_counted() -> None:
    buffer = TapBuffer(held_bytes=1000)
    for n in range(50):
        buffer.push("main", picture(n / 100, size=90))
    assert buffer.bytes <= 1000
    assert len(buffer) == 11
    buffer.push("main", picture(1, size=5000))
    assert len(buffer) == 1, "one unit is always held"
