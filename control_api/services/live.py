"""Use case: watching a conference live, without a site in it; one tap for all viewers of one."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from control_api.errors import Away, Throttled
from control_api.services.keeper import Keeper
from control_api.services.wanted import Wanted
from mcu_core.contract.line import LineClosed
from mcu_core.errors import MalformedInput, Refused
from mcu_core.media.clock import Clock
from recorder.errors import TapFailed
from recorder.live import LiveChannel, LiveTallies, PushedViewer, Sink, Viewer
from recorder.tap import Tap

log = structlog.get_logger()

MOST_VIEWERS = 400
"""Of all conferences together: each costs this process one write per picture."""

MOST_OF_ONE_ACCOUNT = 40
"""So that no account takes the places of the others; screens in a hall may share one."""

RETRY_S = 0.2


class _Watched:
    """One conference that is watched: its channel and the task that reads its tap."""

    def __init__(self, conference: str, channel: LiveChannel) -> None:
        self.conference = conference
        self.channel = channel
        self.task: asyncio.Task[None] | None = None


class Live:
    """Live viewers of all conferences; `stop` ends them and waits for the taps."""

    def __init__(
        self,
        wanted: Wanted,
        keeper: Keeper,
        clock: Clock,
        base_of: Callable[[str], int | None] = lambda _: None,
    ) -> None:
        self.tallies = LiveTallies()
        self._wanted = wanted
        self._keeper = keeper
        self._clock = clock
        self._base_of = base_of
        self._watched: dict[str, _Watched] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._stopped = False

    @property
    def viewers(self) -> int:
        """How many watch."""
        return sum(len(one.channel.viewers) for one in self._watched.values())

    def viewers_of(self, account: str) -> int:
        """How many of them an account has."""
        channels = (one.channel for one in self._watched.values())
        return sum(one.account == account for channel in channels for one in channel.viewers)

    def is_shown(self, conference: str) -> bool:
        """Whether those who only watch may see it; raises NotFound."""
        return self._wanted[conference].rules.live

    def admit(self, conference: str, account: str) -> None:
        """Raise NotFound, Refused, Throttled or Away when this account cannot watch once more."""
        if not self.is_shown(conference):
            raise Refused("this conference is not shown live")
        if self._stopped:
            raise Away("the server is about to end")
        if self.viewers >= MOST_VIEWERS:
            raise Throttled(f"{MOST_VIEWERS} people watch already", 10)
        if self.viewers_of(account) >= MOST_OF_ONE_ACCOUNT:
            limit = f"this account watches {MOST_OF_ONE_ACCOUNT} times at once already"
            raise Throttled(f"{limit}, which is the most for one", 10)

    def watch(self, conference: str, account: str) -> Viewer:
        """One more viewer; give it back with `leave`. Raises as `admit` does."""
        return self._channel(conference, account).watch(account)

    def push(self, conference: str, account: str, sink: Sink) -> PushedViewer:
        """One more viewer, fed through a sink; as `watch`."""
        return self._channel(conference, account).push(sink, account)

    def _channel(self, conference: str, account: str) -> LiveChannel:
        self.admit(conference, account)
        one = self._watched.get(conference)
        if one is None:
            channel = LiveChannel(self.tallies, self._base_of(conference))
            one = self._watched[conference] = _Watched(conference, channel)
            one.task = asyncio.create_task(self._read(one), name="live tap")
        return one.channel

    def newest(self, conference: str) -> bytes:
        """The main picture's track since its last keyframe; empty while that is not there."""
        one = self._watched.get(conference)
        return one.channel.newest() if one is not None else b""

    def leave(self, conference: str, viewer: Viewer) -> None:
        """A viewer has gone; with the last one the tap is closed."""
        viewer.close()
        one = self._watched.get(conference)
        if one is not None and not one.channel.viewers:
            self._end(one)

    def shut(self, conference: str) -> None:
        """End the viewers of one conference."""
        one = self._watched.get(conference)
        if one is not None:
            one.channel.close()
            self._end(one)

    def close(self) -> None:
        """End all viewers, and let nobody in any more; safe twice."""
        self._stopped = True
        for one in list(self._watched.values()):
            one.channel.close()
            self._end(one)

    async def stop(self) -> None:
        """End all viewers and taps and wait for them; safe twice."""
        self.close()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _end(self, one: _Watched) -> None:
        self._watched.pop(one.conference, None)
        if one.task is not None and one.task is not asyncio.current_task():
            one.task.cancel()
            self._ending.add(one.task)
            one.task.add_done_callback(self._ending.discard)

    async def _read(self, one: _Watched) -> None:
        """Read the tap until nobody watches, or the conference has ended."""
        while one.conference in self._wanted:
            try:
                await self._read_tap(one)
            except (LineClosed, MalformedInput, TapFailed) as error:
                log.info("live waits for its engine", conference=one.conference, reason=str(error))
            except Exception:
                log.exception("reading a live tap broke", conference=one.conference)
            await asyncio.sleep(RETRY_S)
        one.channel.close()
        self._end(one)

    async def _read_tap(self, one: _Watched) -> None:
        tap = await Tap.open(self._socket(one.conference), one.conference, "live")
        try:
            while True:
                one.channel.take(await tap.receive(), self._clock.now_ns())
        finally:
            await tap.close()

    def _socket(self, conference: str) -> Path:
        engine = self._wanted[conference].engine
        member = self._keeper.fleet.members.get(engine)
        if member is None:
            raise TapFailed(f"there is no engine {engine!r}")
        return member.socket
