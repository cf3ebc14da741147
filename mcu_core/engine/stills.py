"""Stills for callers: the newest picture of one site or of the content, as it was decoded."""

import asyncio

from mcu_core.contract.commands import StillTaken
from mcu_core.engine.conference import Conference
from mcu_core.engine.content import SiteContent, Still
from mcu_core.engine.seat import GONE_AFTER_NS, Seat
from mcu_core.errors import Refused
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.color import Range
from mcu_core.media.picture import Picture

AT_ONCE = 2
"""Each is up to 14 MB on its way; others wait."""

PATIENCE_NS = 3 * NS_PER_SECOND
"""A source that nobody saw gives a keyframe within a round trip or two, or not at all."""

LOOK_S = 0.02


class Stills:
    """Takes them on the event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._room = asyncio.Semaphore(AT_ONCE)

    async def take(self, conference: Conference, site: str, content: bool) -> StillTaken:
        """The newest picture of a site, of its content, or with no site of the content shown.

        Raises NotFound, or Refused where there is none to be seen.
        """
        async with self._room:
            if not site:
                picture = await self._of_content(conference)
            elif content:
                seat = conference.seat(site)
                picture = await self._wait(seat, seat.content, "this site sends no content")
            else:
                picture = await self._of_site(conference.seat(site))
        return _told(picture, self._clock.now_ns())

    async def _of_content(self, conference: Conference) -> Picture:
        source = conference.content.source
        match source:
            case Still():
                return source.picture
            case SiteContent(seat=seat):
                return await self._wait(seat, seat.content, "the content gives no picture")
            case _:
                raise Refused("no content is shown")

    async def _of_site(self, seat: Seat) -> Picture:
        if seat.definition.video_off:
            raise Refused("the picture of this site is switched off")
        picture = await self._wait(seat, seat.video, "this site sends no picture")
        if self._clock.now_ns() - picture.stamp_ns > GONE_AFTER_NS:
            raise Refused("the picture of this site stands still")
        return picture

    async def _wait(self, seat: Seat, video: VideoIngress, nothing: str) -> Picture:
        """Its newest picture, decoded for this where nobody sees it; raises Refused."""
        if not seat.joined_ns:
            raise Refused("this site is not here")
        until_ns = self._clock.now_ns() + PATIENCE_NS
        with video.held():
            while (picture := video.latest()) is None:
                if not video.units or self._clock.now_ns() > until_ns:
                    raise Refused(nothing)
                await asyncio.sleep(LOOK_S)
        return picture


def _told(picture: Picture, now_ns: int) -> StillTaken:
    return StillTaken(
        picture.width,
        picture.height,
        picture.y.tobytes(),
        picture.u.tobytes(),
        picture.v.tobytes(),
        max(0, now_ns - picture.stamp_ns) / NS_PER_SECOND,
        picture.color.matrix.value,
        picture.color.range is Range.FULL,
        (picture.pixel_aspect.numerator, picture.pixel_aspect.denominator),
        picture.rotation,
    )
