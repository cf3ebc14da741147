"""Access codes: whose a code is, so that nobody comes by one into another's conference.

A code may serve many bookings, one after the other; at one time it is one conference's, and a
room's or an ad hoc conference's is never any other's.
"""

from collections.abc import Sequence

from msgspec import json

from control_api.persistence.bookings import BookingRows, Occurrence
from control_api.persistence.conferences import WantedConference
from control_api.persistence.presets import PresetRows
from control_api.persistence.register import RegisterRows
from control_api.services.booking_request import Conflict, number_of
from control_api.services.wanted import Wanted

TAKEN = "another room or conference has this access code"


class AccessCodes:
    """Looks codes up in rooms, bookings and what runs."""

    def __init__(
        self, bookings: BookingRows, register: RegisterRows, presets: PresetRows, wanted: Wanted
    ) -> None:
        self._bookings = bookings
        self._register = register
        self._presets = presets
        self._wanted = wanted

    async def times(self, code: str) -> list[Occurrence]:
        """What is booked or runs with it."""
        return await self._bookings.coded(code)

    async def check_room(self, code: str, uri: str) -> None:
        """Raise Conflict unless the code is nobody's but this site's room's, now and ever."""
        others = await self._kept(code)
        running = any(one.rules.access_code == code for one in self._wanted.all())
        if others not in ("", uri) or running or await self._bookings.has_access_code(code):
            raise Conflict(TAKEN)

    async def _kept(self, code: str) -> str:
        """The site whose room, or the ad hoc conference that has this code for good; or nobody."""
        adhoc = (json.decode(one.record) for one in await self._presets.all("adhoc"))
        named = (f"adhoc {one['name']}" for one in adhoc if one["access_code"] == code)
        return await self._register.room_of(code) or next(named, "")

    async def check_times(self, code: str, number: int, times: Sequence[Occurrence]) -> None:
        """Raise Conflict unless a booking can have the code at its times."""
        if await self._kept(code):
            raise Conflict(TAKEN)
        others = [one for one in await self._bookings.coded(code) if one.booking != number]
        if any(_meet(one, other) for one in times for other in others):
            raise Conflict(TAKEN)
        if any(one.rules.access_code == code for one in self._unbooked()):
            raise Conflict(TAKEN)

    async def check_running(self, code: str, conference: str) -> None:
        """Raise Conflict unless a running conference can have the code from now on."""
        taken = await self._kept(code) or any(
            str(one.booking) != conference for one in await self._bookings.coded(code)
        )
        running = (one for one in self._wanted.all() if one.definition.id != conference)
        if taken or any(one.rules.access_code == code for one in running):
            raise Conflict(TAKEN)

    def _unbooked(self) -> list[WantedConference]:
        """Conferences that run without a booking: nobody knows when they will end."""
        return [one for one in self._wanted.all() if not number_of(one.definition.id)]


def _meet(one: Occurrence, other: Occurrence) -> bool:
    early = other.end_s is not None and other.end_s <= one.begin_s
    late = one.end_s is not None and one.end_s <= other.begin_s
    return not early and not late
