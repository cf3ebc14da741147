"""Content by RTP: a second video section in and out, through a running conference."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace

from mcu_core.contract.definition import ConferenceDefinition, SiteDefinition, SiteKind
from mcu_core.egress.sender import RtpSender
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.engine.conference import Conference
from mcu_core.engine.threads import Threads
from mcu_core.ingress.receiver import RtpVideoReceiver
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import MonotonicClock
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm
from mcu_core.protocol import rtp, sdp
from tests.fakes.brightening import Brightening
from tests.fakes.bursts import one_by_one
from tests.fakes.rtp_offers import media_line, rtp_offer

SITES = tuple(SiteDefinition(name, name, SiteKind.RTP) for name in "ab")
TWO = ConferenceDefinition("c", "Two", width=320, height=180, sites=SITES, revision=1)
FORM = VideoForm(H264, 640, 480, 15, 500_000)
MAIN, SLIDES = 96, 97
CLOCK = MonotonicClock()
FEEDBACK = "rtcp-fb:* nack pli"
PACKING = "packetization-mode=1;profile-level-id=42e028"


@contextmanager
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    try:
        for one in pair:
            one.setblocking(False)
            one.bind(("127.0.0.1", 0))
        yield pair[0], pair[1]
    finally:
        for one in pair:
            one.close()


def offer(main: socket.socket, slides: socket.socket) -> str:
    def line(one: socket.socket, number: int, *more: str) -> str:
        marks = ("rtcp-mux", f"fmtp:{number} {PACKING}", FEEDBACK, *more)
        return media_line("video", one.getsockname()[1], number, "H264/90000", *marks)

    return rtp_offer(line(main, MAIN), line(slides, SLIDES, "content:slides"))


@asynccontextmanager
async def joined(
    conference: Conference, name: str, main: socket.socket, slides: socket.socket
) -> AsyncIterator[tuple[int, int]]:
    """A site of two sections; gives our ports for pictures and slides."""
    terms = CallTerms(
        conference.new_endpoint_id(name),
        conference.seat(name).intake,
        NetworkOptions(),
        CLOCK,
        conference.form(),
    )
    session = RtpSession(terms)
    answer = sdp.parse(await session.accept(offer(main, slides)))
    await conference.connect(name, session)
    yield answer.media[0].port, answer.media[1].port


async def test_slides_of_a_site_reach_another_as_slides() -> None:
    threads = Threads(CLOCK)
    threads.start()
    conference = Conference(TWO, CLOCK, lambda event: None, threads)
    await conference.start()
    shown = VideoIngress(CLOCK, "slides of b")
    shown.start()
    receiver = RtpVideoReceiver(H264, CLOCK, shown, own_ssrc=1)

    def take(slides: socket.socket) -> None:
        while True:
            try:
                packet = slides.recv(2048)
            except BlockingIOError:
                return
            if packet[1] & 0x7F == SLIDES:
                receiver.push(rtp.parse(packet), CLOCK.now_ns())

    try:
        with sockets() as (main_a, slides_a), sockets() as (main_b, slides_b):
            async with (
                joined(conference, "a", main_a, slides_a) as (_, content_a),
                joined(conference, "b", main_b, slides_b) as (port_b, _),
            ):

                def to(port: int, one: socket.socket, number: int) -> RtpSender:
                    def transmit(packet: bytes) -> None:
                        one.sendto(packet, ("127.0.0.1", port))

                    return RtpSender(number, number, H264, CLOCK, one_by_one(transmit))

                def arrived() -> bool:
                    take(slides_b)
                    latest = shown.latest()
                    return latest is not None and (latest.width, latest.height) == (640, 480)

                main = to(port_b, main_b, MAIN)
                with closing(Brightening(main.send, replace(FORM, width=320, height=180))) as one:
                    await one.send_until(lambda: conference.seat("b").video.units > 2)
                slides = to(content_a, slides_a, SLIDES).send
                with closing(Brightening(slides, FORM, keyframes_only=True)) as one:
                    await one.send_until(arrived)
                now = conference.snapshot().content
                assert now is not None
                assert (now.site, now.width, now.height) == ("a", 640, 480)
                assert conference.seat("a").video.units == 0, "slides are no main pictures"
    finally:
        await conference.stop()
        await shown.stop()
        threads.stop()
