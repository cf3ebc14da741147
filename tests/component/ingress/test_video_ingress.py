"""Incoming pictures with real codecs: what is shown, when to ask for a keyframe, what survives."""

from collections.abc import AsyncIterator
from fractions import Fraction

import av
import numpy as np
import pytest

from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.errors import CodecFailure
from mcu_core.ingress.keyframe_wish import ASK_EVERY_NS
from mcu_core.ingress.video import WAITING_UNITS, VideoIngress
from mcu_core.ingress.video_decoder import VideoDecoder
from mcu_core.media.clock import ManualClock
from mcu_core.media.codec import H264, VP8, Codec
from mcu_core.media.color import CANVAS_COLOR, Color, Matrix, Range
from mcu_core.media.units import AccessUnit
from tests.fakes.moving import (
    FRAME_NS,
    QUARTERS,
    access_unit,
    form_of,
    noisy,
    quarter_means,
    quartered,
)
from tests.fakes.waiting import Gate, until

CODECS = pytest.mark.parametrize("codec", [H264, VP8], ids=lambda codec: codec.name)


def stream(
    codec: Codec, count: int, width: int = 320, height: int = 180, keyframes: tuple[int, ...] = (0,)
) -> list[AccessUnit]:
    encoder = VideoEncoder(form_of(codec, width, height))
    units = [
        access_unit(encoder.encode(quartered(width, height, n + 1), n in keyframes))
        for n in range(count)
    ]
    encoder.close()
    return units


class Rig:
    """An ingress, the clock it reads, and the requests that it made."""

    def __init__(self) -> None:
        self.clock = ManualClock(10**9)
        self.ingress = VideoIngress(self.clock, "site")
        self.asked: list[int] = []
        self.ingress.on_keyframe_needed = lambda: self.asked.append(self.clock.now_ns())
        self.ingress.start()

    @property
    def handled(self) -> int:
        stats = self.ingress.stats
        return stats.frames + stats.dropped + stats.broken

    async def feed(self, *units: AccessUnit) -> None:
        for unit in units:
            before = self.handled
            self.ingress.push(unit)
            await self._handled_after(before)

    async def _handled_after(self, before: int) -> None:
        await until(lambda: self.handled > before, "a unit's fate")

    async def see(self, *units: AccessUnit) -> None:
        """Feed units of which the last must be shown."""
        await self.feed(*units)
        await until(lambda: self.shown_ns() == units[-1].stamp_ns, "the last picture")

    def shown_ns(self) -> int | None:
        picture = self.ingress.latest()
        return None if picture is None else picture.stamp_ns


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = Rig()
    yield rig
    await rig.ingress.stop()


@CODECS
async def test_colours_and_geometry_survive(rig: Rig, codec: Codec) -> None:
    await rig.see(*stream(codec, 5))
    picture = rig.ingress.latest()
    assert picture is not None
    assert (picture.width, picture.height) == (320, 180)
    assert picture.u.shape == picture.v.shape == (90, 160)
    for got, wanted in zip(quarter_means(picture), QUARTERS, strict=True):
        assert np.abs(np.subtract(got, wanted)).max() < 3
    assert picture.y[2, 5 * 8 + 4 : 5 * 8 + 12].min() > 200, "the bar of picture 5 stands at 40..56"
    assert picture.y[2, :24].max() < 80


async def test_every_picture_has_its_own_serial_and_its_own_stamp(rig: Rig) -> None:
    seen = []
    for unit in stream(H264, 6):
        await rig.see(unit)
        picture = rig.ingress.latest()
        assert picture is not None
        seen.append((picture.serial, picture.stamp_ns))
    assert [stamp for _, stamp in seen] == [FRAME_NS * n for n in range(1, 7)]
    assert len({serial for serial, _ in seen}) == 6
    assert rig.ingress.stats.frames == 6
    assert rig.ingress.stats.codec == "H264"


