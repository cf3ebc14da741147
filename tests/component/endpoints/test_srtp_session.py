"""Encrypted RTP sessions against libsrtp's own calls: all suites, both ways, RTCP, wrong keys."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager

import pylibsrtp
import pytest

from mcu_core.contract.definition import Encryption
from mcu_core.egress.sender import RtpSender
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.errors import Refused
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm
from mcu_core.protocol import rtcp, rtp
from mcu_core.protocol.sdes import SUITES, Suite
from tests.fakes.brightening import Brightening
from tests.fakes.bursts import one_by_one
from tests.fakes.rtp_offers import media_line, rtp_offer
from tests.fakes.site import CLOCK, Site
from tests.fakes.srtp_peer import key_line, receiver_session, sender_session
from tests.fakes.waiting import until

FORM = VideoForm(H264, 320, 180, 30, 500_000)
NUMBER = 96
THEIRS = bytes(range(44))


@contextmanager
def bound() -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as one:
        one.setblocking(False)
        one.bind(("127.0.0.1", 0))
        yield one


@asynccontextmanager
async def session_of(
    site: Site, policy: Encryption = Encryption.AUTOMATIC
) -> AsyncIterator[RtpSession]:
    terms = CallTerms("r", site.intake, NetworkOptions(), CLOCK, FORM, encryption=policy)
    session = RtpSession(terms)
    site.listen(session)
    try:
        yield session
    finally:
        await session.stop()


def offer(device: socket.socket, *lines: str, profile: str = "RTP/SAVPF") -> str:
    fmtp = f"fmtp:{NUMBER} packetization-mode=1"
    more = ("rtcp-mux", fmtp, f"rtcp-fb:{NUMBER} nack pli", *lines)
    line = media_line("video", device.getsockname()[1], NUMBER, "H264/90000", *more)
    return rtp_offer(line).replace("RTP/AVP", profile)


def waiting(device: socket.socket) -> Iterator[bytes]:
    """Everything that waits there."""
    while True:
        try:
            yield device.recv(2048)
        except BlockingIOError:
            return


def sender_to(
    session: RtpSession, places: list[socket.socket], keys: pylibsrtp.Session
) -> RtpSender:
    """Packs pictures, encrypts them and sends them by the last of `places`."""

    def transmit(packet: bytes) -> None:
        places[-1].sendto(keys.protect(packet), ("127.0.0.1", session.ports[0]))

    return RtpSender(77, NUMBER, H264, CLOCK, one_by_one(transmit))


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
async def test_pictures_and_requests_go_both_ways(site: Site, suite: Suite) -> None:
    async with session_of(site) as session:
        with bound() as device:
            answer = await session.accept(offer(device, key_line(suite, THEIRS)))
            await session.start()
            out, into = sender_session(suite, THEIRS), receiver_session(answer, "video")
            heard: list[rtcp.RtcpPacket] = []
            came: list[rtp.RtpPacket] = []

            def arrived() -> bool:
                for data in waiting(device):
                    if rtcp.is_rtcp(data):
                        heard.extend(rtcp.parse(into.unprotect_rtcp(data)))
                    else:
                        came.append(rtp.parse(into.unprotect(data)))
                return bool(came) and any(isinstance(one, rtcp.PictureLoss) for one in heard)

            with (
                closing(Brightening(sender_to(session, [device], out).send, FORM)) as theirs,
                closing(Brightening(session.send_video, FORM)) as ours,
            ):
                await theirs.send_until(lambda: site.video.stats.frames > 4)
                session.ask_keyframe()
                await ours.send_until(arrived)
            wanted = site.keyframes_wanted
            request = rtcp.compound([rtcp.ReceiverReport(1), rtcp.PictureLoss(1, came[0].ssrc)])
            device.sendto(out.protect_rtcp(request), ("127.0.0.1", session.ports[0]))
            await until(lambda: site.keyframes_wanted == wanted + 1)
        assert session.stats.packets_dropped == 0
        assert session.encrypted


async def test_wrong_keys_plain_packets_and_repetitions_are_dropped_and_counted(
    site: Site,
) -> None:
    suite = SUITES[0]
    async with session_of(site) as session:
        with bound() as device:
            await session.accept(offer(device, key_line(suite, THEIRS)))
            await session.start()
            right, wrong = sender_session(suite, THEIRS), sender_session(suite, THEIRS[::-1])
            plain = rtp.header(NUMBER, True, 1, 0, 77) + bytes(40)
            report = rtcp.compound([rtcp.ReceiverReport(1), rtcp.Bye((77,))])
            once = right.protect(plain)
            bad = (wrong.protect(plain), plain, wrong.protect_rtcp(report), report)
            for packet in (*bad, once, once):
                device.sendto(packet, ("127.0.0.1", session.ports[0]))
            await until(lambda: session.stats.packets_dropped == len(bad) + 1)
        assert session.stats.packets_in == 1


async def test_who_has_the_key_is_followed_to_another_address(site: Site) -> None:
    suite = SUITES[0]
    async with session_of(site) as session:
        with bound() as device, bound() as moved:
            behind_nat = offer(device, key_line(suite, THEIRS)).replace(
                "c=IN IP4 127.0.0.1", "c=IN IP4 127.0.0.9"
            )
            into = receiver_session(await session.accept(behind_nat), "video")
            await session.start()
            places = [device]
            keys = sender_session(suite, THEIRS)
            camera = Brightening(sender_to(session, places, keys).send, FORM)
            with closing(camera), closing(Brightening(session.send_video, FORM)) as ours:
                await camera.send_until(lambda: site.video.stats.frames > 0)
                places.append(moved)
                camera.send()
                found: list[bytes] = []

                def arrived() -> bool:
                    found.extend(data for data in waiting(moved) if not rtcp.is_rtcp(data))
                    return bool(found)

                await ours.send_until(arrived)
        assert rtp.parse(into.unprotect(found[0])).payload_type == NUMBER


async def test_who_is_not_encrypted_is_kept_out_where_all_must_be(site: Site) -> None:
    async with session_of(site, Encryption.FORCED) as session:
        with bound() as device, pytest.raises(Refused, match="this conference is encrypted"):
            await session.accept(offer(device, profile="RTP/AVP"))
        assert session.ports == (0, 0)
