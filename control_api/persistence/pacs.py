"""Rows of recordings on their way to a PACS."""

from typing import Any

import msgspec
from sqlalchemy import Row, text

from control_api.persistence.database import Database
from recorder.dicom_order import Kind, Stored, Track

WAITING, SENDING, DONE, FAILED, CANCELLED = "waiting", "sending", "done", "failed", "cancelled"
UNFINISHED = (WAITING, SENDING)


class Wish(msgspec.Struct, frozen=True):
    """Which part of a recording, and as what; times in seconds, `until_s` 0 for the end."""

    series_uid: str
    track: Track = "main"
    kind: Kind = "photographic"
    sound: bool = True
    since_s: float = 0.0
    until_s: float = 0.0


class Job(msgspec.Struct, frozen=True):
    """A row: one recording, or a part of it, for one archive; times are Unix seconds.

    `study` is sealed. `objects` is 0 until it is known. `due_s` is when it is tried (again).
    """

    id: str
    recording: str
    peer: str
    state: str
    wish: Wish
    study: str
    created_s: float
    user_name: str
    objects: int = 0
    receipts: tuple[Stored, ...] = ()
    attempts: int = 0
    due_s: float = 0.0
    changed_s: float = 0.0
    reason: str = ""


_READ = (
    "SELECT id, recording, peer, state, wish, study, created_s, user_name, objects, receipts,"
    " attempts, due_s, changed_s, reason FROM pacs_jobs"
)
_PUT = """INSERT INTO pacs_jobs (id, recording, peer, state, wish, study, objects, receipts,
attempts, due_s, created_s, changed_s, user_name, reason)
VALUES (:id, :recording, :peer, :state, :wish, :study, :objects, :receipts,
:attempts, :due_s, :created_s, :changed_s, :user_name, :reason)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, study = excluded.study,
objects = excluded.objects, receipts = excluded.receipts, attempts = excluded.attempts,
due_s = excluded.due_s, changed_s = excluded.changed_s, reason = excluded.reason"""


class PacsRows:
    """Reads and writes the rows; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, job: Job) -> None:
        """Keep a job as it is now."""
        values = msgspec.structs.asdict(job)
        for name in ("wish", "receipts"):
            values[name] = msgspec.json.encode(values[name]).decode()
        async with self._database.begin() as connection:
            await connection.execute(text(_PUT), values)

    async def get(self, id_: str) -> Job | None:
        """One of them."""
        async with self._database.begin() as connection:
            rows = await connection.execute(text(f"{_READ} WHERE id = :id"), {"id": id_})
            row = rows.first()
        return _job(row) if row is not None else None

    async def find(self, recording: str, limit: int) -> list[Job]:
        """The newest first, of one recording where that is not empty."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text(
                    f"{_READ} WHERE (:recording = '' OR recording = :recording)"
                    " ORDER BY created_s DESC LIMIT :limit"
                ),
                {"recording": recording, "limit": limit},
            )
            return [_job(row) for row in rows]

    async def next(self) -> Job | None:
        """The one that is to be tried first of all that wait."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text(f"{_READ} WHERE state = :state ORDER BY due_s, created_s LIMIT 1"),
                {"state": WAITING},
            )
            row = rows.first()
        return _job(row) if row is not None else None

    async def waiting(self) -> int:
        """How many have not ended."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text("SELECT count(*) FROM pacs_jobs WHERE state IN (:waiting, :sending)"),
                {"waiting": WAITING, "sending": SENDING},
            )
            return int(rows.scalar_one())

    async def take_up(self) -> None:
        """What a process before us was sending waits again."""
        async with self._database.begin() as connection:
            await connection.execute(
                text("UPDATE pacs_jobs SET state = :waiting WHERE state = :sending"),
                {"waiting": WAITING, "sending": SENDING},
            )

    async def forget_before(self, at_s: float) -> None:
        """Remove what has ended and was asked for earlier."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "DELETE FROM pacs_jobs WHERE created_s < :at"
                    " AND state NOT IN (:waiting, :sending)"
                ),
                {"at": at_s, "waiting": WAITING, "sending": SENDING},
            )


def _job(row: Row[Any]) -> Job:
    values = row._asdict()
    values["wish"] = msgspec.json.decode(values["wish"], type=Wish)
    values["receipts"] = msgspec.json.decode(values["receipts"], type=tuple[Stored, ...])
    return Job(**values)
