"""The web pages' files, read for the tests beside."""

import json
import re
from pathlib import Path

WEB = Path(__file__).parents[3] / "control_api" / "web"
STATIC = WEB / "static"
TEXT_LINE = re.compile(r'^  ("(?:[^"\\]|\\.)+"): ("(?:[^"\\]|\\.)*"),$', re.MULTILINE)


def pages() -> list[Path]:
    """All HTML files."""
    return sorted(WEB.glob("*.html"))


def scripts() -> list[Path]:
    """All JavaScript files."""
    return sorted(STATIC.rglob("*.js"))


def texts(language: str) -> dict[str, str]:
    """Key to text of one language."""
    files = sorted((STATIC / "texts").glob(f"{language}*.js"))
    source = "".join(path.read_text("utf-8") for path in files)
    return {json.loads(key): json.loads(text) for key, text in TEXT_LINE.findall(source)}


def sources() -> str:
    """Everything that may name a text: pages and scripts, the texts themselves apart."""
    files = [*pages(), *(path for path in scripts() if path.parent.name != "texts")]
    return "\n".join(path.read_text("utf-8") for path in files)
