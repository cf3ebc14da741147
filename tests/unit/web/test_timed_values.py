"""Which timed values hold at a moment, and how they are shown; run in node."""

import json

from tests.unit.web.node import run


def test_values_hold_until_the_next_of_their_kind_and_for_a_while() -> None:
    items = [
        {"at_ms": at_ms, "kind": kind, "value": value}
        for at_ms, kind, value in (
            (1000, "vitals", {"heart_rate": 72}),
            (3000, "vitals", {"heart_rate": 90}),
            (2000, "vitals", {"heart_rate": 80}),  # told late
            (2500, "pump", 4.5),
        )
    ]
    for at_ms, held in (
        (999, []),
        (1999, [["vitals", {"heart_rate": 72}]]),
        (2000, [["vitals", {"heart_rate": 80}]]),
        (7500, [["vitals", {"heart_rate": 90}], ["pump", 4.5]]),
        (8000, [["vitals", {"heart_rate": 90}]]),
        (8001, []),
    ):
        given = f"(() => {{ const v = new m.Values(); v.add({json.dumps(items)}); return v; }})()"
        assert run("timedvalues", f"{given}.at({at_ms})") == held


def test_values_are_shown_member_by_member_and_in_few_signs() -> None:
    held = [["vitals", {"heart_rate": 72.128, "state": [1, 2]}], ["note", "x" * 99]]
    assert run("timedvalues", f"m.rowsOf({json.dumps(held)})") == [
        ["heart_rate", "72.13"],
        ["state", "[1,2]"],
        ["note", "x" * 39 + "…"],
    ]
    many = [[f"k{k}", k] for k in range(30)]
    assert len(run("timedvalues", f"m.rowsOf({json.dumps(many)})")) == 12
