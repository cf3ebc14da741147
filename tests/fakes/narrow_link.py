"""A link with a rate and a queue, as a pure model: what goes in comes out later, or never."""


class NarrowLink:
    """Packets leave at `bitrate_bps`, as much waits as leaves in `queue_ns`; then `way_ns`."""

    def __init__(self, bitrate_bps: int, queue_ns: int = 100_000_000, way_ns: int = 20_000_000):
        self.bitrate_bps = bitrate_bps
        self.lost = 0
        self._queue_ns = queue_ns
        self._way_ns = way_ns
        self._free_ns = 0

    def send(self, size: int, now_ns: int) -> int | None:
        """When a packet comes out that goes in now; None where the queue is full."""
        waiting_ns = max(0, self._free_ns - now_ns)
        takes_ns = size * 8 * 1_000_000_000 // self.bitrate_bps
        if waiting_ns + takes_ns > self._queue_ns + takes_ns // 2:
            self.lost += 1
            return None
        self._free_ns = now_ns + waiting_ns + takes_ns
        return self._free_ns + self._way_ns
