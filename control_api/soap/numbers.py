"""Numbers and texts that mean one thing on the wire and another inside: formats, rates, times."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from control_api.services.register import PICTURES
from control_api.soap.faults import Code, ResultError

_RATE = re.compile(r"\s*(\d{1,7})\s*([kKmM])?\s*")
_VENDOR_SHIFT = 1
"""The vendor's lists begin with 0 = Auto; then come the standard's in their order."""

PROTOCOLS = 3
"""The standard's protocols: H.261, H.263, H.264."""

TYPES = range(12)


def rate_of(text: str | None) -> int:
    """kbit/s of a text such as 1920k or 2M, 0 where there is none; raises ResultError."""
    if text is None or not text.strip():
        return 0
    found = _RATE.fullmatch(text)
    if found is None:
        raise ResultError(Code.BAD_RATE)
    number, unit = int(found[1]), (found[2] or "k").lower()
    return max(64, min(8192, number * 1024 if unit == "m" else number))


def rate_text(kbps: int) -> str | None:
    """As callers write it; None where there is none."""
    return f"{kbps}k" if kbps else None


def format_of(number: int | None, vendor: bool) -> int | None:
    """The standard's number of a video format; None: as the line allows. Raises ResultError."""
    return _known(number, vendor, len(PICTURES))


def protocol_of(number: int | None, vendor: bool) -> int | None:
    """The standard's number of a video protocol; None: as the line allows."""
    return _known(number, vendor, PROTOCOLS)


def _known(number: int | None, vendor: bool, count: int) -> int | None:
    if number is None:
        return None
    inner = number - _VENDOR_SHIFT if vendor else number
    if inner < 0 and vendor and number == 0:
        return None
    if inner not in range(count):
        return None if vendor and 0 < number <= 14 else _refuse(number)
    return inner


def _refuse(number: int) -> int:
    raise ResultError(Code.OUT_OF_RANGE, f"{number} is no format or protocol")


def number_on_wire(inner: int | None, vendor: bool) -> int | None:
    """How a dialect writes a format or protocol."""
    if not vendor:
        return inner
    return 0 if inner is None else inner + _VENDOR_SHIFT


def seconds_of(moment: datetime | None, zone: ZoneInfo) -> float | None:
    """Unix seconds of a time; one without zone is the server's."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
