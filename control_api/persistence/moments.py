"""Rows of what can be found within recordings, and their index of grams."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from control_api.persistence.database import Database
from control_api.persistence.grams import asked, compared, grams, owned
from control_api.persistence.groups import seen_by
from recorder.contract import RecordingInfo

NOT_READ = -1
POSTGRES = "postgresql"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something to find: `kind` is slide, title or that of a mark; `at_ms` of the recording."""

    kind: str
    at_ms: float
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A moment that was found, and the recording that it is of; later rows have larger `id`s."""

    id: int
    recording: RecordingInfo
    moment: Moment


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look for: all the words, where they are not empty of one organisation's recordings
    or below, and within one recording."""

    words: tuple[str, ...]
    organisation: str = ""
    recording: str = ""
    member: str = ""
    """Only in what the groups of this user let it see."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A recording whose moments are not, or no longer, what its files say."""

    recording: str
    conference: str
    seen: str


_HEAD = "SELECT m.id, m.kind, m.at_ms, m.text, l.info FROM "
_SQLITE = "moment_grams g JOIN moments m ON m.id = g.rowid"
_SQLITE_WHERE = " WHERE moment_grams MATCH :grams AND g.rowid < :before"
_SQLITE_ORDER = " ORDER BY g.rowid DESC LIMIT :limit"
_PG = "moments m"
_PG_WHERE = " WHERE m.grams @@ CAST(:grams AS tsquery) AND m.id < :before"
_PG_ORDER = " ORDER BY m.id DESC LIMIT :limit"
_LIBRARY = " JOIN library l ON l.id = m.recording"
_THEIRS = " AND (m.organisation = :theirs OR m.organisation LIKE :below ESCAPE '!')"
_ADD = (
    "INSERT INTO moments (id, recording, organisation, kind, at_ms, words, text{0})"
    " VALUES (:id, :recording, :organisation, :kind, :at_ms, :words, :text{1})"
)
_ALONE = "LOCK TABLE moments IN SHARE ROW EXCLUSIVE MODE"
_SEEN = """INSERT INTO searched (recording, seen, slides) VALUES (:recording, :seen, :slides)
ON CONFLICT (recording) DO UPDATE SET seen = excluded.seen, slides = excluded.slides"""
_ENDED = (
    "SELECT l.id, l.conference, l.seen FROM library l LEFT JOIN searched s ON s.recording = l.id"
    " WHERE l.state IN ('done', 'failed') AND "
)
_NEWEST = " ORDER BY l.started_s DESC LIMIT :limit"
_CHANGED = _ENDED + "(s.seen IS NULL OR s.seen <> l.seen)" + _NEWEST
_NOT_READ = _ENDED + "s.slides = -1" + _NEWEST
_GONE = "SELECT recording FROM searched WHERE recording NOT IN (SELECT id FROM library)"


