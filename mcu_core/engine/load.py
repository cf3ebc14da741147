"""How much of the machine an engine uses: numbers for snapshots and placement."""

import resource
import threading

from mcu_core.media.clock import NS_PER_SECOND, Clock, cpu_time_s


class EngineLoad:
    """CPU share since the last look, memory and threads of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looked_ns = clock.now_ns()
        self._cpu_s = cpu_time_s()

    def counters(self) -> dict[str, float]:
        """`cpu_share` in cores since the last call, `cpu_s` in all, `rss_peak_mb`, `threads`."""
        now_ns, cpu_s = self._clock.now_ns(), cpu_time_s()
        span_s = max(now_ns - self._looked_ns, 1) / NS_PER_SECOND
        share = (cpu_s - self._cpu_s) / span_s
        self._looked_ns, self._cpu_s = now_ns, cpu_s
        return {
            "cpu_share": round(share, 3),
            "cpu_s": round(cpu_s, 3),
            "rss_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "threads": float(threading.active_count()),
        }
