"""House rules that neither ruff nor import-linter can see; each names all files that break it."""

import ast
from collections.abc import Iterable
from pathlib import Path

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


def listed(broken: Iterable[str]) -> str:
    return "".join(f"\n  {line}" for line in broken)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_in(path: Path) -> int:
    return len(path.read_text().splitlines())


def says_what_it_is(path: Path) -> bool:
    text = path.read_text()
    return not text.strip() or ast.get_docstring(ast.parse(text)) is not None


def test_the_rules_see_every_package() -> None:
    """A rule over no files would hold whatever they say."""
    assert {name(path).split("/")[0] for path in PYTHON_FILES} == set(PACKAGES)
    assert {path.suffix for path in PAGE_FILES} == {".js", ".css", ".html"}


def test_a_file_holds_one_idea_in_four_hundred_lines() -> None:
    lengths = {path: lines_in(path) for path in PYTHON_FILES + PAGE_FILES}
    long = [f"{name(path)}: {n} lines" for path, n in lengths.items() if n > LONGEST_FILE]
    assert not long, listed(long)


def test_a_module_is_named_after_its_idea() -> None:
    vague = [name(path) for path in PYTHON_FILES if path.stem in VAGUE_NAMES]
    assert not vague, listed(vague)


def test_a_module_says_what_it_is() -> None:
    silent = [name(path) for path in PYTHON_FILES if not says_what_it_is(path)]
    assert not silent, f"no docstring on top:{listed(silent)}"


def test_unit_and_component_tests_mirror_the_packages() -> None:
    """A folder per package: what belongs to it is found there, and nowhere else."""
    places = [ROOT / "tests" / kind for kind in ("unit", "component")]
    stray = [name(path) for place in places for path in sorted(place.glob("test_*.py"))]
    assert not stray, f"belongs in the folder of its package:{listed(stray)}"
