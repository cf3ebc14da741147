"""The picture side of one conference: each tick, compose every view that has readers once."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from mcu_core.adaptation.overload import Effort
from mcu_core.compositor.canvas_set import CanvasSet
from mcu_core.compositor.scene import PaneState, PaneView, Scene, on_pixels
from mcu_core.compositor.tile_cache import TileCache
from mcu_core.conference.direction import WITH_CONTENT, ViewKey
from mcu_core.contract.definition import PaneFit
from mcu_core.egress.video_group import VideoGroup
from mcu_core.engine.dressing import Dressing
from mcu_core.engine.sources import Source
from mcu_core.engine.tick_thread import TickThread
from mcu_core.engine.ticks import Ticker
from mcu_core.layouts.model import Layout
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock
from mcu_core.media.picture import Picture

BARE = Dressing()

LONGEST_WAIT_NS = 300 * NS_PER_MS
"""A view waits this long for the first picture of a source that nobody saw before; then it shows
the source's placeholder."""


@dataclass(frozen=True, slots=True)
class PlannedPane:
    """What stands in one pane: a site's seat, the content, or nothing."""

    source: Source | None
    fit: PaneFit
    label: str


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """What one view shows; `bare`: nothing lies over it."""

    layout: Layout
    panes: tuple[PlannedPane, ...]
    bare: bool = False

    def sources(self) -> Iterable[Source]:
        """What stands in it."""
        return (pane.source for pane in self.panes if pane.source is not None)


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """What all views show, decided on the event loop, carried out by the tick."""

    revision: int
    views: Mapping[ViewKey, ViewPlan]
    speaker: str = ""
    dressing: Dressing = BARE


Outputs = tuple[tuple[ViewKey, VideoGroup], ...]


