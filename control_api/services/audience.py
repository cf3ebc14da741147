"""Use case: keeping, and telling an administrator, who watched what."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from control_api.errors import NotStored
from control_api.persistence.audience import AudienceRows, Watched
from control_api.services.picture_views import View
from mcu_core.media.clock import wall_time_s

log = structlog.get_logger()


class WatchedView(View):
    """One look; `what` is play, download, still or live."""

    at: str
    user: str
    what: str
    object: str


class Audience:
    """Who watched what. What the disk does not take is in the log."""

    def __init__(self, rows: AudienceRows, wall_s: Callable[[], float] = wall_time_s) -> None:
        self._rows = rows
        self._wall_s = wall_s

    async def note(self, user: str, what: str, object_: str) -> None:
        """Somebody begins to watch something."""
        watched = Watched(self._wall_s(), user, what, object_)
        log.info("watched", user=user, what=what, object=object_)
        try:
            await self._rows.add(watched)
        except NotStored as error:
            log.warning("audience not stored", reason=str(error))

    async def find(self, object_: str, user: str, limit: int) -> list[WatchedView]:
        """The newest first, of one object or user where they are not empty."""
        return [
            WatchedView(
                at=datetime.fromtimestamp(row.at_s, UTC).isoformat(timespec="seconds"),
                user=row.user,
                what=row.what,
                object=row.object,
            )
            for row in await self._rows.find(object_, user, limit)
        ]
