"""The threads of an engine, shared by all its conferences."""

from mcu_core.engine.tick_thread import TickThread
from mcu_core.media.clock import Clock
from mcu_core.media.priority import Niceness
from mcu_core.media.workers import Workers, cores


class Threads:
    """One that composes, and as many as there are cores that mix, and that do the codecs' work.

    `start` and `stop` belong to the owner; tickers and lanes end before `stop`.
    """

    def __init__(self, clock: Clock) -> None:
        self.workers = Workers()
        self.pictures = TickThread("pictures", clock, Niceness.PICTURES)
        self._sound = [TickThread(f"sound {k}", clock, Niceness.SOUND) for k in range(cores())]

    @property
    def sound(self) -> TickThread:
        """The one of those that mix with the least conferences."""
        return min(self._sound, key=lambda thread: thread.count)

    def start(self) -> None:
        """Start all."""
        self.workers.start()
        for thread in (*self._sound, self.pictures):
            thread.start()

    def stop(self) -> None:
        """End all and wait for them; blocks up to one tick or codec step. Safe twice."""
        for thread in (*self._sound, self.pictures):
            thread.stop()
        self.workers.stop()
