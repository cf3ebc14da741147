"""The audit log (SEC-15): who did what, from where, and what came of it; kept for half a year.

Each row's chain is the SHA-256 of the row before it and of its own words, so that none can be
changed or taken out of the middle without all that follow showing it.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace

import msgspec
import structlog

from control_api.persistence.audit import AuditRow, AuditRows
from mcu_core.errors import McuError
from mcu_core.media.clock import wall_time_s

log = structlog.get_logger()

KEPT_S = 184 * 86400.0
LONGEST = 200
AT_ONCE = 1000
EVER_S = 1e12
NAMELESS_PER_MINUTE = 60
"""Rows of who has not logged in: a stranger who asks and asks must not fill the disk."""

CUT_EVERY = 1000
"""Rows between two looks for what is too old."""


def chained(before: str, row: AuditRow) -> str:
    """What the chain of a row must be."""
    said = [row.number, row.at_s, row.user_name, row.source, row.action, row.object, row.result]
    return hashlib.sha256(before.encode() + msgspec.json.encode(said)).hexdigest()


class Audit:
    """The log for those who write and who read it. `open` before use."""

    def __init__(self, rows: AuditRows, wall_s: Callable[[], float] = wall_time_s) -> None:
        self._rows = rows
        self._wall_s = wall_s
        self._lock = asyncio.Lock()
        self._last: AuditRow | None = None
        self._minute = 0
        self._nameless = 0

    async def open(self) -> None:
        """Take up the chain of the process before us, and forget what is too old."""
        self._last = await self._rows.last()
        await self._rows.forget_before(self._wall_s() - KEPT_S)

    async def note(self, user: str, source: str, action: str, object: str, result: str) -> None:
        """Add a deed. Where the disk does not take it, the log of the process has it instead.

        Of those without a user, what is over NAMELESS_PER_MINUTE is only counted: a row tells.
        """
        if not user and not await self._has_room():
            return
        await self._add(user, source, action, object, result)

    async def _has_room(self) -> bool:
        """Whether one more row of nobody is written; what was left out is told before it."""
        minute = int(self._wall_s() // 60)
        if minute != self._minute:
            left_out = self._nameless - NAMELESS_PER_MINUTE
            self._minute, self._nameless = minute, 0
            if left_out > 0:
                await self._add("", "", "left out", f"{left_out} of nobody", "")
        self._nameless += 1
        return self._nameless <= NAMELESS_PER_MINUTE

    async def _add(self, user: str, source: str, action: str, object: str, result: str) -> None:
        words = (user[:LONGEST], source[:LONGEST], action, object[:LONGEST], result)
        async with self._lock:
            number = self._last.number + 1 if self._last is not None else 1
            bare = AuditRow(number, self._wall_s(), *words, "")
            before = self._last.chain if self._last is not None else ""
            row = replace(bare, chain=chained(before, bare))
            try:
                await self._rows.add(row)
                if number % CUT_EVERY == 0:
                    await self._rows.forget_before(self._wall_s() - KEPT_S)
            except McuError as error:
                log.error("not in the audit log", row=words, reason=str(error))
                return
            self._last = row

    async def between(self, since_s: float, until_s: float, after: int = 0) -> list[AuditRow]:
        """A page of at most 1000 rows of that time; the next begins after its last number."""
        return await self._rows.between(since_s, until_s, after, AT_ONCE)

    async def first_broken(self) -> int | None:
        """The number of the first row that does not follow from the one before; None: all do.

        The oldest row is the anchor: what stood before it has been forgotten.
        """
        before: AuditRow | None = None
        while rows := await self._rows.between(0, EVER_S, before.number if before else 0, AT_ONCE):
            for row in rows:
                follows = before is None or row.number == before.number + 1
                known = before.chain if before is not None else "" if row.number == 1 else None
                if not follows or (known is not None and chained(known, row) != row.chain):
                    return row.number
                before = row
        return None
