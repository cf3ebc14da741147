"""Consultations as call records tell of them: which there were, and the records of one."""

from dataclasses import dataclass

from sqlalchemy import func, select

from control_api.persistence.calls import CALLS, Call, CallRows, where
from control_api.persistence.uses import Asked

MOST_CALLS = 5000
"""Of one consultation; a site that comes and goes all day has some hundred."""


@dataclass(frozen=True, slots=True)
class Consultation:
    """A conference on a day (20270301): how many sites, from when to when (Unix seconds), what its
    sites' times add up to, packets that came and were lost."""

    day: int
    conference: str
    name: str
    sites: int
    begun_s: float
    over_s: float
    seconds: float
    packets: int
    lost: int


class ConsultationRows(CallRows):
    """Reads them; each call of a method is one transaction."""

    async def consultations(self, asked: Asked, most: int) -> list[Consultation]:
        """The newest first."""
        c = CALLS.c
        begun = func.min(c.joined_s)
        statement = select(
            c.day,
            c.conference,
            func.max(c.conference_name),
            func.count(c.site.distinct()),
            begun,
            func.max(c.seen_s),
            func.sum(c.seen_s - c.joined_s),
            func.sum(c.packets),
            func.sum(c.lost),
        ).group_by(c.day, c.conference)
        statement = where(statement, asked).order_by(c.day.desc(), begun.desc()).limit(most)
        async with self._database.begin() as connection:
            rows = (await connection.execute(statement)).all()
        return [
            Consultation(day, name, title, sites, begun_s, over_s, took, int(came), int(lost))
            for day, name, title, sites, begun_s, over_s, took, came, lost in rows
        ]

    async def calls_of(self, asked: Asked) -> list[Call]:
        """The records of one conference, in order, at most MOST_CALLS."""
        rows = await self.page(asked, 0, MOST_CALLS)
        return rows[::-1]
