"""How the keyframe requests of all receivers of one encoder become few keyframes (design 5)."""

import threading

KEYFRAME_EVERY_NS = 1_000_000_000


class KeyframeRequests:
    """Coalesces requests: the first is served at once, others at most once a second, none is lost.

    `request` may be called from any thread, the rest from the encoder's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = True
        """A stream begins with a keyframe anyway, which serves whoever asked before it."""
        self._given_ns: int | None = None

    def request(self) -> None:
        """Somebody needs a keyframe."""
        with self._lock:
            self._wanted = True

    def due(self, now_ns: int) -> bool:
        """Whether the next picture should be a keyframe."""
        with self._lock:
            return self._wanted and (
                self._given_ns is None or now_ns - self._given_ns >= KEYFRAME_EVERY_NS
            )

    def fulfilled(self, now_ns: int) -> None:
        """A keyframe was made, asked for or not: all who asked until now get it."""
        with self._lock:
            self._wanted = False
            self._given_ns = now_ns
