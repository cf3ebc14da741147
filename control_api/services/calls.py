"""Call records (话单): who was in which conference, when, with what, and why they left.

Written from what engines tell, some seconds behind and many at once. A record is begun when its
site joins, so that a control that is killed finds it again and goes on with it.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import structlog

from control_api.persistence.calls import Call, CallRows
from control_api.persistence.uses import Asked, By, Use
from control_api.services.own_tasks import OwnTasks
from control_api.services.wanted import Wanted
from mcu_core.contract.snapshots import Course, SiteSnapshot
from mcu_core.errors import McuError
from mcu_core.media.clock import wall_time_s

log = structlog.get_logger()

FLUSH_S = 5.0
TELL_AGAIN_S = 30.0
"""So often the record of who is still there is brought up to date."""

MOST_WAITING = 10_000
"""Records that the database did not take yet; then the oldest go."""

AT_ONCE = 500
FORGET_EVERY_S = 3600.0
MOST_ROWS = 1000

UNSEEN = "was gone when control came back"
REPLACED = "came anew"
REMOVED = "its conference, or it, was removed"

Key = tuple[str, str]
Extra = Callable[[str, str], Awaitable[tuple[str, str]]]
"""Of a conference and a site: billing code and organisation."""


class Calls:
    """Owns one task; `open` before use, `start` and `stop` are its life. `keep_days` 0: always."""

    def __init__(
        self,
        rows: CallRows,
        wanted: Wanted,
        extra: Extra,
        zone: str,
        keep_days: int,
        wall_s: Callable[[], float] = wall_time_s,
    ) -> None:
        self._rows = rows
        self._wanted = wanted
        self._extra = extra
        self._zone = ZoneInfo(zone)
        self._keep_days = keep_days
        self._wall_s = wall_s
        self._open: dict[Key, Call] = {}
        self._unseen: set[Key] = set()
        """Found in the database, not yet seen by this process."""
        self._changed: set[Key] = set()
        self._written: set[int] = set()
        """Of who is there, the numbers of the records that stand in the database."""
        self._known: dict[int, tuple[str, str]] = {}
        """Billing code and organisation by the number of the record."""
        self._over: deque[Call] = deque()
        self._next = 1
        self._told_s = self._forgotten_s = 0.0
        self._tasks = OwnTasks()
        self.dropped = 0
        """Records that were lost because the database took none for too long."""

    async def open(self) -> None:
        """Take up what an earlier process of ours began."""
        await self._rows.sum_up()
        self._next = await self._rows.next_number()
        self._open = {(call.conference, call.site): call for call in await self._rows.unfinished()}
        self._unseen = set(self._open)
        self._written = {call.number for call in self._open.values()}

    def start(self) -> None:
        """Begin to write."""
        self._tasks.start(self._run(), "call records")

    async def stop(self) -> None:
        """Write what there is, and end; safe twice."""
        if self._tasks.begun:
            await self._tasks.stop()
            await self._quietly()

    # ------------------------------------------------------------------ what is seen

    def see(self, conference: str, site: SiteSnapshot, reason: str) -> None:
        """A site is as the engine tells."""
        key = (conference, site.id)
        call = self._open.get(key)
        if site.state == "joined":
            if call is not None and call.endpoint != site.endpoint:
                self._leave(key, REPLACED)
                call = None
            self._open[key] = _updated(call or self._begun(key, site), site, self._wall_s())
            self._changed.add(key)
            self._unseen.discard(key)
        elif site.state == "away" and call is not None:
            self._leave(key, UNSEEN if key in self._unseen else reason)

    def _begun(self, key: Key, site: SiteSnapshot) -> Call:
        conference, name = key
        definition = self._wanted[conference].definition
        known = next((one for one in definition.sites if one.id == name), None)
        now_s = self._wall_s()
        number, self._next = self._next, self._next + 1
        return Call(
            number,
            self.day_of(now_s),
            conference,
            definition.name,
            "",
            name,
            known.name if known is not None else site.name,
            "",
            known.kind.value if known is not None else "",
            site.endpoint,
            now_s,
            now_s,
        )

    def _leave(self, key: Key, reason: str) -> None:
        """It is over; of one that was not seen any more, when it last was."""
        call = self._open.pop(key)
        self._changed.discard(key)
        self._written.discard(call.number)
        left_s = call.seen_s if key in self._unseen else self._wall_s()
        self._unseen.discard(key)
        if len(self._over) >= MOST_WAITING:
            self._known.pop(self._over.popleft().number, None)
            self.dropped += 1
        self._over.append(
            msgspec.structs.replace(call, left_s=left_s, seen_s=left_s, reason=reason)
        )

    def day_of(self, at_s: float) -> int:
        """The day of our zone, as 20270301."""
        return _number_of(datetime.fromtimestamp(at_s, self._zone))

    # ------------------------------------------------------------------ writing

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await self._quietly()

    async def _quietly(self) -> None:
        try:
            await self.flush()
        except McuError as error:
            log.warning("call records wait", reason=str(error), waiting=len(self._over))
        except Exception:  # else nothing would be written any more
            log.exception("writing call records broke")

    async def flush(self) -> None:
        """Write what is new or over, and now and then how those are who are still there."""
        for key in [key for key in self._open if not self._is_wanted(key)]:
            self._leave(key, REMOVED)
        now_s = self._wall_s()
        again = now_s - self._told_s >= TELL_AGAIN_S
        going = [
            key for key in self._changed if again or self._open[key].number not in self._written
        ]
        for call in [*self._over, *(self._open[key] for key in going)]:
            await self._fill(call)
        while self._over:
            some = list(itertools.islice(self._over, AT_ONCE))
            await self._rows.put([self._with_known(call) for call in some])
            for call in some:
                self._known.pop(call.number, None)
                if self._over and self._over[0] is call:
                    self._over.popleft()
        for k in range(0, len(going), AT_ONCE):
            # Who left meanwhile is among those that are over, next time.
            kept = {key: self._open[key] for key in going[k : k + AT_ONCE] if key in self._open}
            await self._rows.put([self._with_known(call) for call in kept.values()])
            for key, call in kept.items():
                self._written.add(call.number)
                if self._open.get(key) is call:
                    self._changed.discard(key)
        if again:
            self._told_s = now_s
        await self._forget(now_s)

    async def _fill(self, call: Call) -> None:
        """Learn what only others know."""
        if call.number not in self._known and not call.organisation and not call.bill_code:
            self._known[call.number] = await self._extra(call.conference, call.site)

    def _with_known(self, call: Call) -> Call:
        bill_code, organisation = self._known.get(call.number, (call.bill_code, call.organisation))
        return msgspec.structs.replace(call, bill_code=bill_code, organisation=organisation)

    async def _forget(self, now_s: float) -> None:
        if self._keep_days and now_s - self._forgotten_s >= FORGET_EVERY_S:
            await self._rows.forget_before(self.day_of(now_s - self._keep_days * 86400))
            self._forgotten_s = now_s

    def _is_wanted(self, key: Key) -> bool:
        conference, name = key
        if conference not in self._wanted:
            return False
        return any(site.id == name for site in self._wanted[conference].definition.sites)

    # ------------------------------------------------------------------ reading

    def last_days(self, days: int) -> tuple[int, int]:
        """The first and the last of so many days up to today."""
        today = datetime.fromtimestamp(self._wall_s(), self._zone)
        return _number_of(today - timedelta(days=days - 1)), _number_of(today)

    async def page(self, asked: Asked, before: int = 0, most: int = MOST_ROWS) -> list[Call]:
        """The newest first, at most 1000; the next page begins before its last number."""
        return await self._rows.page(asked, before, min(most, MOST_ROWS))

    async def begun(
        self, asked: Asked, since_s: float, until_s: float, skip: int, most: int
    ) -> tuple[list[Call], int]:
        """Of those begun within that time a page, the oldest first, and how many there are.

        The days of `asked` are those of the time.
        """
        first, last = (datetime.fromtimestamp(at_s, self._zone) for at_s in (since_s, until_s))
        asked = replace(asked, since=_number_of(first), until=_number_of(last))
        return await self._rows.begun(asked, since_s, until_s, skip, min(most, MOST_ROWS))

    async def report(self, asked: Asked, by: By) -> list[Use]:
        """Use and loss per day, organisation or site, at most 1000 rows."""
        return await self._rows.report(asked, by, MOST_ROWS)


def _number_of(day: datetime) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _updated(call: Call, site: SiteSnapshot, now_s: float) -> Call:
    larger = site.width * site.height >= call.width * call.height
    return msgspec.structs.replace(
        call,
        seen_s=now_s,
        video_codec=site.video_codec or call.video_codec,
        audio_codec=site.audio_codec or call.audio_codec,
        width=site.width if larger else call.width,
        height=site.height if larger else call.height,
        packets=max(call.packets, site.packets_received),
        lost=max(call.lost, site.packets_lost),
        bytes=max(call.bytes, site.bytes_received),
        **_course(site.course),
    )


def _course(course: Course) -> dict[str, float]:
    """What a record says of it; nothing before its first second, which keeps what there is."""
    if not course.seconds:
        return {}
    return {
        "picture_delay_ms": course.picture_delay_ms,
        "sound_delay_ms": course.sound_delay_ms,
        "still_s": course.still_ms / 1000,
        "concealed_s": course.concealed_ms / 1000,
        "reduced_s": course.reduced_s,
        "repaired": course.repaired,
    }
