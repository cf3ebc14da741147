"""How a rate for all media of a site is divided: sound first. Pure."""

from bisect import bisect_right

import msgspec

from mcu_core.contract.definition import VideoLimit
from mcu_core.media.codec import OPUS, Codec

SOUND = ((0, 16_000), (96_000, 24_000), (160_000, 32_000), (384_000, 48_000), (512_000, 64_000))
"""From so many bit/s on sound has so many of them. At 64 kbit/s speech stays whole (Opus at 16
kbit/s), and 48 are left for a picture of CIF."""

LEAST_PICTURES_BPS = 16_000


def sound_share(rate_bps: int) -> int:
    """What sound gets of a rate for all media, bit/s, where its codec leaves the choice."""
    return SOUND[bisect_right(SOUND, rate_bps, key=lambda row: row[0]) - 1][1]


def adjustable(codec: Codec) -> bool:
    """Whether a sound codec can be had at other rates than its own."""
    return codec is OPUS


def picture_limit(limit: VideoLimit, sound_bps: int) -> VideoLimit:
    """The limit of pictures alone beside such sound."""
    if not limit.rate_bps:
        return limit
    left = max(LEAST_PICTURES_BPS, limit.rate_bps - sound_bps)
    bitrate_bps = min(limit.bitrate_bps, left) if limit.bitrate_bps else left
    return msgspec.structs.replace(limit, bitrate_bps=bitrate_bps)


def narrower(one: VideoLimit, other: VideoLimit) -> VideoLimit:
    """What is within both limits."""
    fields = VideoLimit.__struct_fields__
    pairs = {name: (getattr(one, name), getattr(other, name)) for name in fields}
    return VideoLimit(**{name: min(filter(None, both), default=0) for name, both in pairs.items()})
