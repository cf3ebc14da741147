"""How long a source that nobody saw takes to be seen: real decoders and plans, a clock by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest

from mcu_core.contract.definition import Pane
from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.endpoints.endpoint import Abilities
from mcu_core.engine.content import Content
from mcu_core.engine.seat import Seat
from mcu_core.engine.threads import Threads
from mcu_core.engine.views import Views
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.picture import Picture, blank_picture
from mcu_core.media.units import AccessUnit
from tests.component.engine.test_views import FORM, FULL, definition
from tests.fakes.moving import form_of
from tests.fakes.screen import Screen
from tests.fakes.waiting import until

BACK_WITHIN_NS = 300 * NS_PER_MS
LUMAS = {"a": 60, "b": 180}


class Camera(Screen):
    """A site at the end of a way: its pictures come half a round trip later, and it hears of
    requests as late."""

    def __init__(self, seat: Seat, clock: ManualClock, fps: int, round_trip_ms: int) -> None:
        super().__init__(seat.id, seat.intake, clock, FORM)
        self.abilities = Abilities(keyframes_on_request=True)
        self.asked: list[int] = []
        self.clock = clock
        self._seat = seat
        self._way_ns = round_trip_ms * NS_PER_MS // 2
        self._frame_ns = NS_PER_SECOND // fps
        self._encoder = VideoEncoder(form_of(FORM.codec, 64, 48))
        self._count = 0
        self._next_ns = clock.now_ns()
        self._requests: list[int] = []
        self._coming: list[tuple[int, AccessUnit]] = []

    def ask_keyframe(self) -> None:
        self.asked.append(self.clock.now_ns())
        self._requests.append(self.clock.now_ns() + self._way_ns)

    async def tick(self) -> None:
        """What happens in this millisecond."""
        now_ns = self.clock.now_ns()
        if now_ns >= self._next_ns:
            self._shoot()
        while self._coming and self._coming[0][0] <= now_ns:
            self._seat.video.push(msgspec.structs.replace(self._coming.pop(0)[1], stamp_ns=now_ns))
            await until(lambda: self._seat.video._lane.idle)

    def _shoot(self) -> None:
        heard = [at for at in self._requests if at <= self._next_ns]
        self._requests = [at for at in self._requests if at > self._next_ns]
        self._count += 1
        picture = replace(
            blank_picture(64, 48, LUMAS[self._seat.id]), serial=self._count, stamp_ns=self._next_ns
        )
        unit = self._encoder.encode(picture, bool(heard) or self._count == 1)
        coming = AccessUnit(
            unit.codec, unit.data, 0, unit.keyframe, media_ns=self._next_ns - NS_PER_SECOND
        )
        self._coming.append((self._next_ns + self._way_ns, coming))
        self._next_ns += self._frame_ns

    def close(self) -> None:
        self._encoder.close()


class Bridge:
    """Views whose ticks are called by hand, one receiver, and the cameras of a and b."""

    def __init__(self, fps: int, round_trip_ms: int) -> None:
        self.clock = ManualClock(10 * NS_PER_SECOND)
        self.threads = Threads(self.clock)
        self.wanted = definition("ab", layout=FULL, panes=(Pane("site", "a"),))
        self.views = Views(
            self.wanted,
            self.clock,
            content=Content(lambda: None),
            preset="ultrafast",
            threads=self.threads,
            shown=lambda plan: None,
            failed=lambda error: None,
            again=lambda: None,
        )
        self.seats = {
            site.id: Seat.make(site, self.clock, self.threads.workers) for site in self.wanted.sites
        }
        self.cameras = {
            name: Camera(seat, self.clock, fps, round_trip_ms) for name, seat in self.seats.items()
        }
        for name, seat in self.seats.items():
            seat.sit(self.cameras[name], _at_once)
            seat.joined_ns = self.clock.now_ns()
        self.seen: list[tuple[int, str]] = []
        self._ticks = 0
        self.threads.start()

    def show(self, name: str) -> None:
        """Let the picture be that site in full."""
        self.wanted = msgspec.structs.replace(self.wanted, panes=(Pane("site", name),))
        readers = [("a", self.cameras["a"])]
        self.views.refresh(self.wanted, self.seats, readers)
        for group in self.views.outputs.groups():
            group.submit = self._see  # type: ignore[method-assign]

    def _see(self, picture: Picture) -> None:
        luma = int(picture.y[picture.height // 2, picture.width // 2])
        names = [name for name, code in LUMAS.items() if abs(luma - code) < 8]
        self.seen.append((self.clock.now_ns(), names[0] if names else ""))

    async def run(self, until_ns: Callable[[], bool], most_ms: int = 3000) -> None:
        """Let time go by until something is so, at most so long."""
        for _ in range(most_ms):
            if until_ns():
                return
            self.clock.advance_ns(NS_PER_MS)
            for camera in self.cameras.values():
                await camera.tick()
            if self.clock.now_ns() >= 10 * NS_PER_SECOND + self._ticks * NS_PER_SECOND // 30:
                self._ticks += 1
                self.views.pictures._tick(self.clock.now_ns())
                await asyncio.sleep(0)  # what the tick tells the event loop
        raise AssertionError(f"not within {most_ms} ms: {self.seen[-3:]}")

    @property
    def now(self) -> str:
        return self.seen[-1][1] if self.seen else ""

    async def close(self) -> None:
        for camera in self.cameras.values():
            camera.close()
        for seat in self.seats.values():
            seat.endpoint = None
            await seat.close()
        await self.views.stop()
        self.threads.stop()


def _at_once(work: Callable[[], object]) -> None:
    work()


@pytest.fixture
async def bridge(request: pytest.FixtureRequest) -> AsyncIterator[Bridge]:
    made = Bridge(*request.param)
    yield made
    await made.close()


@pytest.mark.parametrize(
    "bridge",
    [(30, 40), (30, 200), (15, 150), (5, 40)],
    indirect=True,
    ids=lambda values: f"{values[0]} pictures a second, {values[1]} ms round trip",
)
async def test_what_nobody_saw_is_seen_within_300_ms(bridge: Bridge) -> None:
    bridge.show("a")
    await bridge.run(lambda: bridge.now == "a")
    seat, camera = bridge.seats["b"], bridge.cameras["b"]
    await bridge.run(lambda: seat.video.facts is not None)
    frames, took_ms = seat.video.stats.frames, []
    for phase_ms in range(207, 407, 29):  # anywhere between two pictures, some gone by undecoded
        began_ns = bridge.clock.now_ns()
        await bridge.run(lambda: bridge.clock.now_ns() >= began_ns + phase_ms * NS_PER_MS)  # noqa: B023
        assert not seat.video.watched
        assert seat.video.stats.frames == frames, "decoded although nobody sees it"
        asked_ns, before = bridge.clock.now_ns(), len(camera.asked)
        bridge.show("b")
        await until(lambda: len(camera.asked) == before + 1, "it is asked for at once")  # noqa: B023
        await bridge.run(lambda: bridge.now == "b")
        took_ms.append((bridge.seen[-1][0] - asked_ns) // NS_PER_MS)
        assert camera.asked[before:] == [asked_ns]
        seen = [name for at_ns, name in bridge.seen if at_ns >= asked_ns]
        assert set(seen) <= {"a", "b"}, "a placeholder was seen between"
        assert sum(one != other for one, other in pairwise(seen)) <= 1
        bridge.show("a")
        await bridge.run(lambda: bridge.now == "a" and not seat.video.watched)
        frames = seat.video.stats.frames
    assert max(took_ms) * NS_PER_MS <= BACK_WITHIN_NS, took_ms
