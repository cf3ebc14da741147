"""Use case: cameras moved from here: of RTP sites by their own line, of browsers by their page."""

from collections.abc import Callable

from control_api.services.keeper import Keeper
from control_api.services.observed import Observed
from control_api.services.wanted import Wanted
from mcu_core.contract.camera import CameraOrder, check_order
from mcu_core.contract.commands import MoveCamera
from mcu_core.contract.definition import SiteKind
from mcu_core.errors import Refused

MOVES = {
    "pan_right": CameraOrder("move", pan=1),
    "pan_left": CameraOrder("move", pan=-1),
    "tilt_up": CameraOrder("move", tilt=1),
    "tilt_down": CameraOrder("move", tilt=-1),
    "zoom_in": CameraOrder("move", zoom=1),
    "zoom_out": CameraOrder("move", zoom=-1),
    "focus_in": CameraOrder("move", focus=1),
    "focus_out": CameraOrder("move", focus=-1),
}
"""What pages call movements; they may do several at once, with a space between."""

WAYS = ("pan", "tilt", "zoom", "focus")


def words_of(order: CameraOrder) -> str:
    """An order as pages are told it; empty for what none can do."""
    if order.what != "move":
        return "" if order.what == "source" else order.what
    one_way = [
        name
        for name, move in MOVES.items()
        for way in WAYS
        if getattr(move, way) and getattr(move, way) == getattr(order, way)
    ]
    return " ".join(one_way) or "stop"


class Cameras:
    """Orders to cameras. `tell` reaches the page of a site."""

    def __init__(
        self, wanted: Wanted, observed: Observed, keeper: Keeper, tell: Callable[..., None]
    ) -> None:
        self._wanted = wanted
        self._observed = observed
        self._keeper = keeper
        self._tell = tell
        observed.camera_wanted = self._tell_page

    async def move(self, conference: str, site: str, order: CameraOrder) -> None:
        """Have a site's camera do something; raises NotFound, BadInput, or Refused where it has
        none that could."""
        check_order(order)
        view = self._observed.site(conference, site)
        if view.state != "joined":
            raise Refused("the site is not connected")
        if view.kind is SiteKind.WEBRTC:
            if not words_of(order):
                raise Refused("a page has one source")
            self._tell_page(conference, site, order)
        elif view.kind is SiteKind.RTP:
            engine = self._wanted[conference].engine
            await self._keeper.fleet.call(engine, MoveCamera(conference, site, order))
        else:
            raise Refused("nobody can move the camera of a file or a pattern")

    def _tell_page(self, conference: str, site: str, order: CameraOrder) -> None:
        words = words_of(order)
        if words:
            self._tell(conference, site, "camera", action=words, preset=order.number)
