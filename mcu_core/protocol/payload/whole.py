"""Sound frames that travel as they are, one per packet (RFC 7587 4.2, RFC 3551 4.5)."""


class WholePayloader:
    """One frame, one payload: a sound frame is never split over packets."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes

    def payloads(self, data: bytes, keyframe: bool) -> tuple[bytes, ...]:
        """The frame itself; nothing for an empty one, which DTX may leave unsent."""
        return (data,) if data else ()