@CODECS
async def test_a_stream_that_begins_without_a_keyframe_asks_at_once(rig: Rig, codec: Codec) -> None:
    units = stream(codec, 12, keyframes=(0, 8))
    await rig.feed(*units[1:4])
    assert rig.asked == [10**9]
    assert rig.ingress.latest() is None
    rig.clock.advance_ns(ASK_EVERY_NS)
    await rig.feed(*units[4:8])
    await until(lambda: len(rig.asked) == 2)
    await rig.see(*units[8:])
    assert len(rig.asked) == 2
    assert rig.ingress.stats.dropped == 7


async def test_a_keyframe_first_asks_for_nothing(rig: Rig) -> None:
    await rig.see(*stream(H264, 10))
    assert rig.asked == []


@CODECS
async def test_a_broken_unit_keeps_the_last_good_picture(rig: Rig, codec: Codec) -> None:
    units = stream(codec, 12, keyframes=(0, 9))
    await rig.see(*units[:5])
    broken = AccessUnit(codec, units[5].data[:40], units[5].stamp_ns, broken=True)
    await rig.feed(broken, *units[6:9])
    assert rig.shown_ns() == units[4].stamp_ns
    assert len(rig.asked) == 1
    assert rig.ingress.stats.broken == 1
    await rig.see(*units[9:])


@CODECS
async def test_garbage_never_ends_the_stream(rig: Rig, codec: Codec) -> None:
    rng = np.random.default_rng(11)
    good = stream(codec, 4)
    for size in (1, 2, 3, 5, 20, 500, 5000):
        for keyframe in (False, True):
            data = rng.integers(0, 256, size, np.uint8).tobytes()
            rig.ingress.push(AccessUnit(codec, data, 1, keyframe))
        await until(lambda: len(rig.ingress._units) == 0)
    rig.ingress.push(AccessUnit(codec, b"", 1, True))
    await rig.see(*good)


@CODECS
def test_flipped_bits_and_cut_ends_raise_one_error_only(codec: Codec) -> None:
    rng = np.random.default_rng(5)
    units = stream(codec, 3, 64, 48)
    for _ in range(300):
        decoder = VideoDecoder(codec)
        for unit in units:
            data = bytearray(unit.data[: rng.integers(1, len(unit.data) + 1)])
            for position in rng.integers(0, len(data), 3):
                data[position] ^= 1 << rng.integers(0, 8)
            try:
                decoder.decode(AccessUnit(codec, bytes(data), 1, True))
            except CodecFailure:
                continue


async def test_a_codec_may_change_in_mid_stream(rig: Rig) -> None:
    await rig.see(*stream(H264, 3))
    await rig.see(*stream(VP8, 4, 160, 96))
    picture = rig.ingress.latest()
    assert picture is not None
    assert picture.width == 160
    assert rig.ingress.stats.codec == "VP8"


async def test_a_size_may_change_at_a_keyframe(rig: Rig) -> None:
    await rig.see(*stream(H264, 3))
    await rig.see(*stream(H264, 4, 160, 96))
    picture = rig.ingress.latest()
    assert picture is not None
    assert (picture.width, picture.height) == (160, 96)


async def test_a_new_sender_shows_nothing_of_the_old_one(rig: Rig) -> None:
    units = stream(H264, 6)
    await rig.see(*units[:3])
    rig.ingress.restart()
    assert rig.ingress.latest() is None
    await rig.feed(*units[3:])
    assert rig.ingress.latest() is None
    assert len(rig.asked) == 1
    await rig.see(*units[:2])


