"""A site with a second channel for content: it can share a colour, and looks at what it is sent."""

from mcu_core.contract.definition import PatternSource, VideoLimit
from mcu_core.endpoints.endpoint import Abilities, Feedback, Intake
from mcu_core.endpoints.pattern import PatternUnits
from mcu_core.endpoints.playout import Playout
from mcu_core.ingress.video_decoder import VideoDecoder
from mcu_core.media.clock import Clock
from mcu_core.media.codec import H264
from mcu_core.media.picture import Picture
from mcu_core.media.units import AccessUnit, EncodedUnit, VideoForm
from tests.fakes.screen import Screen


class Slides:
    """A ContentChannel. `takes` False: it only sends."""

    def __init__(
        self, name: str, intake: Intake, clock: Clock, *, takes: bool = True, streams: bool = False
    ) -> None:
        self.id = f"{name} content"
        self.feedback = Feedback()
        self.abilities = Abilities(True, streams)
        self.video_out: VideoForm | None = None
        self.units: list[EncodedUnit] = []
        self.picture: Picture | None = None
        self._takes = takes
        self._into = Intake(intake.content, None)
        self._clock = clock
        self._decoder = VideoDecoder(H264)
        self._playout: Playout | None = None
        self._pattern: PatternUnits | None = None

    def share(self, color: str, width: int = 320, height: int = 180, fps: int = 15) -> None:
        """Begin to send a picture of that colour."""
        self._pattern = PatternUnits(PatternSource(width, height, fps, color), "slides", 7)
        self._playout = Playout(self.id, self._clock, self._into, self._pattern, _ended)
        self._playout.start()

    async def rest(self) -> None:
        """Send no more; safe twice."""
        if self._playout is not None:
            await self._playout.stop()

    def send_video(self, unit: EncodedUnit) -> None:
        self.units.append(unit)
        coded = AccessUnit(unit.codec, unit.data, unit.stamp_ns, unit.keyframe)
        for picture in self._decoder.decode(coded):
            self.picture = picture

    def ask_keyframe(self) -> None:
        if self._pattern is not None:
            self._pattern.ask_keyframe()

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None:
        self.video_out = form if self._takes else None


class Presenter(Screen):
    """A screen with a second channel."""

    def __init__(
        self,
        name: str,
        intake: Intake,
        clock: Clock,
        form: VideoForm,
        *,
        takes: bool = True,
        streams: bool = False,
        fps: int = 30,
    ) -> None:
        super().__init__(name, intake, clock, form, fps=fps)
        self.slides = Slides(name, intake, clock, takes=takes, streams=streams)
        self.content = self.slides

    async def stop(self) -> None:
        await self.slides.rest()
        await super().stop()


def _ended(reason: str) -> None: ...
