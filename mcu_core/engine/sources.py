"""Source: what may stand in a pane."""

from typing import Protocol

from mcu_core.compositor.scene import PaneState
from mcu_core.engine.trace import Shown
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.picture import Picture


class Passable(Protocol):
    """A source whose own coded pictures may be sent on as they are."""

    @property
    def sender(self) -> str:
        """The site whose pictures they are."""

    @property
    def video(self) -> VideoIngress:
        """Where its pictures come in."""

    def ask_keyframe(self) -> None:
        """Ask its sender for a keyframe; on the event loop."""

    def sound_after_arrival_ns(self) -> int:
        """How much later than its picture comes sound of the same moment is mixed; any thread."""


class Source(Protocol):
    """A site's seat, or content; `shown` is written by the picture tick, `joined_ns` 0 if away."""

    shown: Shown
    joined_ns: int

    @property
    def id(self) -> str:
        """What it is called in lists of panes."""

    @property
    def awaited(self) -> bool:
        """Whether its first picture is still on its way: a view that shows it may wait for that."""

    def take_picture(self, now_ns: int, interval_ns: int) -> Picture | None:
        """The picture that a tick of that interval shows now; on the tick's thread."""

    def picture_state(self, now_ns: int) -> PaneState:
        """How its pane is shown."""
