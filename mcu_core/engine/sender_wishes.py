"""Senders are asked for what is shown of them, by the largest tile that shows them anywhere."""

from collections.abc import Iterable, Mapping

from mcu_core.adaptation.sender_rate import SenderRate
from mcu_core.conference.direction import Shown, ViewKey
from mcu_core.endpoints.endpoint import Endpoint
from mcu_core.engine.seat import Seat
from mcu_core.media.units import VideoForm


def largest_tiles(
    views: Mapping[ViewKey, Shown], coded: Iterable[tuple[ViewKey, VideoForm]]
) -> dict[str, float]:
    """Pixels of each site's largest pane in all pictures that are coded."""
    found: dict[str, float] = {}
    for key, form in coded:
        shown = views.get(key)
        if shown is None:
            continue
        for site, pane in zip(shown.panes, shown.layout.panes, strict=True):
            pixels = float(pane.w * pane.h) * form.width * form.height
            found[site] = max(found.get(site, 0.0), pixels)
    return found


class SenderWishes:
    """Asks the senders of one conference; on the event loop."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[Endpoint, SenderRate]] = {}

    def look(
        self,
        seats: Mapping[str, Seat],
        tiles: Mapping[str, float],
        passed: Mapping[str, float],
        now_ns: int,
    ) -> None:
        """Ask each site for its largest of `tiles`, and of its layers for the one that serves it
        and where it is `passed` through; what it is sent at then is as it likes."""
        for site in [site for site in self._asked if site not in seats]:
            del self._asked[site]
        for site, seat in seats.items():
            seat.video.shown_pixels = max(tiles.get(site, 0.0), passed.get(site, 0.0))
            endpoint = seat.endpoint
            if endpoint is None:
                continue
            known = self._asked.get(site)
            if known is None or known[0] is not endpoint:
                known = self._asked[site] = (endpoint, SenderRate())
            pixels = None if site in passed else tiles.get(site, 0.0)
            endpoint.ask_rate(known[1].want(pixels, now_ns))
