"""The coded forms of a conference's pictures."""

from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm


def main_form(definition: ConferenceDefinition) -> VideoForm:
    """The conference picture as calls get it by default."""
    return VideoForm(
        H264, definition.width, definition.height, definition.fps, definition.video_bitrate_bps
    )