async def test_a_decoder_that_is_too_slow_begins_again_at_a_keyframe(rig: Rig) -> None:
    gate = Gate()
    rig.ingress.on_keyframe_needed = gate.pass_through
    units = stream(H264, WAITING_UNITS + 12, 64, 48, keyframes=(0, WAITING_UNITS + 8))
    rig.ingress.push(units[1])
    await until(lambda: gate.waiting == 1)
    for unit in units[:-4]:
        rig.ingress.push(unit)
    dropped = rig.ingress.stats.dropped
    gate.open()
    await until(lambda: len(rig.ingress._units) == 0)
    assert dropped == 1 + WAITING_UNITS
    assert rig.ingress.latest() is None
    await rig.see(*units[-4:])


async def test_what_nobody_sees_is_neither_decoded_nor_asked_for(rig: Rig) -> None:
    units = stream(H264, 12, keyframes=(0, 9))
    await rig.see(*units[:3])
    rig.ingress.watch(False)
    await rig.feed(*units[3:6])
    assert (rig.ingress.stats.frames, rig.asked) == (3, [])
    rig.ingress.watch(True)
    await rig.feed(*units[6:9])
    await until(lambda: len(rig.asked) == 1, "a request")
    await rig.see(*units[9:])


async def test_a_keyframe_that_nobody_saw_is_asked_for_again_at_once(rig: Rig) -> None:
    units = stream(H264, 12, keyframes=(0, 5))
    await rig.see(*units[:2])
    rig.ingress.watch(False)
    await rig.feed(units[2])
    assert rig.ingress.resuming, "whoever needs it must wait for it"
    rig.ingress.watch(True)
    await rig.feed(units[3])
    await until(lambda: len(rig.asked) == 1, "a request")
    rig.ingress.watch(False)
    await rig.feed(*units[4:7])
    rig.ingress.watch(True)
    await rig.feed(units[7])
    await until(lambda: len(rig.asked) == 2, "another request")


