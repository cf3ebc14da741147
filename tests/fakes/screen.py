"""A site that sends a flat colour and looks at what the conference sends it."""

from collections.abc import Callable, Collection, Mapping

import numpy as np

from mcu_core.contract.definition import PatternSource
from mcu_core.endpoints.endpoint import Abilities, Intake
from mcu_core.endpoints.pattern import limited_yuv
from mcu_core.endpoints.test_pattern import TestPattern
from mcu_core.engine.conference import Conference
from mcu_core.ingress.video_decoder import VideoDecoder
from mcu_core.media.clock import Clock
from mcu_core.media.picture import Picture
from mcu_core.media.units import AccessUnit, EncodedUnit, VideoForm
from tests.fakes.waiting import until

COLORS = {"a": "#804020", "b": "#208040", "c": "#2040a0", "d": "#a0a020", "e": "#a020a0"}
"""The colours of sites by name; far enough apart to be told after coding."""

NOTHING = ""
_TOLERANCE = 24


class Screen(TestPattern):
    """Sends the colour of its name and decodes all that it is sent.

    `seen` has one entry per picture: the site in the middle of each quarter of it, NOTHING where no
    site's colour stands. `units_seen` are what came, `keyframes` how many of them were such;
    `look` is given each picture.
    """

    def __init__(
        self,
        name: str,
        intake: Intake,
        clock: Clock,
        form: VideoForm,
        *,
        takes_streams: bool = False,
        fps: int = 30,
    ) -> None:
        source = PatternSource(width=320, height=180, fps=fps, color=COLORS[name], tone_hz=300.0)
        super().__init__(f"{name}-screen", intake, source, clock, video_out=form)
        self.abilities = Abilities(True, takes_streams)
        self.units_seen: list[EncodedUnit] = []
        self.seen: list[tuple[str, str, str, str]] = []
        self.picture: Picture | None = None
        self.look: Callable[[Picture], None] = lambda picture: None
        self._decoder = VideoDecoder(form.codec)

    @property
    def keyframes(self) -> int:
        """Keyframes that came."""
        return sum(unit.keyframe for unit in self.units_seen)

    @property
    def now(self) -> tuple[str, str, str, str]:
        """What the newest picture shows."""
        return self.seen[-1] if self.seen else (NOTHING,) * 4

    def send_video(self, unit: EncodedUnit) -> None:
        """Decode and look."""
        self.units_seen.append(unit)
        coded = AccessUnit(unit.codec, unit.data, unit.stamp_ns, unit.keyframe)
        for picture in self._decoder.decode(coded):
            self.picture = picture
            self.seen.append(quarters(picture))
            self.look(picture)

    def send_audio(self, unit: EncodedUnit) -> None:
        """It is deaf."""


async def calm(conference: Conference, screens: Collection[Screen], clock: Clock) -> None:
    """Return when all have had the keyframes that newcomers wanted, which come a second after the
    last one at the earliest, and one picture more."""

    def given() -> bool:
        owing = [group for group in conference.views.outputs.groups() if group._requests._wanted]
        return not owing and all(screen.keyframes for screen in screens)

    await until(given, "everybody has a keyframe")
    now_ns = clock.now_ns()
    await until(lambda: all(screen.units_seen[-1].stamp_ns > now_ns for screen in screens))


def quarters(picture: Picture, colors: Mapping[str, str] = COLORS) -> tuple[str, str, str, str]:
    """Which site's colour stands in the middle of each quarter, row by row."""
    h, w = picture.y.shape
    centres = [
        (h // 4, w // 4),
        (h // 4, 3 * w // 4),
        (3 * h // 4, w // 4),
        (3 * h // 4, 3 * w // 4),
    ]
    found = [_nearest(picture, y, x, colors) for y, x in centres]
    return (found[0], found[1], found[2], found[3])


def _nearest(picture: Picture, y: int, x: int, colors: Mapping[str, str]) -> str:
    u, v = (
        plane[y // 2 - 4 : y // 2 + 4, x // 2 - 4 : x // 2 + 4] for plane in (picture.u, picture.v)
    )
    seen = np.array([np.median(u), np.median(v)])
    distances = {
        name: float(np.abs(seen - np.array(limited_yuv(color)[1:])).max())
        for name, color in colors.items()
    }
    best = min(distances, key=lambda name: distances[name])
    return best if distances[best] <= _TOLERANCE else NOTHING
