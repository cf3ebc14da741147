"""Byte ranges: a table."""

import pytest

from control_api.rest.ranges import Span, span_of

WHOLE = Span(0, 10, False)


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, WHOLE),
        ("", WHOLE),
        ("bytes=0-", Span(0, 10, True)),
        ("bytes=3-5", Span(3, 6, True)),
        ("bytes=9-9", Span(9, 10, True)),
        ("bytes=5-500", Span(5, 10, True)),
        ("bytes=-4", Span(6, 10, True)),
        ("bytes=-400", Span(0, 10, True)),
        ("bytes=10-", None),
        ("bytes=10-12", None),
        ("bytes=-0", None),
        ("bytes=5-3", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=0-1,3-4", WHOLE),
        ("items=0-1", WHOLE),
        ("bytes=a-b", WHOLE),
        ("bytes=0-99999999999999999999", WHOLE),
    ],
)
def test_span(header: str | None, span: Span | None) -> None:
    assert span_of(header, 10) == span


def test_nothing_is_there_of_an_empty_file() -> None:
    assert span_of(None, 0) == Span(0, 0, False)
    assert span_of("bytes=0-", 0) is None
    assert span_of("bytes=-1", 0) is None
