"""When a receiver asks its sender for a keyframe: at once, and then patiently. Pure."""

ASK_EVERY_NS = 500_000_000
"""At most one request per this time while none has come: a round trip and an encode fit in it."""


class KeyframeWish:
    """Whether the pictures of a stream must wait for a keyframe, and when to ask for one."""

    def __init__(self) -> None:
        self.waiting = True
        """A stream begins with nothing to refer to."""
        self._asked_ns: int | None = None

    def lost(self) -> None:
        """What later pictures refer to is missing or damaged."""
        self.waiting = True

    def came(self) -> None:
        """Pictures come out of the decoder again."""
        self.waiting = False
        self._asked_ns = None

    def due(self, now_ns: int) -> bool:
        """True when a request must go out now; it then counts as sent."""
        if not self.waiting:
            return False
        if self._asked_ns is not None and now_ns - self._asked_ns < ASK_EVERY_NS:
            return False
        self._asked_ns = now_ns
        return True
