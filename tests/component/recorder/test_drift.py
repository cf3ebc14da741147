"""Half an hour in moved time with pauses, rejoins and restarts: all stands where it happened."""

from benchmarks.recorder_drift import drift


def test_nothing_drifts() -> None:
    rows = drift(0.5, 3)
    values = {row["figure"]: row["value"] for row in rows}
    assert float(values["samples read back"]) > 10_000
    errors_ms = [float(row["value"]) for row in rows if row["bar"] == "20"]
    assert len(errors_ms) == 2
    assert max(errors_ms) <= 0.1, "not even by a tick of the clock"
