"""Other offers within a call: hold, codecs, addresses, keys, content; what they leave goes on."""

import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from aiortc import RTCSessionDescription

from mcu_core.egress.sender import RtpSender
from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.endpoints.webrtc_peer import WebRtcPeer
from mcu_core.errors import BadInput, Refused
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.codec import H264, VP8, Codec
from mcu_core.media.units import VideoForm
from mcu_core.protocol import rtcp, rtp, sdp
from mcu_core.protocol.sdes import SUITES
from tests.fakes.brightening import Brightening
from tests.fakes.bursts import one_by_one
from tests.fakes.rtp_offers import media_line, rtp_offer
from tests.fakes.site import CLOCK, Site
from tests.fakes.srtp_peer import key_line, receiver_session, sender_session
from tests.fakes.waiting import until
from tests.fakes.webrtc_call import call

pytestmark = pytest.mark.usefixtures("nothing_left")

FORM = VideoForm(H264, 320, 180, 30, 500_000)
NUMBER = 96
SUITE = SUITES[0]
KEYS = (bytes(range(44)), bytes(range(44))[::-1])


@contextmanager
def bound() -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as one:
        one.setblocking(False)
        one.bind(("127.0.0.1", 0))
        yield one


def offer(device: socket.socket, *lines: str, codec: Codec = H264) -> str:
    fmtp = (f"fmtp:{NUMBER} packetization-mode=1",) if codec is H264 else ()
    more = ("rtcp-mux", f"rtcp-fb:{NUMBER} nack pli", *fmtp, *lines)
    coding = f"{codec.name}/90000"
    return rtp_offer(media_line("video", device.getsockname()[1], NUMBER, coding, *more))


@asynccontextmanager
async def joined(site: Site, text: str) -> AsyncIterator[RtpSession]:
    session = RtpSession(CallTerms("r", site.intake, NetworkOptions(), CLOCK, FORM))
    site.listen(session)
    try:
        await session.accept(text)
        await session.start()
        yield session
    finally:
        await session.stop()


def sender(session: RtpSession, device: socket.socket, codec: Codec, ssrc: int) -> RtpSender:
    def transmit(packet: bytes) -> None:
        device.sendto(packet, ("127.0.0.1", session.ports[0]))

    return RtpSender(ssrc, NUMBER, codec, CLOCK, one_by_one(transmit))


async def comes_in(
    site: Site, session: RtpSession, device: socket.socket, codec: Codec = H264, ssrc: int = 77
) -> None:
    """Send pictures until some more are decoded."""
    frames = site.video.stats.frames
    camera = Brightening(sender(session, device, codec, ssrc).send, replace(FORM, codec=codec))
    with closing(camera):
        await camera.send_until(lambda: site.video.stats.frames > frames + 2)


async def goes_out(session: RtpSession, device: socket.socket, form: VideoForm = FORM) -> bytes:
    """Send pictures until a packet of one is there; that packet."""
    found: list[bytes] = []

    def arrived() -> bool:
        with suppress(BlockingIOError):
            while True:
                data = device.recv(2048)
                if not rtcp.is_rtcp(data):
                    found.append(data)
        return bool(found)

    with closing(Brightening(session.send_video, form)) as ours:
        await ours.send_until(arrived)
    return found[0]


def has_come(session: RtpSession, count: int) -> bool:
    return session.stats.packets_in >= count


# --------------------------------------------------------------------------------------- plain RTP


async def test_a_held_site_is_sent_nothing_until_it_resumes(site: Site) -> None:
    with bound() as device:
        async with joined(site, offer(device)) as session:
            ports, ssrc = session.ports, rtp.parse(await goes_out(session, device)).ssrc
            await comes_in(site, session, device)
            held = sdp.parse(await session.reoffer(offer(device, "sendonly")))
            assert session.video_out is None
            assert held.media[0].direction is sdp.Direction.RECVONLY
            await comes_in(site, session, device)
            resumed = sdp.parse(await session.reoffer(offer(device)))
            assert session.video_out == FORM
            assert rtp.parse(await goes_out(session, device)).ssrc == ssrc
            assert (session.ports, resumed.media[0].port) == (ports, ports[0])
            versions = [int(one.origin.version) for one in (held, resumed)]
            assert versions == [1, 2]
            assert held.origin.session_id == resumed.origin.session_id


async def test_another_codec_is_taken_up(site: Site) -> None:
    with bound() as device:
        async with joined(site, offer(device)) as session:
            await comes_in(site, session, device)
            await session.reoffer(offer(device, codec=VP8))
            assert session.video_out == replace(FORM, codec=VP8)
            await comes_in(site, session, device, VP8, ssrc=78)
    assert site.video.stats.codec.lower() == "vp8"


