"""docs/requirements.md says of each requirement how it stands; what it names must be there."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "docs" / "requirements.md").read_text().splitlines()
STATUSES = ("met", "partly", "not")
ID = re.compile(r"[A-Z]+(?:-[A-Z]+)*-\d\d")
PATH = re.compile(r"`([^`]*/[^`]*)`")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def by_section() -> dict[str, list[list[str]]]:
    """The rows under each section's number, in order."""
    found: dict[str, list[list[str]]] = {}
    section = ""
    for line in LINES:
        heading = re.match(r"## (\d+)\.", line)
        if heading:
            section = heading[1]
        elif line.startswith("|") and ID.fullmatch(cells(line)[0]):
            found.setdefault(section, []).append(cells(line))
    return found


SECTIONS = by_section()
ROWS = [row for rows in SECTIONS.values() for row in rows]


def counted(rows: list[list[str]]) -> list[str]:
    statuses = Counter(row[3] for row in rows)
    return [str(count) for count in (*(statuses[one] for one in STATUSES), len(rows))]


def test_each_requirement_stands_in_it_once() -> None:
    assert len(ROWS) > 200
    assert [name for name, count in Counter(row[0] for row in ROWS).items() if count > 1] == []


def test_each_row_is_whole_and_its_status_one_of_three() -> None:
    assert [row for row in ROWS if len(row) != 7 or not all(row)] == []
    assert [row[0] for row in ROWS if row[1] not in {"P0", "P1"} or row[3] not in STATUSES] == []


def test_what_is_not_met_says_why_and_what_is_met_says_where() -> None:
    assert [row[0] for row in ROWS if row[3] != "met" and row[4] == "-"] == []
    assert [row[0] for row in ROWS if row[3] == "met" and row[5] == "-"] == []


def test_what_it_names_exists() -> None:
    named = {path for line in LINES for path in PATH.findall(line)}
    assert len(named) > 100
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_the_summary_is_what_the_tables_say() -> None:
    said = {cells(line)[0]: cells(line)[1:] for line in LINES if re.match(r"\| (\d|all)", line)}
    expected = {number: counted(rows) for number, rows in SECTIONS.items()}
    for priority in ("P0", "P1"):
        expected[f"all {priority}"] = counted([row for row in ROWS if row[1] == priority])
    expected["all"] = counted(ROWS)
    assert {re.sub(r"^(\d+) .*", r"\1", name): counts for name, counts in said.items()} == expected
