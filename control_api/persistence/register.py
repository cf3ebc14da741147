"""Rows of the register of sites."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, text

from control_api.persistence.database import Database
from mcu_core.contract.definition import FileSource, PatternSource, SiteKind

AT_ONCE = 500


class RegisteredSite(msgspec.Struct, frozen=True):
    """A site that is known: how it joins, and what it is sent at most.

    `offer_sdp` is what an RTP site offered when it was registered. Of formats the numbers are the
    standard's (WS/T 546 table 6); None: as the line allows.
    """

    uri: str
    name: str
    kind: SiteKind = SiteKind.WEBRTC
    organisation: str = ""
    type: int = 7
    rate_kbps: int = 0
    video_format: int | None = None
    video_protocol: int | None = None
    dialing_mode: int = 0
    file: FileSource | None = None
    pattern: PatternSource | None = None
    offer_sdp: str = ""


_DECODE = msgspec.json.Decoder(RegisteredSite)


class RegisterRows:
    """Reads and writes registered sites; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, site: RegisteredSite) -> None:
        """Write a site, new or changed."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO registered_sites (uri, name, organisation, record)"
                    " VALUES (:uri, :name, :organisation, :record) ON CONFLICT (uri) DO UPDATE SET"
                    " name = :name, organisation = :organisation, record = :record"
                ),
                {
                    "uri": site.uri,
                    "name": site.name,
                    "organisation": site.organisation,
                    "record": msgspec.json.encode(site).decode(),
                },
            )

    async def remove(self, uri: str) -> bool:
        """Forget a site; whether it was known."""
        async with self._database.begin() as connection:
            gone = await connection.execute(
                text("DELETE FROM registered_sites WHERE uri = :uri"), {"uri": uri}
            )
            return gone.rowcount > 0

    async def put_room(self, uri: str, code: str) -> None:
        """Give the room of a registered site a code; empty: it has none any more."""
        async with self._database.begin() as connection:
            await connection.execute(text("DELETE FROM room_codes WHERE uri = :uri"), {"uri": uri})
            if code:
                await connection.execute(
                    text("INSERT INTO room_codes (uri, code) VALUES (:uri, :code)"),
                    {"uri": uri, "code": code},
                )

    async def code_of(self, uri: str) -> str:
        """The code of a site's room; empty: it has none."""
        async with self._database.begin() as connection:
            found = await connection.execute(
                text("SELECT code FROM room_codes WHERE uri = :uri"), {"uri": uri}
            )
            return str(found.scalar() or "")

    async def room_of(self, code: str) -> str:
        """The site whose room has this code; empty: none."""
        async with self._database.begin() as connection:
            found = await connection.execute(
                text("SELECT uri FROM room_codes WHERE code = :code"), {"code": code}
            )
            return str(found.scalar() or "")

    async def count(self) -> int:
        """How many are registered."""
        async with self._database.begin() as connection:
            found = await connection.execute(text("SELECT count(*) FROM registered_sites"))
            return int(found.scalar_one())

    async def all(self) -> list[RegisteredSite]:
        """All by name."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text("SELECT record FROM registered_sites ORDER BY name, uri")
            )
            return [_DECODE.decode(row.record) for row in rows]

    async def known(self, uris: Sequence[str]) -> dict[str, RegisteredSite]:
        """Those of these that are registered."""
        statement = text("SELECT uri, record FROM registered_sites WHERE uri IN :uris").bindparams(
            bindparam("uris", expanding=True)
        )
        found: dict[str, RegisteredSite] = {}
        async with self._database.begin() as connection:
            for k in range(0, len(uris), AT_ONCE):
                rows = await connection.execute(statement, {"uris": uris[k : k + AT_ONCE]})
                found.update((row.uri, _DECODE.decode(row.record)) for row in rows)
        return found

    async def limits(self) -> dict[str, int]:
        """The most that each site of an organisation is sent, in kbit/s."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text("SELECT organisation, rate_kbps FROM organisation_limits")
            )
            return {row.organisation: row.rate_kbps for row in rows.all()}

    async def put_limit(self, organisation: str, rate_kbps: int) -> None:
        """Keep a limit; 0: none any more."""
        values = {"organisation": organisation, "rate": rate_kbps}
        async with self._database.begin() as connection:
            await connection.execute(
                text("DELETE FROM organisation_limits WHERE organisation = :organisation"),
                {"organisation": organisation},
            )
            if rate_kbps:
                await connection.execute(
                    text(
                        "INSERT INTO organisation_limits (organisation, rate_kbps)"
                        " VALUES (:organisation, :rate)"
                    ),
                    values,
                )
