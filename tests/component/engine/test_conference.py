"""One conference whose connections take their time to end, while others come and go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from mcu_core.contract.definition import ConferenceDefinition, SiteDefinition, SiteKind, VideoLimit
from mcu_core.endpoints.endpoint import (
    NOTHING_RECEIVED,
    Abilities,
    CameraLine,
    ContentChannel,
    EndpointStats,
    Feedback,
)
from mcu_core.engine.conference import Conference
from mcu_core.engine.threads import Threads
from mcu_core.ingress.reception_counters import ReceptionCounters
from mcu_core.media.clock import MonotonicClock
from mcu_core.media.codec import H264
from mcu_core.media.units import AudioForm, EncodedUnit, VideoForm

SITES = tuple(SiteDefinition(name, name, SiteKind.RTP) for name in ("a", "b"))
TWO = ConferenceDefinition("c", "Two", width=320, height=180, sites=SITES, revision=1)


@dataclass
class SlowToEnd:
    """A connection without media that is gone only when `gone` is set."""

    id: str
    feedback: Feedback = field(default_factory=Feedback)
    stats: EndpointStats = field(default_factory=EndpointStats)
    video_out: VideoForm | None = None
    audio_out: AudioForm | None = None
    abilities: Abilities = field(default_factory=Abilities)
    content: ContentChannel | None = None
    camera: CameraLine | None = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    ending: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        self.feedback.state_changed("joined", "")

    async def stop(self) -> None:
        self.ending.set()
        await self.gone.wait()

    def send_video(self, unit: EncodedUnit) -> None: ...

    def send_audio(self, unit: EncodedUnit) -> None: ...

    def ask_keyframe(self) -> None: ...

    def ask_rate(self, bitrate_bps: int) -> None: ...

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None: ...

    def reception(self) -> tuple[ReceptionCounters, ReceptionCounters]:
        return NOTHING_RECEIVED


@asynccontextmanager
async def running(*endpoints: SlowToEnd) -> AsyncIterator[Conference]:
    """A conference; all connections may end when it does."""
    threads = Threads(MonotonicClock())
    threads.start()
    conference = Conference(TWO, MonotonicClock(), lambda event: None, threads)
    await conference.start()
    try:
        yield conference
    finally:
        for endpoint in endpoints:
            endpoint.gone.set()
        await conference.stop()
        threads.stop()


async def test_sites_come_and_go_while_a_connection_ends() -> None:
    old = SlowToEnd("old")
    async with running(old) as conference:
        await conference.connect("a", old)
        leaving = asyncio.create_task(conference.disconnect("old"))
        await old.ending.wait()
        await conference.apply(
            ConferenceDefinition("c", "One", width=320, height=180, sites=SITES[:1], revision=2)
        )
        old.gone.set()
        await leaving
        assert conference.seat("a").state == "away"


async def test_who_comes_back_while_the_old_connection_ends_is_joined() -> None:
    old, new = SlowToEnd("old"), SlowToEnd("new")
    async with running(old, new) as conference:
        await conference.connect("a", old)
        leaving = asyncio.create_task(conference.disconnect("old"))
        await old.ending.wait()
        await conference.connect("a", new)
        old.gone.set()
        await leaving
        seat = conference.seat("a")
        assert (seat.state, seat.endpoint) == ("joined", new)
        assert seat.joined_ns


async def test_of_two_who_come_for_one_seat_the_last_has_it_and_the_other_is_ended() -> None:
    old, first, second = SlowToEnd("old"), SlowToEnd("first"), SlowToEnd("second")
    async with running(old, first, second) as conference:
        await conference.connect("a", old)
        coming = asyncio.create_task(conference.connect("a", first))
        await old.ending.wait()
        await conference.connect("a", second)
        second.gone.set()
        old.gone.set()
        await coming
        assert conference.seat("a").endpoint is first
        assert second.ending.is_set()
        assert not first.ending.is_set()


async def test_several_connected_sites_are_taken_out_at_once() -> None:
    first, second = SlowToEnd("one"), SlowToEnd("two")
    first.video_out = second.video_out = VideoForm(H264, 320, 180, 30, 500_000)
    async with running(first, second) as conference:
        await conference.connect("a", first)
        await conference.connect("b", second)
        first.gone.set()
        second.gone.set()
        await conference.apply(
            ConferenceDefinition("c", "None", width=320, height=180, sites=(), revision=2)
        )
        assert list(conference.seats()) == []
        assert (first.ending.is_set(), second.ending.is_set()) == (True, True)
