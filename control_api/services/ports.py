"""Use case: ports in time (CONF-05): what bookings take, what is free, and who finds none."""

from collections.abc import Sequence

from control_api.persistence.bookings import BookingRows, Occurrence
from control_api.services.booking_request import Conflict
from control_api.services.ledger import Span, busiest, course

PERMANENT_S = 10 * 366 * 86400.0
"""What a conference without an end counts as in plans."""


class Ports:
    """The ports of all engines together, in units of SD; `capacity` 0: they are not counted."""

    def __init__(self, rows: BookingRows, capacity: int) -> None:
        self._rows = rows
        self.capacity = capacity

    async def check(self, occurrences: Sequence[Occurrence], but: int = 0) -> None:
        """Raise Conflict unless all of these find room beside all bookings `but` one."""
        if not self.capacity:
            return
        for one in occurrences:
            until_s = one.end_s if one.end_s is not None else one.begin_s + PERMANENT_S
            going = [other for other in await self._going(one.begin_s, until_s) if other[0] != but]
            most = busiest([other for _, other in going], one.begin_s, until_s)
            if most + one.units > self.capacity:
                raise Conflict(
                    f"it needs {one.units} ports (in units of SD) where"
                    f" {most} of {self.capacity} are taken"
                )

    async def taken(self, since_s: float, until_s: float) -> list[Span]:
        """How many are taken, span after span, from `since_s` to `until_s` without a gap."""
        going = await self._going(since_s, until_s)
        return course([one for _, one in going], since_s, until_s)

    async def _going(self, since_s: float, until_s: float) -> list[tuple[int, Occurrence]]:
        found = await self._rows.between(since_s, until_s)
        return [(one.booking, one) for one in found if one.state in {"booked", "running"}]
