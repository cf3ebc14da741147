"""Rows of several dice as one: the median, and the worst in the sense of each column."""

from benchmarks.network import judged
from benchmarks.report import Row


def test_of_what_differs_the_median_and_the_worst_are_told() -> None:
    rows: list[Row] = [
        {"loss": "bursts", "PESQ": pesq, "frozen %": frozen, "bar": 3.0}
        for pesq, frozen in ((2.1, 0.0), (1.9, 4.5), (2.0, 1.25))
    ]
    assert judged(rows) == {
        "loss": "bursts",
        "PESQ": "2 / 1.9",
        "frozen %": "1.25 / 4.5",
        "bar": 3.0,
    }
