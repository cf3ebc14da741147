"""From canvases to coded pictures, packetised once for all receivers."""

from collections.abc import Callable, Mapping
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from mcu_core.egress.timestamps import StreamClock
from mcu_core.errors import BadInput, CodecFailure
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import H261, H263, H263_1998, H263_2000, H264, VP8
from mcu_core.media.picture import Picture, Plane
from mcu_core.media.units import EncodedUnit, VideoForm
from mcu_core.protocol.payload.base import MAX_PAYLOAD_BYTES, Payloader, payloader
from mcu_core.protocol.payload.h264 import H264Payloader, nal_units

NEVER = 1 << 30
"""Group length: keyframes come when asked for, never by the clock (design 5)."""

LOWEST_BPS = 16_000

REFRESH_S = 2
"""Within so many seconds each part of a refreshed picture has been coded anew."""

SMALL_SLICE_BYTES = 500
"""Of refreshed pictures: what one lost packet takes with it."""

SLICE_BYTES = MAX_PAYLOAD_BYTES - 20
"""x264 estimates what a slice's unit adds to it."""

REOPEN_EVERY_S = 10
MUCH_LOWER = 0.7
"""An encoder that cannot follow a rate starts again for it, with a keyframe, this seldom, unless
the receiver's path has become so much narrower that it must be at once."""

_UNIT_TYPE, _IDR = 0x1F, 5  # RFC 6184 1.3
_BT709, _LIMITED = 1, 1  # ITU-T H.273 tables 2 to 4, and FFmpeg's AVCOL_RANGE_MPEG
_CODEC_ERRORS = (av.FFmpegError, ValueError, OverflowError, MemoryError)


PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium")
FASTEST_PRESET = PRESETS[0]
DEFAULT_PRESET = "superfast"
"""It has veryfast's PSNR at real-time rates for 60 % of its time."""


def _buffer_bits(bitrate_bps: int) -> int:
    """Half a second keeps a keyframe from queueing on a thin link; a third on a very thin one."""
    return bitrate_bps // (2 if bitrate_bps > THIN_BPS else 3)


THIN_BPS = 512_000


def _x264(form: VideoForm, bitrate_bps: int, preset: str) -> dict[str, str]:
    """Options of x264 for calls.

    maxrate and bufsize must be FFmpeg's own options: only then does x264 follow a new bit rate
    without starting again.
    """
    return {
        "preset": preset,
        "tune": "zerolatency",
        "profile": form.profile,
        "forced-idr": "1",
        "sc_threshold": "0",
        "maxrate": str(bitrate_bps),
        "bufsize": str(_buffer_bits(bitrate_bps)),
        **_slices(form),
    }


def _slices(form: VideoForm) -> dict[str, str]:
    if form.refreshed:
        return {"x264-params": f"slice-max-size={SMALL_SLICE_BYTES}:intra-refresh=1"}
    return {"x264-params": f"slice-max-size={SLICE_BYTES}"} if form.whole_slices else {}


