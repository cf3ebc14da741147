"""The tap's second channel: content, for a recorder that asks for it."""

from collections.abc import Callable
from dataclasses import replace

from mcu_core.contract.definition import VideoLimit
from mcu_core.endpoints.endpoint import Abilities, Feedback
from mcu_core.media.codec import H264
from mcu_core.media.units import EncodedUnit, VideoForm


class TapContent:
    """A ContentChannel that takes nothing until it is `wanted`."""

    def __init__(self, name: str, pass_on: Callable[[EncodedUnit], None]) -> None:
        self.id = name
        self.feedback = Feedback()
        self.abilities = Abilities()
        self.video_out: VideoForm | None = None
        self.wanted = False
        self._pass_on = pass_on

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None:
        """Content has another size or rate."""
        self.video_out = replace(form, codec=H264) if self.wanted else None

    def send_video(self, unit: EncodedUnit) -> None:
        """Keep and pass on a picture."""
        self._pass_on(unit)

    def ask_keyframe(self) -> None:
        """A tap sends nothing."""
