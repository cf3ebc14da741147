"""Timed data: written, torn, read page by page, and given out as files."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import BadInput
from recorder.files import RecordingFiles
from recorder.journal import Started
from recorder.timed import (
    DATA_NAME,
    LONGEST_VALUE,
    Datum,
    all_data,
    data_of,
    data_page,
    datum,
    json_lines,
    line_of_datum,
    web_vtt,
)

STARTED = Started(1, "r1", "c1", "t", "2026-11-21T08:00:00+00:00", 1, "boot")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


def told(one: Datum) -> tuple[float, str, object, str]:
    return one.at_ms, one.kind, json.loads(bytes(one.value)), one.by


@given(st.lists(st.tuples(st.integers(0, 10**7), JSON), max_size=5), st.binary(max_size=30))
def test_whole_lines_are_read_and_what_follows_them_is_not(
    values: list[tuple[int, object]], rest: bytes
) -> None:
    given = [datum(float(at), "vitals", json.dumps(value), "ICU") for at, value in values]
    data = b"".join(map(line_of_datum, given))
    read = list(data_of(data + rest))
    assert [told(one) for one, _ in read[: len(given)]] == [told(one) for one in given]
    assert len(read) == len(given), "no bytes make a line by accident"
    torn = list(data_of(data[:-1]))
    assert len(torn) == max(0, len(given) - 1)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("", "1"),
        ("../x", "1"),
        ("K", "1"),
        ("a", "{"),
        ("a", '"' + "x" * LONGEST_VALUE + '"'),
        ("a", "[" * 1500),
    ],
)
def test_what_may_not_be_stored_is_refused(kind: str, value: str) -> None:
    with pytest.raises(BadInput):
        datum(0, kind, value, "")


def stored(folder: Path, values: list[Datum], torn: bytes = b"") -> None:
    """Values in the files of a recording, with the beginning of another line behind them."""
    files = (
        RecordingFiles.resume(folder)[0]
        if folder.exists()
        else RecordingFiles.create(folder, STARTED)
    )
    for one in values:
        files.add(one)
    files.sync()
    files.close()
    with (folder / DATA_NAME).open("ab") as file:
        file.write(torn)


def test_a_recording_that_goes_on_appends_behind_the_last_whole_line(tmp_path: Path) -> None:
    folder = tmp_path / "r1"
    one, two = datum(100, "vitals", '{"hr": 72}', "ICU"), datum(1100, "vitals", '{"hr": 75}', "")
    stored(folder, [one], torn=line_of_datum(two)[:-3])
    stored(folder, [two])
    assert [told(read) for read in all_data(folder)] == [told(one), told(two)]
    first = data_page(folder)
    assert data_page(folder, first["next"])["items"] == []
    lines = [json.loads(line) for line in json_lines(folder)]
    assert lines[1] == {"at_s": 1.1, "kind": "vitals", "value": {"hr": 75}, "by": ""}
    assert data_page(tmp_path / "nothing") == {"next": 0, "items": []}


def test_a_cue_lasts_until_the_next_of_its_kind_and_holds_no_arrow(tmp_path: Path) -> None:
    folder = tmp_path / "r1"
    values = [
        datum(3_600_500, "vitals", '{"hr":75}', ""),
        datum(3_600_000, "vitals", '{"hr":72}', ""),
        datum(3_600_100, "note", '"a --> b"', ""),
    ]
    stored(folder, values)
    head, *cues = b"".join(web_vtt(folder)).decode().strip().split("\n\n")
    assert head == "WEBVTT"
    assert [cue.split("\n")[0] for cue in cues] == [
        "01:00:00.000 --> 01:00:00.500",
        "01:00:00.100 --> 01:00:01.100",
        "01:00:00.500 --> 01:00:01.500",
    ]
    assert json.loads(cues[1].split("\n")[1]) == {"note": "a --> b"}
    assert "-->" not in cues[1].split("\n")[1]
