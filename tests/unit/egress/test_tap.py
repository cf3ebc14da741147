"""The backlog of a tap: bounded, and replayed from a keyframe on."""

from mcu_core.egress.tap import TapBuffer
from mcu_core.media.codec import AAC, H264
from mcu_core.media.units import EncodedUnit

MS = 1_000_000


def picture(at_ms: int, keyframe: bool = False, size: int = 10) -> EncodedUnit:
    return EncodedUnit(H264, bytes(size), at_ms * MS, 0, keyframe, (), 33 * MS)


def sound(at_ms: int) -> EncodedUnit:
    return EncodedUnit(AAC, b"sound", at_ms * MS, 0, True, (), 20 * MS)


def replayed(buffer: TapBuffer, since_ms: int) -> list[tuple[str, int]]:
    return [(track, unit.stamp_ns // MS) for track, unit in buffer.since(since_ms * MS)]


def test_replay_begins_with_a_keyframe_and_keeps_the_order() -> None:
    buffer = TapBuffer()
    for track, unit in [
        ("main", picture(0, True)),
        ("sound", sound(10)),
        ("main", picture(33)),
        ("main", picture(66, True)),
        ("sound", sound(70)),
        ("main", picture(99)),
    ]:
        buffer.push(track, unit)
    assert replayed(buffer, 20) == [("main", 66), ("sound", 70), ("main", 99)]
    assert replayed(buffer, -1)[0] == ("main", 0)
    assert replayed(buffer, 99) == []


def test_what_is_too_old_goes() -> None:
    buffer = TapBuffer(kept_ns=100 * MS)
    for at_ms in range(0, 300, 50):
        buffer.push("main", picture(at_ms, True))
    assert replayed(buffer, -1) == [("main", 150), ("main", 200), ("main", 250)]
    assert buffer.dropped == 3


def test_what_is_too_much_goes() -> None:
    buffer = TapBuffer(kept_bytes=100)
    for at_ms in range(0, 50, 10):
        buffer.push("main", picture(at_ms, True, 40))
    assert replayed(buffer, -1) == [("main", 30), ("main", 40)]
    assert buffer.dropped == 3