def test_odd_sizes_are_taken_as_they_are() -> None:
    context = av.CodecContext.create("libvpx", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 321, 181, "yuv420p"
    context.time_base = Fraction(1, 30)
    context.options = {"deadline": "realtime", "lag-in-frames": "0"}
    frame = av.VideoFrame(321, 181, "yuv420p")
    for plane, code in zip(frame.planes, (90, 100, 150), strict=True):
        np.frombuffer(memoryview(plane), np.uint8)[:] = code
    frame.pts = 0
    (packet,) = context.encode(frame)
    (picture,) = VideoDecoder(VP8).decode(AccessUnit(VP8, bytes(packet), 1, True))
    assert picture.y.shape == (181, 321)
    assert picture.u.shape == picture.v.shape == (91, 161)
    for plane_read, code in ((picture.y, 90), (picture.u, 100), (picture.v, 150)):
        assert np.abs(plane_read.astype(int) - code).max() < 4


async def test_a_picture_stays_whole_while_the_decoder_goes_on(rig: Rig) -> None:
    units = stream(H264, 30)
    await rig.see(units[0])
    picture = rig.ingress.latest()
    assert picture is not None
    before = np.array(picture.y)
    await rig.see(*units[1:])
    assert np.array_equal(picture.y, before)


async def test_stop_is_safe_twice_and_before_start() -> None:
    ingress = VideoIngress(ManualClock(), "never started")
    await ingress.stop()
    rig = Rig()
    await rig.ingress.stop()
    await rig.ingress.stop()
    rig.ingress.push(AccessUnit(H264, b"late", 0))


async def test_frame_rate_is_measured_and_forgotten(rig: Rig) -> None:
    for unit in stream(H264, 40):
        rig.clock.advance_ns(FRAME_NS)
        await rig.see(unit)
    assert rig.ingress.stats.fps(rig.clock.now_ns()) == pytest.approx(30, rel=0.01)
    assert rig.ingress.stats.fps(rig.clock.now_ns() + 3 * 10**9) == 0


def coded(pix_fmt: str, colorspace: int = 2, color_range: int = 0, sar: str = "") -> AccessUnit:
    """One keyframe of x264 in another pixel format, with other tags."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 320, 180, pix_fmt
    context.time_base = Fraction(1, 30)
    context.colorspace, context.color_range = colorspace, color_range
    if sar:
        context.sample_aspect_ratio = Fraction(sar)
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "10"}
    source = quartered(320, 180)
    frame = av.VideoFrame.from_dlpack((source.y, source.u, source.v), "yuv420p")
    frame = frame.reformat(
        format=pix_fmt, src_colorspace=1, dst_colorspace=1, src_color_range=1, dst_color_range=1
    )
    frame.pts = 0
    packets = context.encode(frame) + context.encode(None)
    return AccessUnit(H264, bytes(packets[0]), 5, True, rotation=90)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p"])
def test_other_chroma_becomes_4_2_0(pix_fmt: str) -> None:
    decoder = VideoDecoder(H264)
    (picture,) = decoder.decode(coded(pix_fmt, colorspace=1, color_range=1))
    assert picture.u.shape == (90, 160)
    assert picture.color == CANVAS_COLOR
    for got, wanted in zip(quarter_means(picture), QUARTERS, strict=True):
        assert np.abs(np.subtract(got, wanted)).max() < 3


@pytest.mark.parametrize(
    ("colorspace", "color_range", "wanted"),
    [
        (1, 1, Color(Matrix.BT709, Range.LIMITED)),
        (6, 1, Color(Matrix.BT601, Range.LIMITED)),
        (5, 2, Color(Matrix.BT601, Range.FULL)),
        (1, 2, Color(Matrix.BT709, Range.FULL)),
        (2, 0, Color(Matrix.BT601, Range.LIMITED)),  # untagged and small
    ],
)
def test_colour_comes_from_the_tags(colorspace: int, color_range: int, wanted: Color) -> None:
    (picture,) = VideoDecoder(H264).decode(coded("yuv420p", colorspace, color_range))
    assert picture.color == wanted


def test_pixel_aspect_and_rotation_are_kept() -> None:
    (picture,) = VideoDecoder(H264).decode(coded("yuv420p", sar="12/11"))
    assert picture.pixel_aspect == Fraction(12, 11)
    assert picture.rotation == 90


def test_what_we_encode_is_tagged_as_canvas() -> None:
    (picture,) = VideoDecoder(H264).decode(stream(H264, 1)[0])
    assert picture.color == CANVAS_COLOR


def test_planes_are_views_of_the_decoder_s_memory() -> None:
    encoder = VideoEncoder(form_of(H264, 426, 240))
    (picture,) = VideoDecoder(H264).decode(access_unit(encoder.encode(noisy(426, 240, 1), True)))
    for plane, owned in zip((picture.y, picture.u, picture.v), picture.owner.planes, strict=True):
        assert plane.ctypes.data == owned.buffer_ptr
        assert plane.strides == (owned.line_size, 1)


async def test_reordered_pictures_come_in_order_with_their_own_stamps(rig: Rig) -> None:
    """A file's B-pictures: packets stand in the order of decoding, stamps say when to show."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 320, 180, "yuv420p"
    context.time_base = Fraction(1, 30)
    context.options = {"preset": "veryfast", "bf": "3", "b_strategy": "0"}
    packets = []
    for n in range(1, 25):
        source = noisy(320, 180, n)
        frame = av.VideoFrame.from_dlpack((source.y, source.u, source.v), "yuv420p")
        frame.pts = n
        packets += context.encode(frame)
    packets += context.encode(None)
    assert [packet.pts for packet in packets] != sorted(packet.pts or 0 for packet in packets)
    decoder, stamps = VideoDecoder(H264), []
    for packet in packets:
        unit = AccessUnit(H264, bytes(packet), (packet.pts or 0) * FRAME_NS, packet.is_keyframe)
        stamps += [picture.stamp_ns for picture in decoder.decode(unit)]
    assert stamps == [n * FRAME_NS for n in range(1, len(stamps) + 1)]
    assert len(stamps) >= 20
