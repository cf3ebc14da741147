"""A room moves the camera that it sees, by RTP through a conference; control moves it, too."""

import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import replace

import msgspec
import pytest

from mcu_core.contract.camera import STOP, CameraOrder
from mcu_core.contract.definition import ConferenceDefinition, SiteDefinition, SiteKind
from mcu_core.contract.events import CameraWanted, Event
from mcu_core.egress.sender import RtpSender
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.engine.conference import Conference
from mcu_core.engine.threads import Threads
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import MonotonicClock
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm
from mcu_core.protocol import h224, h281, rtp, sdp
from mcu_core.protocol.h281 import Action, Motion, Phase
from tests.fakes.brightening import Brightening
from tests.fakes.bursts import one_by_one
from tests.fakes.rtp_offers import media_line, rtp_offer
from tests.fakes.waiting import until

CLOCK = MonotonicClock()
SITES = tuple(SiteDefinition(name, name, SiteKind.RTP) for name in "ab")
TWO = ConferenceDefinition("c", "Two", width=320, height=180, sites=SITES, revision=1)
PICTURE, CAMERA = 96, 100
UP = Motion(tilt=1)


class Room:
    """A site with pictures and, if it is `movable`, a line for cameras, on bare sockets."""

    def __init__(self, movable: bool = True) -> None:
        self.movable = movable
        self.pictures, self.camera = (self._bound() for _ in range(2))
        self.ports = (0, 0)
        self._sequence = 0

    def _bound(self) -> socket.socket:
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.setblocking(False)
        bound.bind(("127.0.0.1", 0))
        return bound

    def close(self) -> None:
        self.pictures.close()
        self.camera.close()

    async def join(self, conference: Conference, name: str) -> None:
        seat, form = conference.seat(name), conference.form()
        terms = CallTerms(
            conference.new_endpoint_id(name), seat.intake, NetworkOptions(), CLOCK, form
        )
        session = RtpSession(terms)
        lines = [media_line("video", self._port(self.pictures), PICTURE, "H264/90000", "rtcp-mux")]
        if self.movable:
            lines.append(media_line("application", self._port(self.camera), CAMERA, "H224/4800"))
        answer = sdp.parse(await session.accept(rtp_offer(*lines)))
        self.ports = (answer.media[0].port, answer.media[-1].port)
        await conference.connect(name, session)

    def _port(self, one: socket.socket) -> int:
        return int(one.getsockname()[1])

    def sender(self) -> RtpSender:
        def transmit(packet: bytes) -> None:
            self.pictures.sendto(packet, ("127.0.0.1", self.ports[0]))

        return RtpSender(PICTURE, PICTURE, H264, CLOCK, one_by_one(transmit))

    def order(self, message: h281.Message) -> None:
        self._sequence += 1
        frame = h224.Frame(h224.CAMERA, message.serialize())
        packet = rtp.RtpPacket(CAMERA, self._sequence, 0, 9, False, frame.serialize())
        self.camera.sendto(packet.serialize(), ("127.0.0.1", self.ports[1]))

    def ordered(self) -> list[h281.Message | None]:
        """What came for its camera since the last call."""
        found: list[h281.Message | None] = []
        while True:
            try:
                packet = rtp.parse(self.camera.recv(2048))
            except BlockingIOError:
                return found
            frame = h224.read(packet.payload)
            if frame.client == h224.CAMERA:
                found.append(h281.read(frame.data))


@asynccontextmanager
async def running(events: list[Event]) -> AsyncIterator[Conference]:
    threads = Threads(CLOCK)
    threads.start()
    sees = msgspec.structs.replace(SITES[0], watch="b")
    definition = msgspec.structs.replace(TWO, sites=(sees, SITES[1]))
    conference = Conference(definition, CLOCK, events.append, threads)
    await conference.start()
    try:
        yield conference
    finally:
        await conference.stop()
        threads.stop()


@pytest.mark.parametrize("movable", [True, False])
async def test_a_room_moves_the_camera_of_the_site_that_it_watches(movable: bool) -> None:
    events: list[Event] = []
    with ExitStack() as rooms:
        a, b = (rooms.enter_context(closing(room)) for room in (Room(), Room(movable)))
        async with running(events) as conference:
            await a.join(conference, "a")
            await b.join(conference, "b")
            form = VideoForm(H264, 320, 180, 30, 500_000)
            with closing(Brightening(b.sender().send, form)) as pictures:
                await pictures.send_until(
                    lambda: conference.views.direction.watching["a"].name == "b"
                )
            arrived: list[h281.Message | None] = []

            def moved() -> bool:
                arrived.extend(b.ordered())
                told = [one.order for one in events if isinstance(one, CameraWanted)]
                return bool(arrived) if movable else bool(told)

            a.order(Action(Phase.START, UP))
            await until(moved, "it begins to move")
            conference.views.direction = replace(conference.views.direction, watching={})
            a.order(Action(Phase.STOP, UP))

            def stopped() -> bool:
                arrived.extend(b.ordered())
                told = [one.order for one in events if isinstance(one, CameraWanted)]
                return Action(Phase.STOP, UP) in arrived or STOP in told

            await until(stopped, "whatever is seen by then, what began to move stops")
            if movable:
                assert arrived[0] == Action(Phase.START, UP)
                assert not [one for one in events if isinstance(one, CameraWanted)]
            else:
                assert [one for one in events if isinstance(one, CameraWanted)] == [
                    CameraWanted("c", "b", "a", CameraOrder("move", tilt=1)),
                    CameraWanted("c", "b", "a", STOP),
                ]


async def test_only_the_chair_stores_where_a_camera_stands() -> None:
    with closing(Room()) as a, closing(Room()) as b:
        async with running([]) as conference:
            await a.join(conference, "a")
            await b.join(conference, "b")
            form = VideoForm(H264, 320, 180, 30, 500_000)
            arrived: list[h281.Message | None] = []

            def came(message: h281.Message) -> bool:
                arrived.extend(b.ordered())
                return message in arrived

            with closing(Brightening(b.sender().send, form)) as pictures:
                await pictures.send_until(
                    lambda: conference.views.direction.watching["a"].name == "b"
                )
            a.order(h281.Preset(3, store=True))
            a.order(h281.Preset(4, store=False))
            await until(lambda: came(h281.Preset(4, store=False)), "what was stored is recalled")
            assert h281.Preset(3, store=True) not in arrived
            assert conference.cameras.refused == 1
            definition = msgspec.structs.replace(conference.definition, chair="a", revision=2)
            await conference.apply(definition)
            a.order(h281.Preset(3, store=True))
            await until(lambda: came(h281.Preset(3, store=True)), "the chair stores")


async def test_control_moves_a_camera_where_there_is_a_line_to_it() -> None:
    with closing(Room()) as a, closing(Room(movable=False)) as b:
        async with running([]) as conference:
            with pytest.raises(Refused):
                conference.cameras.order("a", STOP)
            await a.join(conference, "a")
            await b.join(conference, "b")
            conference.cameras.order("a", CameraOrder("recall", number=4))
            arrived: list[h281.Message | None] = []

            def came() -> bool:
                arrived.extend(a.ordered())
                return bool(arrived)

            await until(came, "the preset is recalled")
            assert arrived == [h281.Preset(4, store=False)]
            with pytest.raises(Refused, match="4573"):
                conference.cameras.order("b", STOP)
            with pytest.raises(BadInput, match="number"):
                conference.cameras.order("a", CameraOrder("recall", number=16))
