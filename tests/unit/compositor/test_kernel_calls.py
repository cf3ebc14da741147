"""What a picture costs, by the calls of the functions that touch pixels, not by a clock."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from mcu_core.compositor import strip, tiles
from mcu_core.compositor.canvas import Canvas
from mcu_core.compositor.canvas_set import CanvasSet
from mcu_core.compositor.scene import PaneView, Scene
from mcu_core.contract.definition import PaneFit, TextStrip
from mcu_core.kernels import planes
from mcu_core.layouts.catalogue import mode
from tests.unit.compositor.flat import color_of, flat

OF_TILES = ("recolor", "resample", "scale_chroma", "scale_luma")
CAPTION = TextStrip("A text that stands", position="bottom", size=0.1)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each kernel was called by the compositor; `clear` begins anew."""
    counted: Counter[str] = Counter()

    def counting(name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            counted[name] += 1
            return kernel(*values)

        return call

    kernels = [(tiles, name) for name in OF_TILES] + [(strip, "write")]
    kernels += [(planes, name) for name, one in vars(planes).items() if hasattr(one, "py_func")]
    assert len(kernels) > len(OF_TILES) + 1, "kernels of planes are known by their Python twins"
    for module, name in kernels:
        monkeypatch.setattr(module, name, counting(name, getattr(module, name)))
    return counted


def scene(*serials: int) -> Scene:
    panes = tuple(
        PaneView(f"s{k}", flat(64, 36, color_of(k), serial), PaneFit.FILL, f"Site {k}")
        for k, serial in enumerate(serials)
    )
    return Scene(mode(11), panes, caption=CAPTION)


def test_an_unchanged_canvas_calls_nothing(calls: Counter[str]) -> None:
    canvas = Canvas(320, 180)
    first = canvas.compose(scene(1, 1, 1, 1), 1)
    assert calls
    calls.clear()
    assert canvas.compose(scene(1, 1, 1, 1), 2) is first
    assert not calls


def test_views_that_look_alike_cost_one_of_them(calls: Counter[str]) -> None:
    canvases = CanvasSet(320, 180)
    canvases.compose("a", scene(1, 1, 1, 1), 1)
    alone = calls.copy()
    calls.clear()
    for stamp_ns, serial in ((2, 2), (3, 3)):
        for view in "abc":
            canvases.compose(view, scene(serial, serial, serial, serial), stamp_ns)
    assert calls["scale_luma"] + calls["resample"] <= 2 * (alone["scale_luma"] + alone["resample"])


def test_a_pane_that_changes_costs_its_own_tile(calls: Counter[str]) -> None:
    canvas = Canvas(320, 180)
    canvas.compose(scene(1, 1, 1, 1), 1)
    whole = {name: calls[name] for name in OF_TILES}
    calls.clear()
    canvas.compose(scene(1, 2, 1, 1), 2)
    one = {name: calls[name] for name in OF_TILES}
    assert any(one.values())
    assert {name: 4 * count for name, count in one.items()} == whole, "one of four tiles"
