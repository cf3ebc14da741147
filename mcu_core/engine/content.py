"""The content of a conference (辅流): who has the token, and what stands where content does."""

import asyncio
from pathlib import Path

from mcu_core.compositor.scene import PaneState
from mcu_core.compositor.still import read_still
from mcu_core.conference.content import OWN, Token, end, give, rules_of, settle
from mcu_core.contract.content import CONTENT, StillSource
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.snapshots import ContentSnapshot
from mcu_core.engine.sources import Source
from mcu_core.engine.trace import Shown
from mcu_core.media.picture import Picture


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


class Content:
    """What is shown as content; all methods run on the event loop."""

    def __init__(self) -> None:
        self._token = Token()
        self._still: Still | None = None

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
        rules = rules_of(definition)
        self._still = still
        if still is not None:
            self._token = give(self._token, OWN)
        else:
            self._token = end(self._token, OWN, rules)
        self._token = settle(self._token, rules)

    @property
    def source(self) -> Source | None:
        """What stands where content does; None while there is none."""
        return self._still if self._token.holder == OWN else None

    @property
    def shape(self) -> float:
        """Its width over its height as it is seen; 0 while there is none."""
        if self._still is None or self._token.holder != OWN:
            return 0.0
        picture = self._still.picture
        return picture.width / picture.height * float(picture.pixel_aspect)

    def snapshot(self) -> ContentSnapshot | None:
        """Who shows content; None: nobody."""
        if self._still is None or self._token.holder != OWN:
            return None
        picture = self._still.picture
        return ContentSnapshot("still", "", self._still.wanted.name, picture.width, picture.height)
