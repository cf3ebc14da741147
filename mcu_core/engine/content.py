"""The content of a conference (辅流): who has the token, and what stands where content does."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from mcu_core.compositor.scene import PaneState
from mcu_core.compositor.still import read_still
from mcu_core.conference.content import (
    OWN,
    Rules,
    Token,
    ask,
    end,
    give,
    rules_of,
    senders,
    settle,
)
from mcu_core.contract.content import CONTENT, StillSource
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.snapshots import ContentSnapshot
from mcu_core.engine.seat import Seat
from mcu_core.engine.trace import Shown
from mcu_core.errors import Refused
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.picture import Picture

SILENT_NS = 5 * NS_PER_SECOND
"""A site whose content has not come for so long sends none: slides that rest come seldom."""

PAUSE_NS = NS_PER_SECOND
"""A site whose content was ended begins again after a pause of its stream, not before."""


class Still:
    """An image as a Source."""

    id = CONTENT
    awaited = False

    def __init__(self, wanted: StillSource, picture: Picture) -> None:
        self.wanted = wanted
        self.picture = picture
        self.shown = Shown()
        self.joined_ns = picture.stamp_ns

    def take_picture(self, now_ns: int, interval_ns: int) -> Picture | None:
        """Always the same one."""
        return self.picture

    def picture_state(self, now_ns: int) -> PaneState:
        """It does not stall."""
        return "live"

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.picture.width, self.picture.height


class SiteContent:
    """A site's second picture stream as a Source: slides may rest as long as they like."""

    id = CONTENT

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.shown = Shown()
        self.joined_ns = seat.joined_ns
        self._size = (0, 0)

    @property
    def sender(self) -> str:
        """The site that sends it: all content has one id."""
        return self.seat.id

    @property
    def video(self) -> VideoIngress:
        """Where its pictures come in."""
        return self.seat.content

    @property
    def can_resume(self) -> bool:
        """Whether its sender gives a keyframe when asked."""
        endpoint = self.seat.endpoint
        channel = endpoint.content if endpoint is not None else None
        return channel is not None and channel.abilities.keyframes_on_request

    @property
    def awaited(self) -> bool:
        """Whether its first picture is still on its way."""
        return self.video.resuming

    def ask_keyframe(self) -> None:
        """Ask its sender for a keyframe; on the event loop."""
        self.seat.ask_content_keyframe()

    def sound_after_arrival_ns(self) -> int:
        """How much later than its picture comes sound of the same moment is mixed; any thread."""
        return self.seat.sound_after_ns(self.video)

    def take_picture(self, now_ns: int, interval_ns: int) -> Picture | None:
        """The newest one that is due."""
        return self.video.take(now_ns, interval_ns) or self.video.latest()

    def picture_state(self, now_ns: int) -> PaneState:
        """A picture that rests is not stalled."""
        return "live" if self.video.latest() is not None else "no-video"

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of its coded pictures, as they were last known."""
        facts, picture = self.video.facts, self.video.latest()
        if picture is not None:
            self._size = (picture.width, picture.height)
        elif facts is not None and facts.width:
            self._size = (facts.width, facts.height)
        return self._size


class _Stream:
    """What is known of one site's content stream."""

    def __init__(self) -> None:
        self.units = 0
        self.last_ns = -SILENT_NS
        self.sends = False
        self.ended = False


