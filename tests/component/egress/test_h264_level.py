"""What we tell of H.264 levels, judged by x264: the level that it writes for what it codes."""

import numpy as np
import pytest

from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.media.codec import H264
from mcu_core.media.picture import Picture
from mcu_core.media.units import AccessUnit, VideoForm
from mcu_core.negotiation.capabilities import LARGEST, LARGEST_CONTENT, Capabilities
from mcu_core.negotiation.formats import ProfileLevel, offer_parameters
from mcu_core.protocol.stream_facts import read_facts


def grey(width: int, height: int) -> Picture:
    planes = [np.full((height // k, width // k), 128, np.uint8) for k in (1, 2, 2)]
    return Picture(planes[0], planes[1], planes[2])


def level_of(form: VideoForm) -> int:
    """The level_idc of what x264 makes of it."""
    encoder = VideoEncoder(form, preset="ultrafast")
    unit = encoder.encode(grey(form.width, form.height), True)
    encoder.close()
    facts = read_facts(AccessUnit(H264, unit.data, 0, keyframe=True))
    assert facts is not None
    assert (facts.width, facts.height) == (form.width, form.height)
    return facts.profile_level[2]


@pytest.mark.parametrize(
    ("caps", "largest"),
    [(Capabilities(), LARGEST), (Capabilities().for_content(), LARGEST_CONTENT)],
    ids=["people", "slides"],
)
def test_who_keeps_to_our_level_can_send_the_largest_form_that_we_take(
    caps: Capabilities, largest: tuple[int, int, int]
) -> None:
    told = ProfileLevel.read(offer_parameters(H264, caps))
    assert told is not None
    needed = level_of(VideoForm(H264, *largest, caps.max_bitrate_bps))
    assert needed <= told.level
    lower = VideoForm(H264, largest[0], largest[1], largest[2] // 2, caps.max_bitrate_bps)
    assert level_of(lower) <= told.level
