"""What a receiver can be sent: the conference's picture within what it takes. Pure.

Sizes and rates come from short lists and bit rates are round, so that receivers with nearly the
same limits share one encoder.
"""

from dataclasses import replace

from mcu_core.contract.definition import VideoLimit
from mcu_core.media.codec import H264, VP8
from mcu_core.media.units import VideoForm
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.formats import Parameters, ProfileLevel, best_profile, whole_slices_only
from mcu_core.negotiation.h264_levels import LEVELS, Level, macroblocks
from mcu_core.negotiation.legal_sizes import legal_sizes
from mcu_core.negotiation.rate_shares import LEAST_PICTURES_BPS

NO_LIMIT = VideoLimit()

HEIGHTS = (1080, 720, 540, 360, 180)
CIF_HEIGHTS = (1152, 576, 288, 144)
CIF_SHAPE = 352 / 288
SAME_SHAPE = 0.02

BITRATES = tuple(
    1000 * kbps
    for kbps in (64, 96, 128, 192, 256, 384, 512, 768, 1000, 1500, 2000, 3000, 4000, 6000, 8000)
)
SLOWEST_FPS = 12
"""Down to here a picture is sent less often; beyond that, smaller."""

SHARE_EXPONENT = 0.75
"""A picture of a quarter of the pixels needs more than a quarter of the bits."""

_UNBOUNDED = Level(1 << 40, 1 << 30, 1 << 30)


def receivable(form: VideoForm, theirs: MediaAgreement, limit: VideoLimit) -> VideoForm:
    """The conference's `form`, made as small, as seldom and as thin as the receiver needs.

    What bounds it: its site's `limit`, its bandwidth lines, its H.264 level (RFC 6184 8.1, with
    max-fs, max-mbps and max-br) or VP8's max-fs and max-fr (RFC 7741 6.1), and its imageattr
    (RFC 6236). A size keeps the conference's shape, unless their codec knows only some sizes
    (H.263: `legal_sizes`); where nothing fits, the smallest is sent. The conference's own form is
    Constrained Baseline, which all share; who has fewer bits gets the best profile that it takes.
    """
    level = _level(theirs)
    width = min(limit.width or form.width, theirs.max_width or form.width)
    height = min(limit.height or form.height, theirs.max_height or form.height)
    fps = min(limit.fps or form.fps, _number(theirs.fmtp, "max-fr") or form.fps)
    legal = legal_sizes(theirs.codec, theirs.fmtp)
    often = {(width, height): fps for width, height, fps in legal}
    sizes = list(often) or smaller_sizes(form)
    for size in sizes:
        most = min(fps, level.per_second // macroblocks(*size), often.get(size, fps))
        rate = _rate(form.fps, most)
        slow = rate < min(SLOWEST_FPS, fps)
        if size[0] <= width and size[1] <= height and level.holds(*size) and not slow:
            break
    else:
        size = sizes[-1]
        most = min(fps, level.per_second // macroblocks(*size), often.get(size, fps))
        rate = _rate(form.fps, max(1, most))
    made = replace(
        form,
        codec=theirs.codec,
        width=size[0],
        height=size[1],
        fps=rate,
        whole_slices=whole_slices_only(theirs.codec, theirs.fmtp),
    )
    bounds = [limit.bitrate_bps, theirs.max_bitrate_bps or 0, 1000 * level.kbps]
    bitrate_bps = _bitrate(form, made, [one for one in bounds if one])
    alone = theirs.codec is H264 and bitrate_bps < form.bitrate_bps
    profile = best_profile(theirs.fmtp) if alone else form.profile
    return replace(made, bitrate_bps=bitrate_bps, profile=profile)


def smaller_sizes(form: VideoForm) -> list[tuple[int, int]]:
    """The conference's own size and the smaller ones of its shape, largest first."""
    shape = form.width / form.height
    cif = abs(shape / CIF_SHAPE - 1) < SAME_SHAPE
    heights = [one for one in (CIF_HEIGHTS if cif else HEIGHTS) if one < form.height]
    return [
        (form.width, form.height),
        *((max(16, round(one * shape / 2) * 2), one) for one in heights),
    ]


def _rate(fps: int, most: int) -> int:
    """The conference's pictures per second, halved as often as it takes."""
    while fps > max(1, most):
        fps //= 2
    return max(1, fps)


def _bitrate(form: VideoForm, made: VideoForm, bounds: list[int]) -> int:
    """Bits for the smaller picture; a round rate, unless the conference's own will do."""
    share = (made.width * made.height * made.fps) / (form.width * form.height * form.fps)
    most = min([int(form.bitrate_bps * share**SHARE_EXPONENT), *bounds])
    if most >= form.bitrate_bps:
        return form.bitrate_bps
    return max(LEAST_PICTURES_BPS, _rounded(most))


def _rounded(rate: int) -> int:
    """Down to two digits: near enough to a limit, and alike for who has nearly the same."""
    unit = int(10 ** max(0, len(str(rate)) - 2))
    return rate // unit * unit


def _level(theirs: MediaAgreement) -> Level:
    """What their decoder bears; all where they say nothing, as programs do that bear all."""
    fmtp = theirs.fmtp
    if theirs.codec is VP8 and (most := _number(fmtp, "max-fs")):
        return _UNBOUNDED._replace(per_picture=most)
    stated = ProfileLevel.read(fmtp) if "profile-level-id" in fmtp else None
    if theirs.codec is not H264 or stated is None:
        return _UNBOUNDED
    known = [level for number, level in LEVELS.items() if number <= stated.level]
    base = known[-1] if known else LEVELS[10]
    return Level(
        max(base.per_second, _number(fmtp, "max-mbps")),
        max(base.per_picture, _number(fmtp, "max-fs")),
        max(base.kbps, _number(fmtp, "max-br")),
    )


def _number(fmtp: Parameters, name: str) -> int:
    """A parameter's number, 0 where there is none."""
    text = fmtp.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
