"""The recorded picture's small coding goes on having keyframes, and says so when it changes."""

from dataclasses import replace

from mcu_core.contract.definition import VideoLimit
from mcu_core.engine.tap import KEYFRAME_EVERY_NS, ConferenceTap
from mcu_core.media.clock import NS_PER_MS, ManualClock
from mcu_core.media.codec import H264
from mcu_core.media.units import EncodedUnit, VideoForm

MAIN = VideoForm(H264, 1280, 720, 30, 2_000_000)
SMALL = replace(MAIN, width=640, height=360, bitrate_bps=500_000)


def picture(clock: ManualClock, keyframe: bool) -> EncodedUnit:
    return EncodedUnit(H264, b"x", clock.now_ns(), 0, keyframe, (), 33_000_000)


def test_it_is_asked_for_a_keyframe_every_two_seconds_of_its_own() -> None:
    clock = ManualClock()
    tap = ConferenceTap(MAIN, b"", clock)
    asked: list[str] = []
    tap.feedback.keyframe_wanted = lambda: asked.append("main")
    tap.small.feedback.keyframe_wanted = lambda: asked.append("small")
    tap.small.set_form(SMALL, VideoLimit())
    for coding in ("main", "small"):
        send = tap.send_video if coding == "main" else tap.small.send_video
        send(picture(clock, True))
    for _ in range(3):
        clock.advance_ns(KEYFRAME_EVERY_NS - NS_PER_MS)
        tap.send_video(picture(clock, True))  # the large picture's keyframes are not its
        tap.small.send_video(picture(clock, False))
        assert asked == []
        clock.advance_ns(NS_PER_MS)
        tap.small.send_video(picture(clock, False))
        assert asked == ["small"]
        tap.small.send_video(picture(clock, True))
        asked.clear()
