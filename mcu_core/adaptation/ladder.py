"""The ladder of output classes: which picture suits a bit rate. Pure.

A rung is a form with size and rate that its bits carry. All receivers of one view whose paths bear
about the same stand on the same rung, and share its encoder; who moves to another one leaves the
rest where they are.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from mcu_core.media.codec import H261, H263_FORMS, H264
from mcu_core.media.units import VideoForm
from mcu_core.negotiation.receivable import BITRATES, smaller_sizes

RATES = (16_000, 24_000, 32_000, 40_000, 48_000, *BITRATES)
"""What the rungs below the best one are coded at, bit/s: steps of a quarter to a half."""

LEAST = (
    (0, 16_000),
    (1_100_000, 40_000),
    (1_600_000, 64_000),
    (3_500_000, 112_000),
    (7_000_000, 224_000),
    (16_000_000, 320_000),
    (28_000_000, 432_000),
    (63_000_000, 640_000),
    (125_000_000, 1_500_000),
)
"""Pixels per second beyond which a picture needs at least so many bit/s. So a call of 384 kbit/s
has 720p30, one of 512 kbit/s 1080p30, one of 768 kbit/s 1080p60 (545 8.2.3), each beside its sound,
and one of 64 kbit/s CIF at 10 pictures a second."""

FLUENT_FPS = 24
SMALL_PIXELS = 640 * 360
SLOWEST_FPS = 10
"""Down to SMALL_PIXELS pictures become smaller before they become rarer than FLUENT_FPS; below that
they become rarer, to SLOWEST_FPS, before they are smaller still."""


def least_bps(width: int, height: int, fps: int) -> int:
    """The least bit rate at which such pictures are worth sending."""
    at = bisect_right(LEAST, width * height * fps, key=lambda row: row[0]) - 1
    return LEAST[at][1]


def rung(full: VideoForm, bitrate_bps: int) -> VideoForm:
    """The best that `bitrate_bps` carries of what a receiver takes, which is `full`.

    Its own rate or one of RATES, hardly over `bitrate_bps`: not below the least of them. H.261 and
    H.263, which know few sizes, and slides, which are to be read, only become rarer.
    """
    rate = full.bitrate_bps
    if bitrate_bps < rate:
        rate = min(rate, RATES[max(0, bisect_right(RATES, bitrate_bps) - 1)])
    width, height, fps = _carried(full, rate)
    return replace(full, width=width, height=height, fps=fps, bitrate_bps=rate)


def _carried(full: VideoForm, rate: int) -> tuple[int, int, int]:
    """The first of the pictures, best first, that a rate is enough for; else the last."""
    fixed = full.sharp or full.codec in (H261, *H263_FORMS)
    sizes = [(full.width, full.height)] if fixed else smaller_sizes(full)
    found = (full.width, full.height, full.fps)
    for width, height in sizes:
        small = fixed or width * height <= SMALL_PIXELS
        for fps in _rates(full.fps, SLOWEST_FPS if small else FLUENT_FPS):
            found = (width, height, fps)
            if rate >= least_bps(*found):
                return found
    return found


def _rates(fps: int, slowest: int) -> list[int]:
    """The picture rate itself, and its half, third and so on that are not below the slowest."""
    return [fps, *(fps // n for n in range(2, 7) if fps // n >= slowest)]


def next_up(form: VideoForm, full: VideoForm) -> VideoForm:
    """The rung above the one of `form`, of at least a quarter more; `full` at the top."""
    above = [one for one in RATES if one >= RISE * form.bitrate_bps]
    return rung(full, above[0] if above else full.bitrate_bps)


RISE = 1.2


def merged(wanted: Mapping[str, VideoForm], most: int) -> dict[str, VideoForm]:
    """The forms that receivers of one view get where only `most` encoders should run for them.

    Nobody gets more than wanted, in bits, size or rate. Of the rungs too many that one goes whose
    receivers lose least by standing on another; one below which there is none for them stays.
    """
    given = dict(wanted)
    while len(forms := sorted(set(given.values()), key=lambda form: form.bitrate_bps)) > most:
        falls: tuple[float, VideoForm, VideoForm] | None = None
        for at, form in enumerate(forms):
            below = next((one for one in reversed(forms[:at]) if _within(one, form)), None)
            if below is not None:
                readers = sum(1 for one in given.values() if one == form)
                loss = (1 - below.bitrate_bps / form.bitrate_bps) * readers
                if falls is None or loss < falls[0]:
                    falls = (loss, form, below)
        if falls is None:
            break
        _, gone, instead = falls
        given = {reader: instead if form == gone else form for reader, form in given.items()}
    return given


def _within(form: VideoForm, other: VideoForm) -> bool:
    """Whether a receiver of the other form takes this one, too."""
    alike = replace(
        form, width=other.width, height=other.height, fps=other.fps, bitrate_bps=other.bitrate_bps
    )
    return (
        alike == other
        and form.width <= other.width
        and form.height <= other.height
        and form.fps <= other.fps
    )


def follows_in_place(old: VideoForm, new: VideoForm, opened_bps: int) -> bool:
    """Whether an encoder opened for `opened_bps` can go from one form to the other without a
    keyframe, and well."""
    return (
        old.codec is H264
        and replace(old, bitrate_bps=new.bitrate_bps) == new
        and new.bitrate_bps <= opened_bps <= IN_PLACE * new.bitrate_bps
    )


IN_PLACE = 1.6
"""x264 keeps the buffer that it was opened with: much lower, its bursts would be too large."""
