"""Rules of the web files: nothing inline, nothing missing, nothing long, all of it parses."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.unit.web.files import STATIC, WEB, pages, scripts, sources

LONGEST = 400
NODE = shutil.which("node")
PARSE = """
for (const path of process.argv.slice(1)) {
  try { new vm.SourceTextModule(fs.readFileSync(path, "utf8"), { identifier: path }); }
  catch (error) { console.log(`${path}: ${error}`); }
}
"""
"""Reads modules without running them, and prints which are broken."""

IMPORT = re.compile(r'^import .*"(/static/[^"]+)"', re.MULTILINE)
SPRITE = re.compile(r'<symbol id="([a-z-]+)"')
ICON = re.compile(r'(?:icons\.svg#|icon\("|iconButton\("|item\("|choice\("|icon: ")([a-z-]+)')
FORBIDDEN = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://")


class Inline(HTMLParser):
    """Collects what the content security policy would refuse, and the files a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.files: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given):
            self.refused.append(tag)
        self.refused += [f"{tag} {name}" for name in given if name == "style" or name[:2] == "on"]
        for name in ("src", "href"):
            if (given.get(name) or "").startswith("/static/"):
                self.files.append(str(given[name]).split("#")[0])


def read(page: Path) -> Inline:
    parser = Inline()
    parser.feed(page.read_text("utf-8"))
    return parser


def text_files() -> list[Path]:
    return [*pages(), *scripts(), *STATIC.glob("*.css")]


def test_there_are_all_the_pages() -> None:
    assert [page.stem for page in pages()] == [
        "bookings",
        "check",
        "enter",
        "health",
        "index",
        "join",
        "live",
        "login",
        "play",
        "recordings",
        "register",
        "reports",
        "users",
    ]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_no_script_or_style_is_inline(page: Path) -> None:
    assert not read(page).refused


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    assert not [name for name in read(page).files if not (WEB / name[1:]).is_file()]


def test_every_module_that_is_imported_is_there() -> None:
    for script in scripts():
        for name in IMPORT.findall(script.read_text("utf-8")):
            assert (WEB / name[1:]).is_file(), f"{script.name} imports {name}"


def test_every_icon_is_in_the_sprite() -> None:
    there = set(SPRITE.findall((STATIC / "icons.svg").read_text("utf-8")))
    assert not set(ICON.findall(sources())) - there


@pytest.mark.parametrize("path", text_files(), ids=lambda path: path.name)
def test_a_file_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("word", FORBIDDEN)
def test_no_markup_out_of_strings_and_nothing_from_elsewhere(word: str) -> None:
    assert not [
        path.name
        for path in [*pages(), *scripts()]
        if word in path.read_text("utf-8") and not _names_svg(path, word)
    ]


def _names_svg(path: Path, word: str) -> bool:
    """The namespace of SVG is a name, not an address that is fetched."""
    text = path.read_text("utf-8")
    return word == "http://" and text.count(word) == text.count("http://www.w3.org/2000/svg")


@pytest.mark.skipif(NODE is None, reason="node, which parses the scripts, is not installed")
def test_every_script_parses() -> None:
    command = [str(NODE), "--experimental-vm-modules", "--no-warnings", "-e", PARSE]
    command += [str(script) for script in scripts()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not done.stdout, done.stdout