async def test_a_site_goes_on_from_another_address(site: Site) -> None:
    with bound() as device, bound() as moved:
        async with joined(site, offer(device)) as session:
            await comes_in(site, session, device)
            await session.reoffer(offer(moved))
            await goes_out(session, moved)
            await comes_in(site, session, moved)


def keyed(device: socket.socket, material: bytes) -> str:
    return offer(device, key_line(SUITE, material)).replace("RTP/AVP", "RTP/SAVP")


async def test_other_keys_are_answered_by_other_keys(site: Site) -> None:
    """Else packets of one number would be encrypted alike before and after."""
    with bound() as device:
        async with joined(site, keyed(device, KEYS[0])) as session:
            told: list[str] = []
            for material in (KEYS[0], KEYS[1], KEYS[1]):
                answer = sdp.parse(await session.reoffer(keyed(device, material)))
                told += answer.media[0].values("crypto")
            assert told[0] != told[1] == told[2]


async def test_other_keys_count_from_then_on(site: Site) -> None:
    with bound() as device:
        async with joined(site, keyed(device, KEYS[0])) as session:
            for sequence, material in enumerate(KEYS):
                answer = await session.reoffer(keyed(device, material))
                into = receiver_session(answer, "video")
                out = sender_session(SUITE, material)
                packet = out.protect(rtp.header(NUMBER, True, sequence, 0, 77) + bytes(40))
                came = session.stats.packets_in + 1
                device.sendto(packet, ("127.0.0.1", session.ports[0]))
                await until(partial(has_come, session, came))
                data = await goes_out(session, device)
                assert rtp.parse(into.unprotect(data)).payload_type == NUMBER
        assert session.encrypted


@pytest.mark.parametrize("change", [("H264", "H266"), ("IP4 127.0.0.1", "IP4 224.0.0.1")])
async def test_a_bad_one_changes_nothing(site: Site, change: tuple[str, str]) -> None:
    with bound() as device:
        async with joined(site, offer(device)) as session:
            ports = session.ports
            with pytest.raises((BadInput, Refused)):
                await session.reoffer(offer(device).replace(*change))
            assert (session.ports, session.video_out) == (ports, FORM)
            await comes_in(site, session, device)


async def test_a_number_beyond_any_payload_type_is_passed_over(site: Site) -> None:
    """Python itself refuses to read thousands of digits."""
    with bound() as device:
        longer = offer(device).replace(f"AVP {NUMBER}", f"AVP {NUMBER} {'9' * 5000}")
        assert longer != offer(device)
        async with joined(site, longer) as session:
            assert session.video_out == FORM


async def test_content_comes_and_goes_within_a_call(site: Site) -> None:
    slides = VideoIngress(CLOCK, "slides")
    intake = Intake(site.video, site.audio, slides)
    with bound() as device, bound() as beside:
        session = RtpSession(CallTerms("r", intake, NetworkOptions(), CLOCK, FORM))
        try:
            await session.accept(offer(device))
            await session.start()
            line = media_line("video", beside.getsockname()[1], 97, "VP8/90000", "content:slides")
            answer = sdp.parse(await session.reoffer(offer(device) + line))
            assert session.content is not None
            assert all(media.port for media in answer.media)
            await session.reoffer(offer(device))
            assert session.content is None
            await comes_in(site, session, device)
        finally:
            await session.stop()


# ------------------------------------------------------------------------------------------ WebRTC


async def test_a_page_is_held_and_adds_content_on_the_same_path(site: Site) -> None:
    intake = Intake(site.video, site.audio, VideoIngress(CLOCK, "slides"))
    async with call(site, "video", intake=intake) as (peer, connection):
        stream, out = peer._streams.streams[0], peer.video_out
        (main,) = connection.getTransceivers()
        main.direction = "sendonly"
        answer = await again(peer, connection)
        assert peer.video_out is None
        assert "a=recvonly" in answer
        main.direction = "sendrecv"
        connection.addTransceiver("video", "sendrecv")
        answer = await again(peer, connection, slides=True)
        assert peer.video_out == out
        assert peer.content is not None
        assert peer._streams.streams[0] is stream
        assert answer.count("a=content:slides") == 1
        assert len(peer._paths) == 1
        told = connection.localDescription.sdp
        other = re.sub(r"(a=fingerprint:\S+ )\S+", r"\g<1>00:11", told)
        with pytest.raises(Refused, match="connect anew"):
            await peer.reoffer(other)
        assert site.joined


async def again(peer: WebRtcPeer, connection: Any, slides: bool = False) -> str:
    """A new offer of the connection's, whose last line is of slides or not; our answer."""
    await connection.setLocalDescription(await connection.createOffer())
    offered = connection.localDescription.sdp
    answer = await peer.reoffer(offered + "a=content:slides\r\n" if slides else offered)
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return answer
