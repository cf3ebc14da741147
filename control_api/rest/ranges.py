"""Byte ranges (RFC 9110 14): pure."""

import re
from dataclasses import dataclass

ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\s*")


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` up to, not with, `end`; `partial` says that they were asked for."""

    start: int
    end: int
    partial: bool


def span_of(header: str | None, size: int) -> Span | None:
    """What to send of `size` bytes; None: nothing of what was asked for is there (416).

    What is no single range of bytes is ignored, as RFC 9110 14.2 allows: all is sent.
    """
    match = ONE_RANGE.fullmatch(header or "")
    if match is None or match.group(1) == match.group(2) == "":
        return Span(0, size, False)
    first, last = match.groups()
    if not first:
        return Span(max(0, size - int(last)), size, True) if int(last) and size else None
    if last and int(last) < int(first):
        return Span(0, size, False)
    if int(first) >= size:
        return None
    return Span(int(first), min(int(last) + 1, size) if last else size, True)