class PictureLoop:
    """Composes the planned views `fps` times a second and hands them to the encoder groups.

    `plan`, `outputs` and `effort` are replaced whole by the event loop and read once per tick, so
    that a change is complete in one output picture. `shown` is called on the event loop when the
    first pictures of a plan have been composed.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        thread: TickThread,
        fps: int,
        plan: PicturePlan,
        shown: Callable[[PicturePlan], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.plan = plan
        self.outputs: Outputs = ()
        self.effort = Effort()
        self.composed = 0
        self._clock = clock
        self._fps = fps
        self._shown = shown
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._tiles = TileCache()
        self._canvases: dict[tuple[int, int], CanvasSet] = {}
        self._in_force: dict[ViewKey, ViewPlan] = {}
        self._seen: set[Source] = set()
        self._waiting_since: dict[ViewKey, int] = {}
        self._last_plan: PicturePlan | None = None
        self.ticker = Ticker(
            f"picture {name}",
            clock,
            thread,
            NS_PER_SECOND // fps,
            self._tick,
            self._report_failure,
        )

    @property
    def scaled(self) -> int:
        """Tiles scaled so far, over all canvases."""
        return sum(canvas.scaled for canvas in list(self._canvases.values()))

    def start(self) -> None:
        """Begin to compose."""
        self.ticker.start()

    async def stop(self) -> None:
        """End the tick and wait for it."""
        await asyncio.to_thread(self.ticker.stop)

    def sources_shown(self) -> set[Source]:
        """What stands in the pictures that are being composed."""
        return {source for plan in list(self._in_force.values()) for source in plan.sources()}

    def set_fps(self, fps: int) -> None:
        """Change the output clock from the next tick on."""
        self._fps = fps
        self.ticker.set_period(NS_PER_SECOND // fps)

    def _report_failure(self, error: Exception) -> None:
        self._loop.call_soon_threadsafe(self._failed, error)

    def _tick(self, deadline_ns: int) -> None:
        plan, outputs = self.plan, self.outputs
        now_ns = self._clock.now_ns()
        in_force = dict(self._in_force)
        in_step = self._follow(plan, {key for key, _ in outputs}, now_ns)
        if self._in_force != in_force:
            self._part_from_unseen()
        due = [(key, group) for key, group in outputs if self._due(group) and key in self._in_force]
        if due:
            self._compose(due, plan, now_ns, deadline_ns)
        if in_step and plan is not self._last_plan:
            self._last_plan = plan
            self._loop.call_soon_threadsafe(self._shown, plan)

    def _due(self, group: VideoGroup) -> bool:
        """Whether a group of fewer pictures a second than the output clock gets this tick's."""
        tick, fps = self.ticker.ticks, self._fps * self.effort.rate_divisor
        wanted = min(group.form.fps, self._fps)
        return (tick + 1) * wanted // fps > tick * wanted // fps

    # ------------------------------------------------------------------ which plan is in force

    def _follow(self, plan: PicturePlan, keys: set[ViewKey], now_ns: int) -> bool:
        """Put each view's plan in force as soon as its pictures are there; True if all are."""
        for key in (self._in_force.keys() | self._waiting_since.keys()) - keys:
            self._in_force.pop(key, None)
            self._waiting_since.pop(key, None)
        in_step = True
        for key in keys:
            wanted = plan.views.get(key)
            if wanted is None or wanted == self._in_force.get(key):
                self._waiting_since.pop(key, None)
            elif self._may_begin(key, wanted, now_ns):
                self._waiting_since.pop(key, None)
                self._in_force[key] = wanted
            else:
                in_step = False
        return in_step

    def _may_begin(self, key: ViewKey, wanted: ViewPlan, now_ns: int) -> bool:
        if not any(source.awaited for source in wanted.sources()):
            return True
        before = self._in_force.get(key)
        if before is not None and not all(source.joined_ns for source in before.sources()):
            return True  # who has left is gone at once
        return now_ns - self._waiting_since.setdefault(key, now_ns) > LONGEST_WAIT_NS

    def _part_from_unseen(self) -> None:
        before, self._seen = self._seen, self.sources_shown()
        for source in before - self._seen:
            source.shown.unseen()

    # ------------------------------------------------------------------ composing

    def _compose(
        self,
        due: list[tuple[ViewKey, VideoGroup]],
        plan: PicturePlan,
        now_ns: int,
        deadline_ns: int,
    ) -> None:
        scenes = self._scenes({key for key, _ in due}, plan, now_ns)
        for key, group in due:
            to_be_read = group.form.sharp or key == WITH_CONTENT
            draft = self.effort.draft_tiles and not to_be_read
            canvases = self._canvas_set(group.form.width, group.form.height)
            aspect = group.form.pixel_aspect
            scene = on_pixels(scenes[key], aspect)
            group.submit(canvases.compose((key, aspect), scene, deadline_ns, draft))
        self.composed += 1
        if len(self._canvases) > 1:
            self._forget_unused()

    def _canvas_set(self, width: int, height: int) -> CanvasSet:
        if (width, height) not in self._canvases:
            self._canvases[width, height] = CanvasSet(width, height, self._tiles)
        return self._canvases[width, height]

    def _forget_unused(self) -> None:
        used = {(group.form.width, group.form.height) for _, group in self.outputs}
        for size in [size for size in self._canvases if size not in used]:
            del self._canvases[size]

    def _scenes(self, keys: set[ViewKey], plan: PicturePlan, now_ns: int) -> dict[ViewKey, Scene]:
        plans = {key: self._in_force[key] for key in keys}
        sources = {id(source): source for view in plans.values() for source in view.sources()}
        interval_ns = self.ticker.period_ns
        # Once per source and tick: a site may stand in several panes and views.
        views = {
            name: _taken(source, source.take_picture(now_ns, interval_ns), now_ns)
            for name, source in sources.items()
        }
        for name, source in sources.items():
            source.shown.note(views[name].picture, now_ns)
        return {key: _scene(view, plan, views) for key, view in plans.items()}


@dataclass(frozen=True, slots=True)
class _Taken:
    state: PaneState
    picture: Picture | None


def _taken(source: Source, picture: Picture | None, now_ns: int) -> _Taken:
    state = source.picture_state(now_ns)
    return _Taken(state, picture if state in ("live", "stalled") else None)


def _scene(view: ViewPlan, plan: PicturePlan, taken: Mapping[int, _Taken]) -> Scene:
    over = BARE if view.bare else plan.dressing
    panes = tuple(_view(pane, taken, plan.speaker) for pane in view.panes)
    return Scene(view.layout, panes, over.banner, over.caption, over.logo, over.since_ns)


def _view(pane: PlannedPane, taken: Mapping[int, _Taken], speaker: str) -> PaneView:
    source = pane.source
    if source is None:
        return PaneView("", None, pane.fit, "", False, "empty")
    now = taken[id(source)]
    return PaneView(
        source_id=source.id,
        picture=now.picture,
        fit=pane.fit,
        label=pane.label,
        speaking=bool(speaker) and source.id == speaker,
        state=now.state,
    )
