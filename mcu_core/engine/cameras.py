"""Cameras moved from afar: whose, by whom, and by which way."""

from collections.abc import Callable, Mapping
from functools import partial

from mcu_core.conference.camera import camera_seen
from mcu_core.conference.direction import Direction
from mcu_core.contract.camera import CameraOrder, check_order
from mcu_core.contract.events import CameraWanted
from mcu_core.endpoints.endpoint import Endpoint
from mcu_core.engine.seat import Seat
from mcu_core.errors import Refused


class Cameras:
    """Hands orders on, to a site's own line where it has one, else to control, which knows its
    page. `direction` says who sees what now. Runs on the event loop."""

    def __init__(
        self,
        conference: str,
        seats: Mapping[str, Seat],
        direction: Callable[[], Direction],
        tell: Callable[[CameraWanted], None],
    ) -> None:
        self._conference = conference
        self._seats = seats
        self._direction = direction
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
        site = self._moved.pop(by, "") if order.what == "stop" else ""
        site = site or camera_seen(self._direction(), by)
        seat = self._seats.get(site)
        if seat is None or seat.endpoint is None:
            return
        if order.what == "move":
            self._moved[by] = site
        if seat.endpoint.camera is not None:
            seat.endpoint.camera.order(order)
        else:
            self._tell(CameraWanted(self._conference, site, by, order))
