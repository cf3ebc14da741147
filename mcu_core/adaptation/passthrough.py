"""Whether a site's own stream can be sent to a receiver as it is: a pure decision (design 4.2)."""

from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm
from mcu_core.protocol.stream_facts import StreamFacts

MARGIN = 1.1
"""How far over a receiver's rate a source's may be: those of single seconds swing that much."""

PROFILES_WITHIN = {
    0x42: frozenset({0x42}),
    0x4D: frozenset({0x42, 0x4D}),
    0x64: frozenset({0x42, 0x4D, 0x64}),
}
"""Which H.264 profiles a decoder of a profile takes too (H.264 A.2), of those that we know."""


def may_pass(
    source: StreamFacts | None, form: VideoForm, h264_limit: bytes, advised_bps: int | None
) -> bool:
    """Whether a receiver of `form` takes the source's stream.

    `h264_limit`: its profile, constraints and level as three bytes, empty for no limit;
    `advised_bps`: what its link takes, None while unknown. A source whose rate has not been
    measured yet does not pass.
    """
    if source is None or source.codec != form.codec or not source.bitrate_bps:
        return False
    rate = form.bitrate_bps if advised_bps is None else min(form.bitrate_bps, advised_bps)
    return (
        source.width <= form.width
        and source.height <= form.height
        and source.fps <= MARGIN * form.fps
        and source.bitrate_bps <= MARGIN * rate
        and (source.codec is not H264 or _decodable(source.profile_level, h264_limit))
    )


def _decodable(stream: bytes, limit: bytes) -> bool:
    if len(limit) != 3:
        return True
    return stream[0] in PROFILES_WITHIN.get(limit[0], ()) and stream[2] <= limit[2]
