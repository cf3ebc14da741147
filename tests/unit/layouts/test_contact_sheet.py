"""The sheet of all modes, drawn and as values."""

import json
from pathlib import Path
from typing import Any, cast

from PIL import Image

from mcu_core.layouts import contact_sheet
from mcu_core.layouts.catalogue import MODES


def test_values_are_plain_json_with_numbers() -> None:
    modes = cast("list[dict[str, Any]]", json.loads(json.dumps(contact_sheet.as_json()))["modes"])
    assert [row["id"] for row in modes] == list(range(50))
    assert modes[12]["name"] == "CP_4_2"
    assert modes[12]["panes"][0]["w"] == 2 / 3
    assert all(set("xywh") <= pane.keys() for row in modes for pane in row["panes"])


def test_the_main_pane_of_every_mode_is_coloured(tmp_path: Path) -> None:
    target = tmp_path / "sheet.png"
    contact_sheet.draw(target)
    with Image.open(target) as sheet:
        counts = sheet.convert("RGB").getcolors(1 << 24) or []
    green = next(count for count, color in counts if color == (0x1F, 0x9D, 0x74))
    main_area = sum(
        float(layout.panes[layout.main].w * layout.panes[layout.main].h) for layout in MODES
    )
    thumb = contact_sheet.THUMB[0] * contact_sheet.THUMB[1]
    # Numbers, edges and the panes of modes 16 and 30 that lie over the main one take some of it.
    assert 0.7 * main_area * thumb < green < main_area * thumb
