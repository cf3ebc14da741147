"""Settings out of the environment: what cannot be is told by the variable's name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from control_api.settings import read_settings
from mcu_core.errors import BadInput


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MCU_CONTROL_SESSION_HOURS", "x"),
        ("MCU_CONTROL_ALARM_CPU", "7"),
        ("MCU_CONTROL_ZONE", "Mars/Base"),
        ("MCU_CONTROL_ZONE", "../../etc/passwd"),
        ("MCU_CONTROL_ZONE", ""),
    ],
)
def test_a_wrong_setting_is_named(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadInput, match=f"^{variable}: expected "):
        read_settings()


def test_a_table_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCU_CONTROL_PACS", "ARCHIVE@pacs:104")
    with pytest.raises(BadInput, match="pacs"):
        read_settings()


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ({"MCU_CONTROL_WEBHOOKS": "https://his.example/"}, 2, "MCU_CONTROL_WEBHOOK_SECRET: "),
        ({}, 3, "file is not a database"),
    ],
)
def test_the_process_says_in_one_line_why_it_cannot_begin(
    given: dict[str, str], code: int, told: str, tmp_path: Path
) -> None:
    (tmp_path / "mcu.sqlite3").write_bytes(bytes(range(256)) * 32)
    command = [sys.executable, "-m", "control_api", "--data", str(tmp_path), "--listen", ":0"]
    ended = subprocess.run(
        command, env={**os.environ, **given}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == code
    (line,) = (line for line in ended.stderr.splitlines() if line.startswith("mcu control: "))
    assert told in line
    assert "Traceback" not in ended.stderr
