"""Sites behind a NAT reach a bridge behind another one, through the system's own NATs."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from mcu_core.endpoints.network import NetworkOptions, bind_udp, read_networks
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.endpoints.udp import SOURCE_SILENT_NS
from mcu_core.endpoints.webrtc_peer import WebRtcPeer
from mcu_core.media.clock import NS_PER_SECOND, ManualClock
from mcu_core.protocol import rtp
from tests.fakes.namespaces import (
    BRIDGE,
    BRIDGE_ADDRESS,
    HOME,
    NAT_ADDRESS,
    PUBLIC_ADDRESS,
    SITE,
    SITE_ADDRESS,
    Nats,
    NoNamespaces,
    behind_nats,
)
from tests.fakes.site import CLOCK, Site
from tests.fakes.waiting import until
from tests.fakes.webrtc_call import FORM, SOUND, Tone

PORT = 5004
SOUND_TYPE = 97
FRAME = b"\xf8\xff\xfe"
OFFER = "\r\n".join(
    (
        "v=0", f"o=- 1 1 IN IP4 {SITE_ADDRESS}", "s=-", f"c=IN IP4 {SITE_ADDRESS}", "t=0 0",
        f"m=audio 6000 RTP/AVP {SOUND_TYPE}", f"a=rtpmap:{SOUND_TYPE} opus/48000/2",
        "a=rtcp-mux", "",
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def nats() -> Iterator[Nats]:
    try:
        with behind_nats() as made:
            yield made
    except NoNamespaces as reason:
        pytest.skip(f"no network namespaces here: {reason}")


@pytest.fixture
def network() -> NetworkOptions:
    """What an administrator says of a bridge behind a 1:1 NAT."""
    return read_networks([f"bind={BRIDGE_ADDRESS},advertise={PUBLIC_ADDRESS}"], (PORT, PORT + 1))


def bound(address: str, port: int = 0) -> socket.socket:
    made = bind_udp(address, port)
    assert made is not None
    return made


async def test_a_browser_behind_a_nat_reaches_a_bridge_behind_another(
    nats: Nats, network: NetworkOptions, site: Site
) -> None:
    peer = WebRtcPeer(CallTerms("p", site.intake, network, CLOCK, FORM, SOUND))
    site.listen(peer)
    connection: Any = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    try:
        connection.addTrack(Tone())
        with nats.inside(SITE):
            await connection.setLocalDescription(await connection.createOffer())
        offer = connection.localDescription.sdp
        assert SITE_ADDRESS in offer
        with nats.inside(BRIDGE):
            answer = await peer.accept(offer)
        assert re.search(f" {PUBLIC_ADDRESS} ({PORT}|{PORT + 1}) typ host", answer)
        assert BRIDGE_ADDRESS not in answer
        await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await peer.start()
        await until(lambda: site.joined)
        await until(lambda: peer.stats.packets_in > 10)
        port = peer._paths[0].link._connection._protocols[0]
        assert {host for host, _ in port.port.datagrams.sources(port.flow)} == {NAT_ADDRESS}
    finally:
        await connection.close()
        await peer.stop()


def packet(number: int) -> bytes:
    return rtp.header(SOUND_TYPE, False, number, 960 * number, 7) + FRAME


async def test_a_sender_of_rtp_behind_a_nat_is_learnt_and_pinned_and_answered(
    nats: Nats, network: NetworkOptions, site: Site
) -> None:
    session = RtpSession(CallTerms("r", site.intake, network, CLOCK, FORM, SOUND))
    with nats.inside(SITE):
        sender = bound(SITE_ADDRESS, 6000)
    with nats.inside(HOME):
        stranger = bound(NAT_ADDRESS)
    with closing(sender), closing(stranger):
        try:
            with nats.inside(BRIDGE):
                answer = await session.accept(OFFER)
            await session.start()
            assert f"c=IN IP4 {PUBLIC_ADDRESS}" in answer
            assert f"m=audio {PORT} " in answer
            for number in range(1, 6):
                sender.sendto(packet(number), (PUBLIC_ADDRESS, PORT))
            await until(lambda: session.stats.packets_in == 5)
            pin = session._lines["audio"].pin
            assert pin.source is not None
            assert pin.source[0] == NAT_ADDRESS
            dropped = session.stats.packets_dropped
            stranger.sendto(packet(6), (PUBLIC_ADDRESS, PORT))
            await until(lambda: session.stats.packets_dropped == dropped + 1)
            assert session.stats.packets_in == 5
            sender.sendto(packet(6), (PUBLIC_ADDRESS, PORT))
            await until(lambda: session.stats.packets_in == 6)
            await until(partial(answered, sender))  # a report, which finds its way back
        finally:
            await session.stop()


async def test_a_sender_whose_nat_forgot_it_goes_on_from_another_port(
    nats: Nats, network: NetworkOptions, site: Site
) -> None:
    """RFC 4787: the mapping is another one after a silence, the address that of before."""
    clock = ManualClock(NS_PER_SECOND)
    session = RtpSession(CallTerms("r", site.intake, network, clock, FORM, SOUND))
    with nats.inside(SITE):
        before, after = bound(SITE_ADDRESS, 6000), bound(SITE_ADDRESS, 6002)
    with closing(before), closing(after):
        try:
            with nats.inside(BRIDGE):
                await session.accept(OFFER)
            await session.start()
            before.sendto(packet(1), (PUBLIC_ADDRESS, PORT))
            await until(lambda: session.stats.packets_in == 1)
            after.sendto(packet(2), (PUBLIC_ADDRESS, PORT))
            await until(lambda: session.stats.packets_dropped == 1)
            first = session._lines["audio"].pin.source
            clock.advance_ns(SOURCE_SILENT_NS + 1)
            after.sendto(packet(2), (PUBLIC_ADDRESS, PORT))
            await until(lambda: session.stats.packets_in == 2)
            second = session._lines["audio"].pin.source
            assert first is not None
            assert second is not None
            assert first[0] == second[0] == NAT_ADDRESS
            assert first[1] != second[1]
        finally:
            await session.stop()


def answered(sender: socket.socket) -> bool:
    """Whether something has come from where it sends to."""
    try:
        _, address = sender.recvfrom(2048)
    except BlockingIOError:
        return False
    return bool(address == (PUBLIC_ADDRESS, PORT))