class MomentRows:
    """Reads and writes the rows; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, unread: Unread, organisation: str, moments: Sequence[Moment], slides: int
    ) -> None:
        """Replace all that can be found of a recording; `slides` NOT_READ: not all of it yet."""
        async with self._database.begin() as connection:
            if connection.dialect.name == POSTGRES:  # who writes meanwhile would take the same ids
                await connection.execute(text(_ALONE))
            await _remove(connection, unread.recording)
            await _add(connection, unread.recording, organisation, moments)
            values = {"recording": unread.recording, "seen": unread.seen, "slides": slides}
            await connection.execute(text(_SEEN), values)

    async def tidy(self) -> int:
        """Forget recordings that are not in the library any more; how many."""
        async with self._database.begin() as connection:
            rows = await connection.execute(text(_GONE))
            gone = [row.recording for row in rows]
            for recording in gone:
                await _remove(connection, recording)
                await connection.execute(
                    text("DELETE FROM searched WHERE recording = :recording"),
                    {"recording": recording},
                )
        return len(gone)

    async def changed(self, limit: int) -> list[Unread]:
        """Recordings that have ended and are not searched as they are now, newest first."""
        return await self._library(_CHANGED, limit)

    async def unread(self, limit: int) -> list[Unread]:
        """Recordings whose slides are to be read, newest first."""
        return await self._library(_NOT_READ, limit)

    async def find(self, what: Asked, limit: int, before: int = 2**53) -> list[Hit]:
        """The newest moments that are asked for; `before`: only older ones than that hit's id."""
        wanted = dict.fromkeys(gram for word in what.words for gram in asked(word))
        if not wanted:
            return []
        values: dict[str, object] = {"before": before, "limit": limit}
        where = ""
        for k, word in enumerate(what.words):
            where += f" AND m.words LIKE :word{k} ESCAPE '!'"
            values[f"word{k}"] = f"%{_plain(compared(word))}%"
        if what.organisation:
            wanted[owned(what.organisation)[-1], False] = None
            where += _THEIRS
            below = f"{_plain(what.organisation)}/%"
            values |= {"theirs": what.organisation, "below": below}
        if what.recording:
            where += " AND m.recording = :recording"
            values["recording"] = what.recording
        if what.member:
            where += f" AND {seen_by('m.recording')}"
            values["member"] = what.member
        async with self._database.begin() as connection:
            if connection.dialect.name == POSTGRES:
                parts = (f"'{gram}'{':*' if begins else ''}" for gram, begins in wanted)
                values["grams"] = " & ".join(parts)
                statement = _HEAD + _PG + _LIBRARY + _PG_WHERE + where + _PG_ORDER
            else:
                parts = (f'"{gram}"{"*" if begins else ""}' for gram, begins in wanted)
                values["grams"] = " AND ".join(parts)
                statement = _HEAD + _SQLITE + _LIBRARY + _SQLITE_WHERE + where + _SQLITE_ORDER
            rows = await connection.execute(text(statement), values)
            return [_hit(row) for row in rows]

    async def _library(self, statement: str, limit: int) -> list[Unread]:
        async with self._database.begin() as connection:
            rows = await connection.execute(text(statement), {"limit": limit})
            return [Unread(row.id, row.conference, row.seen) for row in rows]


def _hit(row: Row[Any]) -> Hit:
    info = msgspec.json.decode(row.info, type=RecordingInfo)
    return Hit(row.id, info, Moment(row.kind, row.at_ms, row.text))


async def _remove(connection: AsyncConnection, recording: str) -> None:
    if connection.dialect.name != POSTGRES:
        rows = await connection.execute(
            text("SELECT id, organisation, words FROM moments WHERE recording = :recording"),
            {"recording": recording},
        )
        # An index without a copy of its texts must be told what it forgets.
        old = [{"id": row.id, "grams": _indexed(row.words, row.organisation)} for row in rows]
        if old:
            await connection.execute(
                text(
                    "INSERT INTO moment_grams (moment_grams, rowid, grams)"
                    " VALUES ('delete', :id, :grams)"
                ),
                old,
            )
    await connection.execute(
        text("DELETE FROM moments WHERE recording = :recording"), {"recording": recording}
    )


async def _add(
    connection: AsyncConnection, recording: str, organisation: str, moments: Sequence[Moment]
) -> None:
    if not moments:
        return
    first = (
        await connection.execute(text("SELECT coalesce(max(id), 0) FROM moments"))
    ).scalar_one()
    rows = []
    for id_, moment in enumerate(moments, first + 1):
        words = compared(moment.text)
        rows.append(
            {
                "id": id_,
                "recording": recording,
                "organisation": organisation,
                "kind": moment.kind,
                "at_ms": moment.at_ms,
                "words": words,
                "text": moment.text,
                "grams": _indexed(words, organisation),
            }
        )
    if connection.dialect.name == POSTGRES:
        grams_ = ", array_to_tsvector(string_to_array(CAST(:grams AS text), ' '))"
        await connection.execute(text(_ADD.format(", grams", grams_)), rows)
        return
    await connection.execute(text(_ADD.format("", "")), rows)
    await connection.execute(
        text("INSERT INTO moment_grams (rowid, grams) VALUES (:id, :grams)"), rows
    )


def _indexed(words: str, organisation: str) -> str:
    return " ".join([*grams(words), *owned(organisation)])


def _plain(word: str) -> str:
    """The word for LIKE, which would take some signs for others."""
    return re.sub("([!%_])", r"!\1", word)
