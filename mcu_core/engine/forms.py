"""The coded forms of a conference's pictures."""

from dataclasses import replace

import msgspec

from mcu_core.contract.content import LARGEST_STILL
from mcu_core.contract.definition import ConferenceDefinition, VideoLimit
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm
from mcu_core.negotiation.rate_shares import picture_limit, sound_share

CONTENT_FPS = 15
"""Slides need no more, and a screen that scrolls is followed well enough."""


def content_form(definition: ConferenceDefinition, size: tuple[int, int]) -> VideoForm:
    """Content of that size as channels for it get it by default: its share of a site's rate."""
    width, height = fitted(size)
    rate = int(definition.video_bitrate_bps * definition.content.share)
    if definition.content.motion:
        return VideoForm(H264, width, height, definition.fps, rate)
    return VideoForm(H264, width, height, CONTENT_FPS, rate, sharp=True)


def fitted(size: tuple[int, int]) -> tuple[int, int]:
    """The even size of its shape, at most LARGEST_STILL, in which content is sent."""
    width, height = size
    scale = min(1.0, LARGEST_STILL[0] / width, LARGEST_STILL[1] / height)
    return max(16, int(width * scale) // 2 * 2), max(16, int(height * scale) // 2 * 2)


def beside_content(form: VideoForm, share: float) -> VideoForm:
    """The main picture of who gets content beside it: what content leaves of the rate."""
    return replace(form, bitrate_bps=int(form.bitrate_bps * (1 - share)))


def limit_share(limit: VideoLimit, share: float) -> VideoLimit:
    """A part of the pictures that a site may be sent."""
    pictures = picture_limit(limit, sound_share(limit.rate_bps))
    return msgspec.structs.replace(limit, bitrate_bps=int(pictures.bitrate_bps * share))


def main_form(definition: ConferenceDefinition) -> VideoForm:
    """The conference picture as calls get it by default."""
    return VideoForm(
        H264, definition.width, definition.height, definition.fps, definition.video_bitrate_bps
    )


def gone_along(form: VideoForm, before: VideoForm, after: VideoForm) -> VideoForm:
    """What a receiver takes once the conference's picture is another one: all of it, if it took all
    of the one before; else what it took."""

    def size(one: VideoForm) -> tuple[int, int, int]:
        return one.width, one.height, one.fps

    if size(form) != size(before):
        return form
    return replace(form, width=after.width, height=after.height, fps=after.fps)
