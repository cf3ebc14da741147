"""Outcomes of single tries in a file, so that a bench of hundreds can be made in pieces.

JSON, one a line, written as each try ends: a bench that is killed goes on where it was.
"""

import json
from pathlib import Path

from mcu_core.errors import BadInput

Outcome = dict[str, float]


class Kept:
    """Of each kind, what came out so far. Without a path nothing outlives the process."""

    def __init__(self, path: Path | None) -> None:
        """Raises BadInput for a file that is none of ours."""
        self._path = path
        self._found: dict[str, list[Outcome]] = {}
        try:
            lines = path.read_text("utf-8").splitlines() if path and path.exists() else []
            for line in lines:
                kind, outcome = json.loads(line)
                self._found.setdefault(kind, []).append(outcome)
        except (OSError, ValueError) as error:
            raise BadInput("--kept", f"a file that this bench wrote ({error})") from error

    def of(self, kind: str) -> list[Outcome]:
        """All of one kind, the oldest first."""
        return list(self._found.get(kind, ()))

    def add(self, kind: str, outcome: Outcome) -> None:
        """One more."""
        self._found.setdefault(kind, []).append(outcome)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([kind, outcome]) + "\n")
