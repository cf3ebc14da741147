"""What a site can send: the cameras that its page has told of, and content."""

from collections import OrderedDict

import msgspec

from control_api.services.views import SiteView
from control_api.services.wanted import Wanted
from mcu_core.contract.definition import SiteKind

MOST_CAMERAS = 16
MOST_SITES = 10_000
"""Sites whose cameras are remembered; who told of them first is forgotten first."""

SLIDES_OFFERED = "a=content:slides"
MAIN = "main"


class Input(msgspec.Struct, frozen=True):
    """One input by its number, from 1; `connected`: something comes from it, or can at once."""

    id: int
    name: str
    connected: bool
    content: bool = False


class Inputs:
    """The inputs of sites, in memory: pages tell of their cameras whenever these change."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._cameras: OrderedDict[tuple[str, str], tuple[str, ...]] = OrderedDict()

    def tell(self, conference: str, site: str, cameras: tuple[str, ...]) -> None:
        """What cameras a page has, in its order."""
        self._cameras[conference, site] = cameras[:MOST_CAMERAS]
        self._cameras.move_to_end((conference, site))
        while len(self._cameras) > MOST_SITES:
            self._cameras.popitem(last=False)

    def cameras(self, conference: str, site: str) -> tuple[str, ...]:
        """The cameras of a page; none for other kinds of site."""
        return self._cameras.get((conference, site), ())

    def of(self, conference: str, site: SiteView) -> list[Input]:
        """All inputs of a site: its cameras, then content where it can send some."""
        here = site.state == "joined"
        cameras = self.cameras(conference, site.id) if here else ()
        found = [Input(k, name or MAIN, True) for k, name in enumerate(cameras, 1)]
        found = found or [Input(1, MAIN, site.video is not None)]
        if name := self.content_of(conference, site):
            found.append(Input(len(found) + 1, name, here, content=True))
        return found

    def content_of(self, conference: str, site: SiteView) -> str:
        """What a site can send as content: a page its screen, an RTP site slides if it offered
        some; empty: nothing."""
        if site.kind is SiteKind.WEBRTC:
            return "screen"
        offer = self._wanted[conference].rtp.get(site.id)
        return "slides" if offer is not None and SLIDES_OFFERED in offer.sdp else ""
