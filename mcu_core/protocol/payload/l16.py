"""L16 (RFC 3551 4.5.11): samples of 16 bits, big end first, as many in a packet as one likes."""

SAMPLE_BYTES = 2


def packet_ticks(data: bytes, channels: int) -> int:
    """How long a payload sounds on its RTP clock; 0 if it does not end with a whole sample."""
    ticks, rest = divmod(len(data), SAMPLE_BYTES * channels)
    return 0 if rest else ticks


class L16Payloader:
    """Pieces of about equal length, each of whole samples; each but the first is later than its
    predecessor by `packet_ticks` of that one."""

    def __init__(self, max_bytes: int, channels: int) -> None:
        self._sample = SAMPLE_BYTES * channels
        self._room = max_bytes // self._sample
        if not self._room:
            raise ValueError(f"{max_bytes} bytes leave no room for a sample")

    def payloads(self, data: bytes, keyframe: bool) -> tuple[bytes, ...]:
        """The payloads of one frame in order; none for an empty frame."""
        samples = len(data) // self._sample
        if not samples:
            return ()
        count = -(-samples // self._room)
        step = -(-samples // count) * self._sample
        return tuple(data[at : at + step] for at in range(0, samples * self._sample, step))
