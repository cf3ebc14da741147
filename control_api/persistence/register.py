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
