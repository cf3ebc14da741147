"""The content benchmark's link and reading, without a conference."""

from benchmarks.content import RATE_BPS, Show, Taker, decoded, first_ms, likeness
from mcu_core.contract.definition import VideoLimit
from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.media.clock import NS_PER_SECOND, ManualClock
from mcu_core.media.codec import H264
from mcu_core.media.picture import blank_picture
from mcu_core.media.units import EncodedUnit, VideoForm

SECOND = RATE_BPS // 8


def unit(size: int, stamp_ns: int = 0, keyframe: bool = True, data: bytes = b"") -> EncodedUnit:
    return EncodedUnit(H264, data or bytes(size), stamp_ns, 0, keyframe, (), 0)


def test_a_link_brings_no_more_than_its_rate() -> None:
    clock = ManualClock(NS_PER_SECOND)
    taker = Taker("a", clock, (1920, 1080))
    for _ in range(2):
        taker.send_video(unit(SECOND))
    clock.advance_ns(10 * NS_PER_SECOND)
    taker.send_video(unit(SECOND // 2))
    assert [one.at_ns / NS_PER_SECOND for one in taker.got] == [2, 3, 11.5]


def test_content_is_taken_as_large_as_the_screen() -> None:
    taker = Taker("a", ManualClock(), (1280, 720))
    taker.set_form(VideoForm(H264, 1920, 1080, 15, RATE_BPS), VideoLimit())
    assert taker.video_out is not None
    assert (taker.video_out.width, taker.video_out.height) == (1280, 720)


def test_only_what_has_come_is_seen() -> None:
    clock = ManualClock(NS_PER_SECOND)
    taker = Taker("a", clock, (64, 64))
    form = VideoForm(H264, 64, 64, 15, 200_000)
    encoder = VideoEncoder(form)
    for level in (40, 200):
        taker.send_video(encoder.encode(blank_picture(64, 64, level), level == 40))
        clock.advance_ns(NS_PER_SECOND)
    encoder.close()
    first, both = (decoded(taker.got, clock.now_ns() - k * NS_PER_SECOND) for k in (1, 0))
    assert first is not None
    assert both is not None
    assert abs(int(first[8, 8]) - 40) < 5
    assert abs(int(both[8, 8]) - 200) < 5
    assert decoded(taker.got, 0) is None


def test_the_first_picture_of_a_slide_is_the_first_large_one_after_it() -> None:
    clock = ManualClock(NS_PER_SECOND)
    taker = Taker("a", clock, (64, 64))
    for size, stamp_s in ((9000, 1), (60, 3), (SECOND, 3)):
        taker.send_video(unit(size, stamp_s * NS_PER_SECOND))
        clock.advance_ns(2 * NS_PER_SECOND)
    show = Show(0, 2 * NS_PER_SECOND, 9 * NS_PER_SECOND)
    assert first_ms(taker.got, show) == 4000.0


def test_likeness() -> None:
    assert likeness("ST elevation", "ST elevation") == 1
    assert 0.8 < likeness("ST eIevation", "ST elevation") < 1
