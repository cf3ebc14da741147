"""House rules that neither ruff nor import-linter can see."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("mcu_core", "recorder", "control_api", "benchmarks", "tests")
LONGEST_FILE = 400
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
PYTHON_FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
PAGE_FILES = sorted(
    path
    for path in (ROOT / "control_api" / "web").rglob("*")
    if path.suffix in {".js", ".css", ".html"}
)


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PYTHON_FILES + PAGE_FILES, ids=names)
def test_a_file_holds_one_idea_in_four_hundred_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", PYTHON_FILES, ids=names)
def test_a_module_is_named_after_its_idea(path: Path) -> None:
    assert path.stem not in VAGUE_NAMES


@pytest.mark.parametrize(
    "path", [path for path in PYTHON_FILES if path.read_text().strip()], ids=names
)
def test_a_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), "no docstring on top"