def _libvpx(form: VideoForm, bitrate_bps: int, preset: str) -> dict[str, str]:
    """libvpx as RFC 7741 senders run it; cpu-used 8 is level with x264 superfast in time."""
    return {
        "deadline": "realtime",
        "cpu-used": "16" if preset == FASTEST_PRESET else "8",
        "lag-in-frames": "0",
        "auto-alt-ref": "0",
        "maxrate": str(bitrate_bps),
        "bufsize": str(bitrate_bps // 2),
    }


def _h263_plus(form: VideoForm, bitrate_bps: int, preset: str) -> dict[str, str]:
    """FFmpeg's own encoder; it has but one speed, a quarter of x264's time at the same size."""
    return {
        "maxrate": str(bitrate_bps),
        "bufsize": str(bitrate_bps // 2),
        "sc_threshold": "1000000000",
    }


def _h263(form: VideoForm, bitrate_bps: int, preset: str) -> dict[str, str]:
    """Each group of blocks has a header of its own, where RFC 2190 packets may begin."""
    return _h263_plus(form, bitrate_bps, preset) | {"ps": "1"}


_OPTIONS: Mapping[str, Callable[[VideoForm, int, str], dict[str, str]]] = {
    H264.name: _x264,
    VP8.name: _libvpx,
    H263_2000.name: _h263_plus,
    H263_1998.name: _h263_plus,
    H263.name: _h263,
    H261.name: _h263_plus,
}
_SHARP = {H264.name: {"preset": "veryfast", "tune": "stillimage,zerolatency"}}
"""For slides, unless the fastest preset must do: 1 dB more at the first look for the same bits."""

_FOLLOWS_RATE = frozenset({H264.name})


class VideoEncoder:
    """One encoder of one form; not thread-safe. Each picture gives exactly one unit, at once.

    H.264 is without reordering, with its parameter sets in front of every
    keyframe; tagged BT.709 limited range, as canvases are. `preset` is one of PRESETS,
    x264's names; libvpx only tells the first from the others. Raises BadInput for a form that
    cannot be coded, CodecFailure when the library gives up.
    """

    def __init__(self, form: VideoForm, preset: str = DEFAULT_PRESET) -> None:
        if form.codec.name not in _OPTIONS:
            raise BadInput("codec", f"one of {', '.join(_OPTIONS)}, not {form.codec.name}")
        if form.width % 2 or form.height % 2 or form.width < 16 or form.height < 16:
            raise BadInput("size", f"even and at least 16x16, not {form.width}x{form.height}")
        if not 1 <= form.fps <= 120:
            raise BadInput("fps", f"1..120, not {form.fps}")
        self.form = form
        self._preset = preset
        self._bitrate_bps = max(form.bitrate_bps, LOWEST_BPS)
        self._ceiling_bps = self._bitrate_bps  # else a lower rate could not rise again unseen
        self._payloader: Payloader = payloader(form.codec)
        if form.whole_slices:
            self._payloader = H264Payloader(MAX_PAYLOAD_BYTES, mode=0)
        self._stream_clock = StreamClock(form.codec.rtp_clock)
        self._duration_ns = NS_PER_SECOND // form.fps
        self._count = self._opened_at = 0
        self._context: VideoCodecContext | None = self._open()

    def _open(self) -> VideoCodecContext:
        form = self.form
        try:
            context = av.CodecContext.create(form.codec.encoder, "w")
            assert isinstance(context, VideoCodecContext)
            context.width, context.height, context.pix_fmt = form.width, form.height, "yuv420p"
            context.time_base, context.framerate = Fraction(1, form.fps), Fraction(form.fps)
            context.thread_count = 1
            context.gop_size = form.fps * REFRESH_S if form.refreshed else NEVER
            context.max_b_frames = 0
            opened_bps = self._ceiling_bps if self._follows_rate else self._bitrate_bps
            context.bit_rate = opened_bps
            context.color_range = _LIMITED
            context.colorspace = context.color_primaries = context.color_trc = _BT709
            context.options = self._options(opened_bps)
            context.open()
            context.bit_rate = self._bitrate_bps
        except _CODEC_ERRORS as error:
            raise CodecFailure(f"no encoder for {form}: {error}") from error
        return context

    def _options(self, bitrate_bps: int) -> dict[str, str]:
        options = _OPTIONS[self.form.codec.name](self.form, bitrate_bps, self._preset)
        if self.form.sharp and self._preset != FASTEST_PRESET:
            options |= _SHARP.get(self.form.codec.name, {})
        return options

    @property
    def _follows_rate(self) -> bool:
        return self.form.codec.name in _FOLLOWS_RATE

    def encode(self, picture: Picture, keyframe: bool) -> EncodedUnit:
        """Code `picture`, which must have the form's size, as a keyframe if so asked.

        The stamps of successive pictures must grow.
        """
        if (picture.width, picture.height) != (self.form.width, self.form.height):
            raise BadInput("picture", f"{self.form.width}x{self.form.height} pixels")
        try:
            if self._context is None:
                self._context = self._open()
                self._opened_at = self._count
            frame = av.VideoFrame.from_dlpack(
                (_writable(picture.y), _writable(picture.u), _writable(picture.v)), "yuv420p"
            )
            frame.pts = self._count
            frame.pict_type = PictureType.I if keyframe else PictureType.NONE
            packets = self._context.encode(frame)
        except _CODEC_ERRORS as error:
            raise CodecFailure(f"{self.form.codec.name} encoder: {error}") from error
        if len(packets) != 1:
            raise CodecFailure(f"{self.form.codec.name} gave {len(packets)} units for one picture")
        self._count += 1
        data, begins = bytes(packets[0]), packets[0].is_keyframe
        if begins and self.form.refreshed:  # each round of refreshing is told of as one, too
            begins = any(unit[0] & _UNIT_TYPE == _IDR for unit in nal_units(data))
        return self._unit(data, begins, picture.stamp_ns)

    def _unit(self, data: bytes, keyframe: bool, stamp_ns: int) -> EncodedUnit:
        return EncodedUnit(
            codec=self.form.codec,
            data=data,
            stamp_ns=stamp_ns,
            rtp_timestamp=self._stream_clock.at(stamp_ns),
            keyframe=keyframe,
            payloads=self._payloader.payloads(data, keyframe),
            duration_ns=self._duration_ns,
        )

    def set_bitrate(self, bitrate_bps: int) -> None:
        """Aim at another bit rate from the next picture on.

        x264 follows without a keyframe up to the highest rate so far; otherwise the encoder starts
        again, with a keyframe: of libvpx, which FFmpeg does not let follow, at once where the rate
        falls much, else only some seconds after it last did. Ask again until then.
        """
        bitrate_bps = max(bitrate_bps, LOWEST_BPS)
        if bitrate_bps == self._bitrate_bps or not self._may_change_to(bitrate_bps):
            return
        self._bitrate_bps = bitrate_bps
        follows = self._follows_rate and bitrate_bps <= self._ceiling_bps
        self._ceiling_bps = max(self._ceiling_bps, bitrate_bps)
        if follows and self._context is not None:
            self._context.bit_rate = bitrate_bps
        else:
            self._context = None

    def _may_change_to(self, bitrate_bps: int) -> bool:
        lasted_s = (self._count - self._opened_at) / self.form.fps
        return (
            self._follows_rate
            or bitrate_bps < MUCH_LOWER * self._bitrate_bps
            or lasted_s >= REOPEN_EVERY_S
        )

    def set_preset(self, preset: str) -> None:
        """Code with another preset from the next picture on, which is a keyframe then."""
        if preset != self._preset:
            self._preset = preset
            self._context = None

    def close(self) -> None:
        """Let the library's encoder go; safe twice."""
        self._context = None


def _writable(plane: Plane) -> Plane:
    """`plane`, or a copy of a read-only one: DLPack cannot say that an array is read-only.

    The encoder only reads it.
    """
    return plane if plane.flags.writeable else plane.copy()
