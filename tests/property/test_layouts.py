"""Own layouts under any JSON: BadInput or a layout inside the canvas, nothing else."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mcu_core.errors import BadInput
from mcu_core.layouts.own import read_layout

SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
NUMBER = st.floats(-0.2, 1.2) | st.sampled_from([0, 1, 0.5, "1/3", "2/3", 0.3333])
PANE = st.fixed_dictionaries(
    {key: NUMBER for key in "xywh"}, optional={"z": st.integers(-3, 3) | SCALAR}
)
LAYOUT = st.fixed_dictionaries(
    {"panes": st.lists(PANE | SCALAR, max_size=4)},
    optional={"main": SCALAR, "overlap": st.booleans(), "name": SCALAR, "other": SCALAR},
)


@settings(max_examples=200, deadline=None)
@given(SCALAR | LAYOUT | st.dictionaries(st.text(max_size=5), SCALAR, max_size=3))
def test_any_value_is_read_or_refused(obj: Any) -> None:
    try:
        layout = read_layout(obj)
    except BadInput:
        return
    assert 0 <= layout.main < len(layout.panes)
    for pane in layout.panes:
        assert 0 <= pane.x < pane.right <= 1
        assert 0 <= pane.y < pane.bottom <= 1
