"""A mix tells how far it has come, how fast it is, and what is left."""

import io

import pytest
from rich.console import Console

from control_api.cli.mix_progress import LINE_EACH_S, MixProgress
from mcu_core.media.clock import NS_PER_SECOND, ManualClock


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = ManualClock()
    with MixProgress(30, clock, Console(file=io.StringIO())) as progress:
        for second in range(1, 2 * LINE_EACH_S + 2):
            clock.advance_ns(NS_PER_SECOND)
            progress.report(4.0 * second, 300.0)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "mix: 1200 of 9000 pictures, 4.0 times real time, 1:05 left",
        "mix: 2400 of 9000 pictures, 4.0 times real time, 0:55 left",
    ]


def test_a_terminal_has_a_bar_that_goes_when_the_mix_is_done() -> None:
    clock, drawn = ManualClock(), io.StringIO()
    console = Console(file=drawn, force_terminal=True, width=120)
    with MixProgress(25, clock, console) as progress:
        progress.report(0.0, 8.0)
        clock.advance_ns(NS_PER_SECOND)
        progress.report(2.0, 8.0)
    assert "50 of 200 pictures, 2.0 times real time, 0:03 left" in drawn.getvalue()
    assert drawn.getvalue().endswith("\x1b[2K")


def test_more_than_the_headers_promised_is_no_harm(capsys: pytest.CaptureFixture[str]) -> None:
    clock = ManualClock()
    with MixProgress(30, clock, Console(file=io.StringIO())) as progress:
        clock.advance_ns(LINE_EACH_S * NS_PER_SECOND)
        progress.report(50.0, 0.0)
    assert capsys.readouterr().err == "mix: 1500 of 1500 pictures, 5.0 times real time, 0:00 left\n"
