"""Rows of the library: one for each recording of the store, to be listed and searched."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import text

from control_api.auth.rights import groups_of
from control_api.persistence.database import Database
from control_api.persistence.groups import seen_by
from recorder.contract import RecordingInfo, RecordingState

AT_ONCE = 500
"""Rows of one transaction, so that nobody else waits long for the database."""


@dataclass(frozen=True, slots=True)
class Search:
    """What to list, newest first. Times are Unix seconds, 0 for no bound; `words` must all occur.

    `limit` is 1..1000, `skip` how many of the newest are left out.
    """

    words: tuple[str, ...] = ()
    since_s: float = 0.0
    until_s: float = 0.0
    state: str = ""
    limit: int = 100
    skip: int = 0
    organisation: str = ""
    """Only what is its or below."""

    member: str = ""
    """Only what the groups of this user let it see."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was searched for; `total` and `size_bytes` are of all that fits."""

    infos: list[RecordingInfo]
    total: int
    size_bytes: int


def words_of(info: RecordingInfo) -> str:
    """What a search looks at; Chinese is found by any part, for it is compared as it stands."""
    parts = (info.title, info.conference, info.id, info.started_at[:10], *info.tags.searched())
    return "\n".join(parts).casefold()


class LibraryRows:
    """Reads and writes the rows; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen(self) -> dict[str, str]:
        """Of each row, which state of the files it was made from."""
        async with self._database.begin() as connection:
            rows = await connection.execute(text("SELECT id, seen FROM library"))
            return {row.id: row.seen for row in rows}

    async def put(self, infos: Sequence[tuple[RecordingInfo, str]]) -> None:
        """Keep recordings as they are now, each with what its row was made from."""
        for begin in range(0, len(infos), AT_ONCE):
            page = infos[begin : begin + AT_ONCE]
            rows = [_row(info, seen) for info, seen in page]
            groups = [one for info, _ in page for one in _groups(info)]
            async with self._database.begin() as connection:
                await connection.execute(text(PUT), rows)
                await connection.execute(text(NO_GROUPS), rows)
                if groups:
                    await connection.execute(text(PUT_GROUPS), groups)

    async def remove(self, ids: Iterable[str]) -> None:
        """Forget recordings."""
        async with self._database.begin() as connection:
            for one in ids:
                await connection.execute(text("DELETE FROM library WHERE id = :id"), {"id": one})

    async def find(self, search: Search) -> Found:
        """The recordings that fit."""
        where, values = _where(search)
        page = {**values, "limit": search.limit, "skip": search.skip}
        async with self._database.begin() as connection:
            sums = await connection.execute(text(SUMS + where), values)
            total, size = sums.one()
            rows = await connection.execute(text(PAGE_HEAD + where + PAGE_TAIL), page)
            infos = [msgspec.json.decode(row.info, type=RecordingInfo) for row in rows]
        return Found(infos, total, size)


PUT = """INSERT INTO library (id, conference, info, started_s, state, size_bytes, words, seen)
VALUES (:id, :conference, :info, :started_s, :state, :size_bytes, :words, :seen)
ON CONFLICT (id) DO UPDATE SET conference = excluded.conference,
info = excluded.info, started_s = excluded.started_s,
state = excluded.state, size_bytes = excluded.size_bytes, words = excluded.words,
seen = excluded.seen"""
NO_GROUPS = "DELETE FROM recording_groups WHERE recording = :id"
PUT_GROUPS = "INSERT INTO recording_groups (recording, group_name) VALUES (:id, :name)"
SUMS = "SELECT count(*), coalesce(sum(size_bytes), 0) FROM library"
THEIRS = """conference IN (SELECT conference FROM territory
WHERE organisation = :organisation OR organisation LIKE :below ESCAPE '!')"""
PAGE_HEAD = "SELECT info FROM library"
PAGE_TAIL = " ORDER BY started_s DESC, id DESC LIMIT :limit OFFSET :skip"


def _groups(info: RecordingInfo) -> list[dict[str, object]]:
    return [{"id": info.id, "name": name} for name in groups_of(info.tags.group)]


def _row(info: RecordingInfo, seen: str) -> dict[str, object]:
    return {
        "id": info.id,
        "conference": info.conference,
        "info": msgspec.json.encode(info).decode(),
        "started_s": datetime.fromisoformat(info.started_at).timestamp(),
        "state": info.state.value,
        "size_bytes": info.size_bytes,
        "words": words_of(info),
        "seen": seen,
    }


def _where(search: Search) -> tuple[str, dict[str, object]]:
    """The condition, of fixed texts only, and its values."""
    conditions: list[str] = []
    values: dict[str, object] = {}
    for k, word in enumerate(search.words):
        conditions.append(f"words LIKE :word{k} ESCAPE '!'")
        values[f"word{k}"] = f"%{_plain(word.casefold())}%"
    if search.organisation:
        conditions.append(THEIRS)
        values["organisation"] = search.organisation
        values["below"] = f"{_plain(search.organisation)}/%"
    if search.member:
        conditions.append(seen_by("library.id"))
        values["member"] = search.member
    if search.since_s:
        conditions.append("started_s >= :since")
        values["since"] = search.since_s
    if search.until_s:
        conditions.append("started_s < :until")
        values["until"] = search.until_s
    if search.state:
        conditions.append("state = :state")
        values["state"] = RecordingState(search.state).value
    return (" WHERE " + " AND ".join(conditions) if conditions else ""), values


def _plain(word: str) -> str:
    """The word for LIKE, which would take some signs for others."""
    return re.sub("([!%_])", r"!\1", word)
