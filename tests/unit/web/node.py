"""The pages' modules run in node, for the tests beside."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from tests.unit.web.files import STATIC

NODE = shutil.which("node")


def run(module: str, expression: str) -> Any:
    """The value of an expression in which `m` is the module; skips where there is no node."""
    if NODE is None:
        pytest.skip("node, which runs the scripts, is not installed")
    url = (STATIC / f"{module}.js").as_uri()
    script = (
        f"const m = await import({json.dumps(url)}); console.log(JSON.stringify({expression}));"
    )
    command = [str(NODE), "--input-type=module", "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
