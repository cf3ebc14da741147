"""A site's main picture and slides, both 1080p60, by RTP to a receiver that takes the same: they
are passed through bit for bit, and nothing is coded."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from mcu_core.contract.content import ContentRules
from mcu_core.contract.definition import ConferenceDefinition, SiteDefinition, SiteKind
from mcu_core.egress.sender import RtpSender
from mcu_core.egress.video_encoder import FASTEST_PRESET, VideoEncoder
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.engine.conference import Conference
from mcu_core.engine.options import EngineOptions
from mcu_core.engine.threads import Threads
from mcu_core.ingress.receiver import RtpVideoReceiver
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock
from mcu_core.media.codec import H264
from mcu_core.media.picture import blank_picture
from mcu_core.media.units import AccessUnit, EncodedUnit, VideoForm
from mcu_core.protocol import rtp, sdp
from mcu_core.protocol.h264 import nal_units
from mcu_core.protocol.rtcp import is_rtcp
from mcu_core.protocol.stream_facts import StreamFacts
from tests.fakes.bursts import one_by_one
from tests.fakes.rtp_offers import media_line, rtp_offer

CLOCK = MonotonicClock()
FULL = VideoForm(H264, 1920, 1080, 60, 8_000_000)
MAIN, SLIDES = 96, 97
NUMBERS = (MAIN, SLIDES)
LEVEL_42 = "packetization-mode=1;profile-level-id=42e02a;level-asymmetry-allowed=1"
SITES = (
    SiteDefinition("a", "a", SiteKind.RTP),
    SiteDefinition("b", "b", SiteKind.RTP, watch="a"),
)
CONFERENCE = ConferenceDefinition(
    "c",
    "Full",
    width=FULL.width,
    height=FULL.height,
    fps=FULL.fps,
    video_bitrate_bps=FULL.bitrate_bps,
    content=ContentRules(motion=True),
    show_names=False,
    sites=SITES,
    revision=1,
)
GROUP = 30
"""Pictures of a feed: a keyframe and what refers to it, again and again."""

MANY = 120
SETTLED = 10
"""Pictures of before may be under way."""

INTERVAL_NS = NS_PER_SECOND // 60
PATIENCE_S = 30.0
PAUSE_S = 1 / 240


class Noting(VideoIngress):
    """Notes what units are handed on; nothing is decoded."""

    def __init__(self, name: str) -> None:
        super().__init__(CLOCK, name)
        self.noted: list[tuple[bytes, ...]] = []

    def push(self, unit: AccessUnit) -> None:
        self.noted.append(tuple(nal_units(unit.data)))


class Feed:
    """Pictures that were coded before, sent by the clock, at most sixty a second: what a slow
    machine missed is not sent in a burst, which would be more than anybody takes."""

    def __init__(self, bound: socket.socket, port: int, number: int, brightness: int) -> None:
        def transmit(packet: bytes) -> None:
            bound.sendto(packet, ("127.0.0.1", port))

        self.units = coded(brightness)
        self.sent = {tuple(nal_units(unit.data)) for unit in self.units}
        self._sender = RtpSender(number, number, H264, CLOCK, one_by_one(transmit))
        self._due_ns = CLOCK.now_ns()
        self._number = 0

    def play(self) -> None:
        """Send the next one if it is due."""
        now_ns = CLOCK.now_ns()
        if now_ns >= self._due_ns:
            unit = self.units[self._number % GROUP]
            self._sender.send(replace(unit, stamp_ns=now_ns))
            self._number += 1
            self._due_ns = max(self._due_ns, now_ns - INTERVAL_NS // 2) + INTERVAL_NS


def coded(brightness: int) -> list[EncodedUnit]:
    encoder = VideoEncoder(replace(FULL, bitrate_bps=2_000_000), preset=FASTEST_PRESET)
    units = []
    for n in range(GROUP):
        picture = blank_picture(FULL.width, FULL.height, brightness + n)
        units.append(encoder.encode(replace(picture, stamp_ns=n * NS_PER_SECOND // 60), n == 0))
    encoder.close()
    return units


@contextmanager
def sockets() -> Iterator[list[socket.socket]]:
    pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in NUMBERS]
    try:
        for one in pair:
            one.setblocking(False)
            one.bind(("127.0.0.1", 0))
        yield pair
    finally:
        for one in pair:
            one.close()


@asynccontextmanager
async def running() -> AsyncIterator[Conference]:
    threads = Threads(CLOCK)
    threads.start()
    conference = Conference(
        CONFERENCE, CLOCK, lambda event: None, threads, options=EngineOptions(FASTEST_PRESET)
    )
    await conference.start()
    try:
        yield conference
    finally:
        await conference.stop()
        threads.stop()


async def join(
    conference: Conference, name: str, pair: list[socket.socket], way: str
) -> tuple[RtpSession, sdp.SessionDescription]:
    """A site of two sections, both in one direction."""
    intake, form = conference.seat(name).intake, conference.form()
    session = RtpSession(
        CallTerms(conference.new_endpoint_id(name), intake, NetworkOptions(), CLOCK, form)
    )
    marks = ("rtcp-mux", "rtcp-fb:* nack pli", way)
    lines = [
        media_line(
            "video",
            one.getsockname()[1],
            number,
            "H264/90000",
            f"fmtp:{number} {LEVEL_42}",
            *marks,
            *(["content:slides"] if number == SLIDES else []),
        )
        for one, number in zip(pair, NUMBERS, strict=True)
    ]
    answer = sdp.parse(await session.accept(rtp_offer(*lines)))
    await conference.connect(name, session)
    return session, answer


def taken(bound: socket.socket, way: RtpVideoReceiver) -> None:
    """Hand on what has come."""
    while True:
        try:
            packet = bound.recv(2048)
        except BlockingIOError:
            return
        if not is_rtcp(packet):
            way.push(rtp.parse(packet), CLOCK.now_ns())


def is_full(facts: StreamFacts | None) -> bool:
    """Whether it was measured to be 1080p at more than thirty pictures a second."""
    return facts is not None and (facts.width, facts.height) == (1920, 1080) and facts.fps > 33


async def play(feeds: list[Feed], until: Callable[[], bool]) -> None:
    """Send as the clock says until the condition holds, which is looked at after each picture."""
    async with asyncio.timeout(PATIENCE_S):
        while not until():
            for feed in feeds:
                feed.play()
            await asyncio.sleep(PAUSE_S)


async def test_both_pictures_of_a_site_are_passed_through_in_full() -> None:
    seen = [Noting("main"), Noting("slides")]
    receivers = [RtpVideoReceiver(H264, CLOCK, one, own_ssrc=1) for one in seen]
    with sockets() as from_a, sockets() as to_b:
        async with running() as conference:
            _, answer = await join(conference, "a", from_a, "sendonly")
            levels = [media.fmtp(one) for media, one in zip(answer.media, NUMBERS, strict=True)]
            assert [one["profile-level-id"] for one in levels] == ["42e02a", "42e032"]
            feeds = [
                Feed(bound, media.port, number, 40 if number == MAIN else 140)
                for bound, media, number in zip(from_a, answer.media, NUMBERS, strict=True)
            ]
            seat = conference.seat("a")
            await play(feeds, lambda: is_full(seat.video.facts) and is_full(seat.content.facts))
            receiver, _ = await join(conference, "b", to_b, "recvonly")
            assert receiver.content is not None
            outputs, channels = conference.views.outputs, (receiver, receiver.content)

            def passed() -> bool:
                for bound, way in zip(to_b, receivers, strict=True):
                    taken(bound, way)
                if not all(outputs.passed_through(one) for one in channels):
                    for one in seen:  # of a moment in which something was coded
                        one.noted.clear()
                return min(len(one.noted) for one in seen) >= MANY

            await play(feeds, passed)
            for one, feed in zip(seen, feeds, strict=True):
                assert set(one.noted[SETTLED:]) <= feed.sent, "what arrives is what was sent"
                assert len(set(one.noted)) >= GROUP
            assert outputs.groups() == [], "nothing is coded"
            assert not seat.video.watched
            assert not seat.content.watched
            assert receiver.video_out is not None
            assert (receiver.video_out.width, receiver.video_out.fps) == (1920, 60)
    for one in seen:
        await one.stop()
