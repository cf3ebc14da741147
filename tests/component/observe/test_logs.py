"""What a process logs of an error: where it was, not what the variables held."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable

import pytest

BREAKS = """
import structlog
from mcu_core.observe.logs import set_up

set_up("test")

def sign_in(password):
    raise ValueError("no such user")

try:
    sign_in("".join(("hush", "-hush")))
except ValueError:
    structlog.get_logger().exception("it broke")
"""


def in_a_file() -> str:
    command = [sys.executable, "-c", BREAKS]
    return subprocess.run(command, stderr=subprocess.PIPE, check=True, text=True).stderr


def on_a_terminal() -> str:
    leader, follower = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", BREAKS], stderr=follower, check=True)
        return os.read(leader, 65_536).decode()
    finally:
        os.close(leader)
        os.close(follower)


@pytest.mark.parametrize("logged", [in_a_file, on_a_terminal])
def test_an_error_is_logged_without_what_variables_held(logged: Callable[[], str]) -> None:
    text = logged()
    assert "it broke" in text
    assert "sign_in" in text
    assert "no such user" in text
    assert "hush-hush" not in text
