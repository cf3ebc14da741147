"""What a caller books, and how its sites, codes and numbers are read: pure."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from control_api.persistence.bookings import BookedSite, Booking, Occurrence, Recurrence
from control_api.services.ledger import units_for
from control_api.services.names import clean_name
from control_api.services.recurrence import begins
from control_api.services.register import check_uri
from mcu_core.contract.definition import MAX_SITES
from mcu_core.errors import BadInput, Refused


class Conflict(Refused):
    """The machine, or the sites, are taken at that time."""


class Running(Refused):
    """What would be edited is running already."""


class TooLate(Refused):
    """What would be edited begins too soon."""


class BookingRequest(msgspec.Struct, frozen=True):
    """What a caller books; `begin_s` None or past: at once. `length_s` 0: until it is ended."""

    name: str
    begin_s: float | None = None
    length_s: float = 0.0
    sites: tuple[BookedSite, ...] = ()
    rate_kbps: int = 1920
    presence_panes: int = 0
    may_record: bool = True
    auto_record: bool = False
    may_stream: bool = False
    recorder: str = ""
    ports: int = 0
    code_each: bool = False
    room: str = ""
    notify: tuple[str, ...] = ()
    notice: str = ""
    presentation: int = 0
    encryption: int = 0
    access_code: str = ""
    password: str = ""
    chair_password: str = ""
    bill_code: str = ""
    recurrence: Recurrence | None = None


def number_of(conference: str) -> int:
    """The number of a booked conference; 0 for an id that none can have."""
    usable = conference.isascii() and conference.isdecimal() and len(conference) <= 15
    return int(conference) if usable else 0


def seated(sites: Sequence[BookedSite]) -> tuple[BookedSite, ...]:
    """The sites, each once; who has no URI gets one: an anonymous place. Raises BadInput."""
    found: dict[str, BookedSite] = {}
    taken = {site.uri for site in sites}
    for site in sites:
        uri = site.uri
        if not uri:
            k = 1
            while f"anonymous-{k}" in taken:
                k += 1
            uri = f"anonymous-{k}"
            taken.add(uri)
            site = msgspec.structs.replace(site, uri=uri, name=site.name or f"匿名会场 {k}")
        check_uri(uri, "sites.uri")
        if site.name:
            clean_name(site.name, "sites.name")
        found.setdefault(uri, site)
    if len(found) > MAX_SITES:
        raise BadInput("sites", f"at most {MAX_SITES}")
    return tuple(found.values())


def digits(text: str, field: str, least: int, most: int) -> str:
    """The text, empty or of so many digits; raises BadInput."""
    if text and not (least <= len(text) <= most and text.isascii() and text.isdecimal()):
        raise BadInput(field, f"{least}..{most} digits" if least != most else f"{least} digits")
    return text


def planned(booking: Booking) -> list[Occurrence]:
    """When it takes place; raises BadInput where times overlap."""
    times = [booking.begin_s]
    if booking.recurrence is not None:
        times = begins(booking.begin_s, booking.recurrence)
    gaps = (later - earlier for earlier, later in pairwise(times))
    if any(gap < booking.length_s for gap in gaps):
        raise BadInput("duration", "occurrences that do not overlap")
    units = units_for(booking, booking.sites)
    return [
        Occurrence(
            booking.id,
            begin_s,
            begin_s + booking.length_s if booking.length_s else None,
            "booked",
            units,
            booking.sites,
        )
        for begin_s in times
    ]
