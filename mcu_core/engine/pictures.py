"""The picture side of one conference: a tick that composes each distinct picture once."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.contract.definition import PaneFit
from mcu_core.egress.video_group import VideoGroup
from mcu_core.engine.seat import Seat
from mcu_core.engine.ticks import Ticker
from mcu_core.layouts.model import Layout
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.picture import Picture


@dataclass(frozen=True, slots=True)
class PlannedPane:
    """What stands in one pane: the seat, or nobody."""

    seat: Seat | None
    fit: PaneFit
    label: str


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """What the conference picture shows, decided on the event loop, carried out by the tick."""

    revision: int
    layout: Layout
    panes: tuple[PlannedPane, ...]
    speaker: str = ""


class PictureLoop:
    """Composes the planned picture `fps` times a second and hands it to the encoder groups.

    `plan` and `groups` are replaced whole by the event loop and read once per tick, so that a
    change is complete in one output picture. `shown` is called on the event loop when the first
    picture of a plan has been composed.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        fps: int,
        plan: PicturePlan,
        shown: Callable[[PicturePlan], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.plan = plan
        self.groups: tuple[VideoGroup, ...] = ()
        self.composed = 0
        self._clock = clock
        self._shown = shown
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._canvases: dict[tuple[int, int], Canvas] = {}
        self._last_plan: PicturePlan | None = None
        self.ticker = Ticker(
            f"picture {name}", clock, NS_PER_SECOND // fps, self._tick, self._report_failure
        )

    @property
    def scaled(self) -> int:
        """Tiles scaled so far, over all canvases."""
        return sum(canvas.scaled for canvas in self._canvases.values())

    def start(self) -> None:
        """Begin to compose."""
        self.ticker.start()

    async def stop(self) -> None:
        """End the tick and wait for it."""
        await asyncio.to_thread(self.ticker.stop)

    def set_fps(self, fps: int) -> None:
        """Change the output clock from the next tick on."""
        self.ticker.set_period(NS_PER_SECOND // fps)

    def _report_failure(self, error: Exception) -> None:
        self._loop.call_soon_threadsafe(self._failed, error)

    def _tick(self, deadline_ns: int) -> None:
        plan, groups = self.plan, self.groups
        if groups:
            scene = self._scene(plan)
            sizes = {(group.form.width, group.form.height) for group in groups}
            for size in [size for size in self._canvases if size not in sizes]:
                del self._canvases[size]
            for width, height in sizes:
                picture = self._canvas(width, height).compose(scene, deadline_ns)
                for group in groups:
                    if (group.form.width, group.form.height) == (width, height):
                        group.submit(picture)
            self.composed += 1
        if plan is not self._last_plan:
            self._last_plan = plan
            self._loop.call_soon_threadsafe(self._shown, plan)

    def _canvas(self, width: int, height: int) -> Canvas:
        size = (width, height)
        if size not in self._canvases:
            self._canvases[size] = Canvas(width, height)
        return self._canvases[size]

    def _scene(self, plan: PicturePlan) -> Scene:
        now_ns, interval_ns = self._clock.now_ns(), self.ticker.period_ns
        seats = {pane.seat.definition.id: pane.seat for pane in plan.panes if pane.seat}
        # Once per source and tick: a site may stand in several panes.
        pictures = {site: seat.video.take(now_ns, interval_ns) for site, seat in seats.items()}
        views = tuple(_view(pane, pictures, plan.speaker, now_ns) for pane in plan.panes)
        return Scene(plan.layout, views)


def _view(
    pane: PlannedPane, pictures: Mapping[str, Picture | None], speaker: str, now_ns: int
) -> PaneView:
    seat = pane.seat
    if seat is None:
        return PaneView("", None, pane.fit, "", False, "empty")
    state = seat.picture_state(now_ns)
    return PaneView(
        source_id=seat.definition.id,
        picture=None if state == "no-video" else pictures[seat.definition.id],
        fit=pane.fit,
        label=pane.label,
        speaking=bool(speaker) and seat.definition.id == speaker,
        state=state,
    )
