"""The journal: written, torn, and read as far as it is true."""

from hypothesis import given
from hypothesis import strategies as st

from recorder.journal import (
    FragmentWritten,
    Gap,
    InitWritten,
    Record,
    Resumed,
    Started,
    Stopped,
    last_records_of,
    line_of,
    record_of,
    records_of,
)

RECORDS: list[Record] = [
    Started(1, "r1", "c1", "远程会诊\n2", "2026-11-21T08:00:00+00:00", 123, "boot"),
    InitWritten("main", 0, 0, 700, "avc1.42C01F", 1280, 720),
    FragmentWritten("main", 700, 9000, 0, 21_000, True, 0),
    Gap("main", 21_000, 90_000, "the engine was lost"),
    Resumed("2026-11-21T08:00:02+00:00", 123, "boot"),
    FragmentWritten("main", 9700, 8000, 111_000, 21_000, False, 0),
    Stopped("2026-11-21T08:00:05+00:00", failed=True, reason="the disk is full"),
]
LINES = [line_of(record) for record in RECORDS]
WHOLE = b"".join(LINES)


def whole_lines(size: int) -> int:
    """How many whole lines the first `size` bytes hold."""
    return max(n for n in range(len(LINES) + 1) if len(b"".join(LINES[:n])) <= size)


def test_read_back() -> None:
    read = list(records_of(WHOLE))
    assert [record for record, _ in read] == RECORDS
    assert read[-1][1] == len(WHOLE)


def test_cut_at_every_byte_all_whole_records_remain() -> None:
    for end in range(len(WHOLE)):
        read = list(records_of(WHOLE[:end]))
        whole = whole_lines(end)
        assert [record for record, _ in read] == RECORDS[:whole]
        position = read[-1][1] if read else 0
        assert position == len(b"".join(LINES[:whole])), "where the next record is to be written"


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_changed_byte_ends_the_reading_before_it(at: int, change: int) -> None:
    broken = bytearray(WHOLE)
    broken[at] ^= change
    assert [record for record, _ in records_of(bytes(broken))] == RECORDS[: whole_lines(at)]


@given(st.binary(max_size=300))
def test_any_bytes_are_records_or_nothing(data: bytes) -> None:
    assert record_of(data) is None
    assert list(records_of(data)) == []


def test_the_end_alone_tells_the_last_records() -> None:
    ends = [len(b"".join(LINES[:n])) for n in range(len(LINES) + 1)]
    for cut in range(len(WHOLE)):
        first_whole = next(n for n, end in enumerate(ends) if end >= cut)
        assert last_records_of(WHOLE[cut:]) == RECORDS[first_whole:]
