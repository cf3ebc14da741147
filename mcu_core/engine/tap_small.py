"""The tap's small coding: the picture that is recorded once more, for little bandwidth."""

from collections.abc import Callable

from mcu_core.contract.definition import VideoLimit
from mcu_core.endpoints.endpoint import Abilities, Feedback
from mcu_core.media.units import EncodedUnit, VideoForm


class TapSmall:
    """A Receiver that takes nothing until it is given a form."""

    def __init__(self, name: str, pass_on: Callable[[EncodedUnit], None]) -> None:
        self.id = name
        self.feedback = Feedback()
        self.abilities = Abilities()
        self.video_out: VideoForm | None = None
        self._pass_on = pass_on

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None:
        """It has another size or rate."""
        self.video_out = form

    def send_video(self, unit: EncodedUnit) -> None:
        """Keep and pass on a picture."""
        self._pass_on(unit)
