"""Use case: ad hoc conferences: kept with an access code, and begun by whoever gives it (CONF-06).

What is kept is what a booking asks for, by its name within an organisation; its passwords are
sealed. While it runs it is a booked conference like any other.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable

import msgspec

from control_api.auth.organisations import within
from control_api.auth.roles import Principal
from control_api.auth.seal import Seal
from control_api.errors import DoorClosed
from control_api.persistence.presets import Kind, Preset, PresetRows
from control_api.services.access_codes import AccessCodes
from control_api.services.booking import Bookings
from control_api.services.booking_request import BookingRequest, digits, seated
from control_api.services.names import clean_name
from control_api.services.rooms import LASTS_S, LONGEST, SHORTEST
from control_api.services.wanted import Wanted
from mcu_core.errors import BadInput, NotFound, Refused

KIND: Kind = "adhoc"
MOST = 1000
SECRETS = ("password", "chair_password")


class Adhoc:
    """Ad hoc conferences for callers. `own` is told whose one is that has begun."""

    seal: Seal

    def __init__(
        self,
        rows: PresetRows,
        bookings: Bookings,
        codes: AccessCodes,
        wanted: Wanted,
        own: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._rows = rows
        self._bookings = bookings
        self._codes = codes
        self._wanted = wanted
        self._own = own
        self._changing = asyncio.Lock()

    async def all(self, principal: Principal) -> dict[str, BookingRequest]:
        """By name, without passwords: those of the user's organisation and below it."""
        found = await self._rows.all(KIND)
        mine = principal.organisation
        seen = [one for one in found if within(one.organisation, mine)]
        return {one.name: _bare(_read(one)) for one in seen}

    async def keep(self, name: str, asked: BookingRequest, organisation: str | None = None) -> None:
        """Keep one, new or anew, by default of the organisation that it is of.

        Raises BadInput, and Refused for a code or name that is taken.
        """
        name = clean_name(name)
        if not digits(asked.access_code, "access_code", SHORTEST, LONGEST):
            raise BadInput("access_code", f"{SHORTEST}..{LONGEST} digits")
        sealed = {
            field: self.seal.closed(digits(getattr(asked, field), field, 6, 6))
            for field in SECRETS
            if getattr(asked, field)
        }
        kept = msgspec.structs.replace(
            asked, name=clean_name(asked.name), sites=seated(asked.sites), begin_s=None, **sealed
        )
        kept = msgspec.structs.replace(kept, recurrence=None, length_s=kept.length_s or LASTS_S)
        async with self._changing:
            others = [one for one in await self._rows.all(KIND) if one.name != name]
            if len(others) >= MOST:
                raise Refused(f"there are {MOST} already")
            known = await self._find(name)
            whose = organisation or (known.organisation if known is not None else "")
            if known is not None and known.organisation != whose:
                raise Refused("another organisation has one of this name")
            if known is None or _read(known).access_code != asked.access_code:
                await self._codes.check_room(asked.access_code, "")
            record = msgspec.json.encode(kept).decode()
            await self._rows.put(Preset(KIND, whose, name, record))

    async def remove(self, name: str, principal: Principal) -> None:
        """Forget one; what runs goes on. Raises NotFound."""
        known = await self._find(name)
        if known is None or not within(known.organisation, principal.organisation):
            raise NotFound("ad hoc conference", name)
        await self._rows.remove(KIND, known.organisation, name)

    async def open(self, code: str, password: str, chair_password: str) -> str:
        """Begin the one with this code; its conference, empty where there is none of that code.

        Raises DoorClosed for a wrong password, before anything begins, and Refused without room.
        """
        async with self._changing:
            running = (one for one in self._wanted.all() if code and one.rules.access_code == code)
            if begun := next(running, None):
                return begun.definition.id  # somebody else was a moment earlier
            found = next((one for one in await self._rows.all(KIND) if _is(one, code)), None)
            return await self._begin(found, password, chair_password) if found is not None else ""

    async def _begin(self, found: Preset, password: str, chair_password: str) -> str:
        asked = self._opened(_read(found))
        if chair_password and not _same(chair_password, asked.chair_password):
            raise DoorClosed("chair_password", "the chair's password is wrong")
        if asked.password and not (chair_password or _same(password, asked.password)):
            raise DoorClosed("password", "the password of this conference is missing or wrong")
        booked = await self._bookings.book(asked, f"code of {found.name}")
        await self._own(str(booked.id), found.organisation)
        return str(booked.id)

    def _opened(self, kept: BookingRequest) -> BookingRequest:
        plain = {
            name: self.seal.opened(getattr(kept, name)) for name in SECRETS if getattr(kept, name)
        }
        return msgspec.structs.replace(kept, room=f"{KIND} {kept.name}", **plain)

    async def _find(self, name: str) -> Preset | None:
        return next((one for one in await self._rows.all(KIND) if one.name == name), None)


def _read(one: Preset) -> BookingRequest:
    return msgspec.json.decode(one.record, type=BookingRequest)


def _bare(kept: BookingRequest) -> BookingRequest:
    return msgspec.structs.replace(kept, password="", chair_password="")


def _same(given: str, right: str) -> bool:
    return bool(right) and hmac.compare_digest(given.encode(), right.encode())


def _is(one: Preset, code: str) -> bool:
    return bool(code) and _same(code, _read(one).access_code)
