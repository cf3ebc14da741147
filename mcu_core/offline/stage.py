"""The stage: plans become scenes of ready pictures, scenes become pictures."""

from collections.abc import Mapping
from dataclasses import dataclass

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.scene import plan as plan_pixels
from mcu_core.media.picture import Picture
from mcu_core.offline.course import Plan, PlannedPane
from mcu_core.offline.cutting import READY, Cut
from mcu_core.offline.pictures import Seen


@dataclass(frozen=True, slots=True, eq=False)
class StagedPlan:
    """A plan in pixels: `cuts[k]` is the form of the picture in pane k, None where none is shown.

    `wanted`: by site, the forms in which it is seen.
    """

    plan: Plan
    cuts: tuple[Cut | None, ...]
    wanted: Mapping[str, tuple[Cut, ...]]


class Stage:
    """Composes on one canvas; planning and composing belong to one thread."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._canvas = Canvas(width, height)
        self._last: StagedPlan | None = None

    def staged(self, plan: Plan) -> StagedPlan:
        """The plan in pixels; the same object for the same plan as the last time."""
        if self._last is None or self._last.plan is not plan:
            rects = plan_pixels(plan.layout, *self._size)
            cuts = tuple(
                Cut(rect.w, rect.h, pane.fit)
                if pane.state == "live" and rect.w and rect.h
                else None
                for pane, rect in zip(plan.panes, rects, strict=True)
            )
            wanted: dict[str, tuple[Cut, ...]] = {}
            for pane, form in zip(plan.panes, cuts, strict=True):
                if form is not None and form not in wanted.get(pane.site, ()):
                    wanted[pane.site] = (*wanted.get(pane.site, ()), form)
            self._last = StagedPlan(plan, cuts, wanted)
        return self._last

    def compose(self, staged: StagedPlan, seen: Mapping[str, Seen], at_ns: int) -> Picture:
        """The picture of the plan; `seen` has what each site's reader made for this moment."""
        plan = staged.plan
        views = tuple(
            _view(pane, None if form is None else seen[pane.site].get(form))
            for pane, form in zip(plan.panes, staged.cuts, strict=True)
        )
        scene = Scene(
            plan.layout, views, plan.banner, plan.caption, texts_since_ns=plan.texts_since_ns
        )
        return self._canvas.compose(scene, at_ns)


def _view(pane: PlannedPane, picture: Picture | None) -> PaneView:
    state = "no-video" if picture is None and pane.state == "live" else pane.state
    return PaneView(pane.site, picture, READY, pane.label, pane.speaking, state)
