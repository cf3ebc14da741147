"""Cameras moved from afar: whose, by whom, and by which way."""

from collections.abc import Callable, Mapping
from functools import partial

import structlog

from mcu_core.conference.camera import camera_seen
from mcu_core.conference.direction import Direction
from mcu_core.contract.camera import CameraOrder, check_order
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.events import CameraWanted
from mcu_core.endpoints.endpoint import Endpoint
from mcu_core.engine.seat import Seat
from mcu_core.errors import Refused

log = structlog.get_logger()


class Cameras:
    """Hands orders on, to a site's own line where it has one, else to control, which knows its
    page. `now` says what the conference is and who sees what.

    Any site may move what it sees, and recall where that stood; only the chair may store, since
    that stays in a device which is not its own, beyond the conference, and H.281 knows no way to
    ask whose it is. `refused` counts those who tried. Runs on the event loop.
    """

    def __init__(
        self,
        seats: Mapping[str, Seat],
        now: Callable[[], tuple[ConferenceDefinition, Direction]],
        tell: Callable[[CameraWanted], None],
    ) -> None:
        self.refused = 0
        self._seats = seats
        self._now = now
        self._tell = tell
        self._moved: dict[str, str] = {}

    def listen(self, site: str, endpoint: Endpoint) -> None:
        """A site has a new connection, by which it may move what it sees."""
        self._moved.pop(site, None)
        endpoint.feedback.camera_wanted = partial(self._wanted, site)

    def order(self, site: str, order: CameraOrder) -> None:
        """Have a site's camera do something; raises BadInput, or Refused where it has none."""
        check_order(order)
        seat = self._seats.get(site)
        if seat is None or seat.endpoint is None:
            raise Refused("the site is not connected")
        if seat.endpoint.camera is None:
            raise Refused("the site has no line to its camera (RFC 4573)")
        seat.endpoint.camera.order(order)

    def _wanted(self, by: str, order: CameraOrder) -> None:
        """A site moves the camera that it sees; it ends what it began, whatever it sees then."""
        definition, direction = self._now()
        if order.what == "store" and by != definition.chair:
            self.refused += 1
            log.info("preset not stored: not the chair", conference=definition.id, site=by)
            return
        site = self._moved.pop(by, "") if order.what == "stop" else ""
        site = site or camera_seen(direction, by)
        seat = self._seats.get(site)
        if seat is None or seat.endpoint is None:
            return
        if order.what == "move":
            self._moved[by] = site
        if seat.endpoint.camera is not None:
            seat.endpoint.camera.order(order)
        else:
            self._tell(CameraWanted(definition.id, site, by, order))
