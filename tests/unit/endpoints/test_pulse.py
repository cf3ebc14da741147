"""The one timer of all connections."""

import asyncio

from mcu_core.endpoints.pulse import Pulse
from mcu_core.media.clock import ManualClock
from tests.fakes.waiting import until

CLOCK = ManualClock(7)


class Beating:
    """Notes when it was called; breaks from the `breaks_at`th call on."""

    def __init__(self, breaks_at: int = 10**9) -> None:
        self.times: list[int] = []
        self.errors: list[Exception] = []
        self._breaks_at = breaks_at

    def beat(self, now_ns: int) -> None:
        self.times.append(now_ns)
        if len(self.times) >= self._breaks_at:
            raise RuntimeError("as a mistake would")

    def add(self) -> None:
        Pulse.here().add(self.beat, CLOCK, self.errors.append)

    def remove(self) -> None:
        Pulse.here().remove(self.beat)


async def test_all_are_called_until_they_leave() -> None:
    one, other = Beating(), Beating()
    one.add()
    other.add()
    await until(lambda: len(one.times) >= 3 and len(other.times) >= 3)
    assert set(one.times) == {7}
    one.remove()
    count = len(one.times)
    await until(lambda: len(other.times) >= 6)
    assert len(one.times) == count
    other.remove()
    other.remove()


async def test_one_that_breaks_is_told_and_stops_no_other() -> None:
    broken, sound = Beating(breaks_at=2), Beating()
    broken.add()
    sound.add()
    await until(lambda: len(sound.times) >= 5)
    assert len(broken.times) == 2
    assert [str(error) for error in broken.errors] == ["as a mistake would"]
    sound.remove()


async def test_nobody_s_pulse_does_not_beat() -> None:
    pulse = Pulse(asyncio.get_running_loop())
    alone = Beating()
    pulse.add(alone.beat, CLOCK, alone.errors.append)
    pulse.remove(alone.beat)
    assert pulse._timer is None
