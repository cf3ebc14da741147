"""Use case: a registered site opens a conference itself, with the code of its room (CONF-07).

The first who gives the code begins it, sits in the site's own seat and chairs it; the others come
by its access code, which the chair is shown. It ends by the clock, or by hand.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from control_api.persistence.bookings import BookedSite
from control_api.persistence.register import RegisterRows
from control_api.services.access_codes import AccessCodes
from control_api.services.booking import Bookings
from control_api.services.booking_request import BookingRequest, digits
from control_api.services.register import Register
from control_api.services.wanted import Wanted
from mcu_core.contract.definition import SiteKind
from mcu_core.errors import BadInput

LASTS_S = 4 * 3600.0
SHORTEST, LONGEST = 8, 20
"""Who gives a room's code has its chair, and a code may be tried 30 times in five minutes and 300
times a day from one address: of a thousand rooms one with six digits would be found within days.
"""

PANES = 24
Own = Callable[[str, str], Awaitable[None]]
"""Told (conference, organisation) of whose a conference is."""


class Rooms:
    """The rooms of registered sites."""

    def __init__(
        self,
        rows: RegisterRows,
        register: Register,
        bookings: Bookings,
        wanted: Wanted,
        codes: AccessCodes,
        own: Own,
    ) -> None:
        self._rows = rows
        self._register = register
        self._bookings = bookings
        self._wanted = wanted
        self._codes = codes
        self._own = own
        self._opening = asyncio.Lock()

    async def keep(self, uri: str, code: str) -> None:
        """Give a site's room a code, empty: none any more. Raises BadInput, NotFound, Refused."""
        site = await self._register.get(uri)
        if site.kind is not SiteKind.WEBRTC:
            raise BadInput("uri", "a site that joins by browser")
        digits(code, "code", SHORTEST, LONGEST)
        async with self._opening:
            if code:
                await self._codes.check_room(code, uri)
            await self._rows.put_room(uri, code)

    async def code(self, uri: str) -> str:
        """The code of a site's room; empty: it has none."""
        return await self._rows.code_of(uri)

    async def open(self, code: str) -> tuple[str, str]:
        """The conference of the room with this code, begun if need be, and its seat; or neither.

        Raises Refused where there is no room for it on the machine.
        """
        async with self._opening:
            uri = await self._rows.room_of(code) if code else ""
            if not uri:
                return "", ""
            return await self._running(uri) or await self._begin(uri), uri

    async def _running(self, uri: str) -> str:
        running = (one for one in self._wanted.all() if one.rules.room == uri)
        return next((one.definition.id for one in running), "")

    async def _begin(self, uri: str) -> str:
        site = await self._register.get(uri)
        asked = BookingRequest(
            site.name,
            length_s=LASTS_S,
            sites=(BookedSite(uri, ""),),
            presence_panes=PANES,
            chair_password=f"{secrets.randbelow(10**6):06}",
            room=uri,
        )
        booked = await self._bookings.book(asked, f"room of {uri}")
        await self._own(str(booked.id), site.organisation)
        return str(booked.id)