class Content:
    """What is shown as content; all methods run on the event loop.

    `changed` is called when that is something else, other than by `apply` or `look`.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._token = Token()
        self._rules = Rules()
        self._still: Still | None = None
        self._several = False
        self._sites: dict[Seat, SiteContent] = {}
        self._streams: dict[Seat, _Stream] = {}
        self._looked = (self._token, (0, 0))

    # ------------------------------------------------------------------ what control wants

    async def prepare(self, definition: ConferenceDefinition, now_ns: int) -> Still | None:
        """The image that the definition wants, read off the event loop; changes nothing yet.

        Raises BadInput naming `content.still.path` for one that cannot be shown.
        """
        wanted = definition.content.still
        if wanted is None or (self._still is not None and self._still.wanted == wanted):
            return self._still if wanted is not None else None
        path = Path(wanted.path)
        picture = await asyncio.to_thread(read_still, path, now_ns, "content.still.path")
        return Still(wanted, picture)

    def apply(self, definition: ConferenceDefinition, still: Still | None) -> None:
        """Become what the definition says, with the image that `prepare` has read."""
        self._rules = rules_of(definition)
        self._several = definition.content.several
        self._still = still
        if still is not None:
            self._token = give(self._token, OWN)
        else:
            self._token = end(self._token, OWN, self._rules)
        self._token = settle(self._token, self._rules)

    # ------------------------------------------------------------------ what sites do

    def look(self, seats: Mapping[str, Seat], now_ns: int) -> bool:
        """See which sites send content now; True if other content, or another size, is shown."""
        before = self._looked
        for seat in [seat for seat in self._streams if seats.get(seat.id) is not seat]:
            self._stop(seat)
            del self._streams[seat]
        for seat in seats.values():
            self._look_at(seat, now_ns)
        self._looked = (self._token, self.size)
        return self._looked != before

    def _look_at(self, seat: Seat, now_ns: int) -> None:
        units = seat.content.units
        stream = self._streams.get(seat)
        if stream is None:
            if not units:
                return
            stream = self._streams[seat] = _Stream()
        pause_ns = now_ns - stream.last_ns
        begun_anew = units < stream.units
        came, stream.units = units > stream.units, units
        if begun_anew:
            stream.ended = False
        if came:
            if pause_ns > PAUSE_NS:
                stream.ended = False
            stream.last_ns = now_ns
            if seat.joined_ns and not stream.sends and not stream.ended:
                stream.sends = True
                self._token = ask(self._token, seat.id, self._rules)
        if stream.sends and (not seat.joined_ns or now_ns - stream.last_ns > SILENT_NS):
            self._stop(seat)

    def take(self, site: str) -> None:
        """Give the token to a site by hand; raises Refused where it sends no content."""
        if not any(seat.id == site and stream.sends for seat, stream in self._streams.items()):
            raise Refused("this site sends no content")
        self._token = give(self._token, site)
        self._changed()

    def finish(self, site: str) -> None:
        """End a site's content by hand, until its stream has paused and begins anew.

        Of one that sends none it has ended already.
        """
        for seat, stream in self._streams.items():
            if seat.id == site and stream.sends:
                self._stop(seat)
                stream.ended = True
        self._changed()

    def _stop(self, seat: Seat) -> None:
        self._streams[seat].sends = False
        self._sites.pop(seat, None)
        self._token = end(self._token, seat.id, self._rules)

    # ------------------------------------------------------------------ what is shown

    @property
    def holder(self) -> str:
        """The site that shows content; empty while none does."""
        return "" if self._token.holder == OWN else self._token.holder

    @property
    def source(self) -> Still | SiteContent | None:
        """What stands where content does; None while there is none."""
        return next(iter(self.sources), None)

    @property
    def sources(self) -> tuple[Still | SiteContent, ...]:
        """All that channels for content show, the newest first: one, unless several may send."""
        if self._token.holder == OWN:
            return (self._still,) if self._still is not None else ()
        return tuple(self._of(site) for site in senders(self._token, self._rules, self._several))

    def _of(self, site: str) -> SiteContent:
        seat = next(seat for seat in self._streams if seat.id == site)
        return self._sites.setdefault(seat, SiteContent(seat))

    @property
    def size(self) -> tuple[int, int]:
        """Its size in pixels as it is seen, of several the largest; 0 by 0 while there is none, or
        it is not known yet."""
        sizes = [source.size for source in self.sources]
        return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))

    @property
    def shape(self) -> float:
        """Its width over its height; 0 while there is none."""
        width, height = self.size
        return width / height if height else 0.0

    def watch(self, seen: bool, beside: bool) -> None:
        """Decode what is seen, in pictures or in channels for content, and what could not be
        resumed."""
        shown = self.sources if beside else self.sources[: int(seen)]
        for seat in self._streams:
            is_shown = any(isinstance(one, SiteContent) and one.seat is seat for one in shown)
            seat.content.watch(is_shown or not SiteContent(seat).can_resume)

    def snapshot(self) -> ContentSnapshot | None:
        """Who shows content; None: nobody."""
        source = self.source
        match source:
            case Still():
                return ContentSnapshot("still", "", source.wanted.name, *source.size)
            case SiteContent(seat=seat):
                return ContentSnapshot("site", seat.id, seat.definition.name, *source.size)
            case _:
                return None
