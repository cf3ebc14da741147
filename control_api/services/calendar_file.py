"""A booking as a calendar file (RFC 5545, 5546): pure.

One time is a REQUEST that calendars ask about, or its CANCEL; of a series each time is an event of
its own in a PUBLISH, since a request has one event only and rules differ between calendars.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from control_api.persistence.bookings import Booking, Occurrence

LONGEST_LINE = 75
"""Octets of a line; what is longer goes on in the next, after a space."""

LASTS_S = 3600.0
"""What a conference without an end takes in calendars."""


def method_of(occurrences: Sequence[Occurrence], gone: bool) -> str:
    """REQUEST, CANCEL or PUBLISH."""
    if len(occurrences) != 1:
        return "PUBLISH"
    return "CANCEL" if gone else "REQUEST"


def calendar_file(
    booking: Booking,
    occurrences: Sequence[Occurrence],
    gone: bool,
    sender: str,
    now_s: float,
    text: str,
) -> bytes:
    """The file; `sender` organises it, later ones of a booking go before earlier ones."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//MCU//conferences//EN"]
    lines.append(f"METHOD:{method_of(occurrences, gone)}")
    for one in occurrences:
        lines += _event(booking, one, gone, sender, now_s, text)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(
    booking: Booking, one: Occurrence, gone: bool, sender: str, now_s: float, text: str
) -> Iterable[str]:
    domain = sender.rpartition("@")[2]
    end_s = one.end_s if one.end_s is not None else one.begin_s + LASTS_S
    yield "BEGIN:VEVENT"
    # A time that is moved is the same event where there is one only, else another one.
    of_series = f"-{int(one.begin_s)}" if booking.recurrence is not None else ""
    yield f"UID:mcu-{booking.id}{of_series}@{domain}"
    yield f"SEQUENCE:{int(now_s) % 2**31}"
    yield f"DTSTAMP:{_moment(now_s)}"
    yield f"DTSTART:{_moment(one.begin_s)}"
    yield f"DTEND:{_moment(end_s)}"
    yield f"SUMMARY:{escaped(booking.name)}"
    yield f"DESCRIPTION:{escaped(text)}"
    yield f"ORGANIZER:mailto:{sender}"
    yield from (f"ATTENDEE;RSVP=FALSE:mailto:{one}" for one in booking.notify)
    yield f"STATUS:{'CANCELLED' if gone else 'CONFIRMED'}"
    yield "END:VEVENT"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    """A text as a value (RFC 5545 3.3.11)."""
    for sign, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(sign, written)
    return text.replace("\r", "")


def _folded(line: str) -> Iterable[str]:
    """Lines of at most 75 octets, no letter torn apart."""
    part, room = "", LONGEST_LINE
    for letter in line:
        size = len(letter.encode())
        if size > room:
            yield part
            part, room = " ", LONGEST_LINE - 1
        part, room = part + letter, room - size
    yield part
