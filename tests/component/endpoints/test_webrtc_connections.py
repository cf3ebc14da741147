"""How WebRTC connections begin, are refused, and end, against aiortc as the other side."""

from collections.abc import Callable
from typing import Any

import pytest
from aiortc import RTCSessionDescription
from aiortc.rtcdtlstransport import RTCCertificate, generate_certificate
from cryptography.hazmat.primitives.asymmetric import rsa

from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.webrtc_peer import SILENT_AFTER_NS, WebRtcPeer
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import ManualClock
from tests.fakes.site import CLOCK, Site
from tests.fakes.waiting import until
from tests.fakes.webrtc_call import FORM, SOUND, call, connect, peer_of, remote

pytestmark = pytest.mark.usefixtures("nothing_left")

VP8_LINES = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"

# ------------------------------------------------------------------------------------- beginnings


@pytest.fixture
def offers() -> Callable[[str], str]:
    head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    return lambda lines: head + lines


@pytest.mark.parametrize(
    "lines",
    [
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtpmap:96 H264\r\n",
        "m=video 9 UDP/TLS/RTP/SAVPF\r\na=mid:0\r\n",
        f"{VP8_LINES}a=sendrecv\r\n",  # no ICE in it
        f"{VP8_LINES}a=ice-ufrag:abcd\r\na=ice-pwd:{'p' * 22}\r\na=fingerprint:x\r\n",
    ],
)
async def test_a_bad_offer_names_the_field_and_leaves_nothing_open(
    site: Site, offers: Callable[[str], str], lines: str
) -> None:
    peer = peer_of(site)
    with pytest.raises(BadInput) as error:
        await peer.accept(offers(lines))
    assert error.value.field.startswith("sdp")


async def test_nothing_in_common_is_refused_with_a_reason(
    site: Site, offers: Callable[[str], str]
) -> None:
    with pytest.raises(Refused, match="no codec that we speak"):
        await peer_of(site).accept(offers(VP8_LINES.replace("VP8", "VP7")))


async def test_no_free_port_is_refused_and_leaves_nothing_open(site: Site) -> None:
    async with call(site, "video") as (peer, connection):
        port = int(connection.remoteDescription.sdp.split("m=video ")[1].split()[0])
        network = NetworkOptions(port_range=(port, port))
        second = WebRtcPeer(CallTerms("q", Intake(None, None), network, CLOCK, FORM, SOUND))
        async with remote("video") as other:
            await other.setLocalDescription(await other.createOffer())
            with pytest.raises(Refused, match="no free UDP port"):
                await second.accept(other.localDescription.sdp)
        assert peer.video_out is not None


async def test_a_peer_with_an_rsa_certificate_connects(site: Site) -> None:
    key = rsa.generate_private_key(65_537, 2048)
    certificate = RTCCertificate(key, generate_certificate(key))  # type: ignore[arg-type] # any key signs
    create = certificate._create_ssl_context

    def with_rsa(srtp_profiles: Any) -> Any:
        context = create(srtp_profiles)
        context.set_cipher_list(b"ECDHE-RSA-AES128-GCM-SHA256")
        return context

    certificate._create_ssl_context = with_rsa  # type: ignore[method-assign] # as GStreamer would
    async with remote() as connection:
        connection._RTCPeerConnection__certificates = [certificate]
        connection.addTransceiver("video")
        peer = peer_of(site)
        try:
            await connect(peer, connection)
            await until(lambda: site.joined)
        finally:
            await peer.stop()


async def changed_offer(connection: Any, *changes: tuple[str, str]) -> str:
    """The connection's offer with something in it replaced."""
    await connection.setLocalDescription(await connection.createOffer())
    text = str(connection.localDescription.sdp)
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text


async def test_of_several_certificates_that_are_told_of_one_is_enough(site: Site) -> None:
    other = "a=fingerprint:sha-512 " + ":".join(["AB"] * 64)
    async with remote("video") as connection:
        peer = peer_of(site)
        try:
            change = ("a=fingerprint:sha-512", f"{other}\r\na=fingerprint:sha-512")
            answer = await peer.accept(await changed_offer(connection, change))
            await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            await peer.start()
            await until(lambda: site.joined)
        finally:
            await peer.stop()


async def test_another_certificate_than_was_told_of_is_refused(site: Site) -> None:
    async with remote("video") as connection:
        peer = peer_of(site)
        try:
            prints = connection._RTCPeerConnection__certificates[0].getFingerprints()
            best = next(one.value for one in prints if one.algorithm == "sha-512")
            change = (best, ":".join(["AB"] * 64))
            answer = await peer.accept(await changed_offer(connection, change))
            await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            await peer.start()
            await until(lambda: bool(site.away))
        finally:
            await peer.stop()
    assert "DTLS" in site.away
    assert not site.joined


async def test_who_only_answers_checks_is_asked_by_us(site: Site) -> None:
    async with remote("video") as connection:
        peer = peer_of(site)
        try:
            await peer.accept(await changed_offer(connection, ("t=0 0", "t=0 0\r\na=ice-lite")))
            assert peer._paths[0]._ice.role == "controlling"
        finally:
            await peer.stop()


# ---------------------------------------------------------------------------------------- endings


async def test_it_is_away_when_the_other_side_leaves(site: Site) -> None:
    async with call(site, "video") as (_, connection):
        await connection.close()
        await until(lambda: bool(site.away))
    assert site.away == "the other side left"


async def test_it_is_away_when_the_other_side_falls_silent(site: Site) -> None:
    clock = ManualClock()
    async with call(site, "video", clock=clock) as (_, connection):
        link = connection.getTransceivers()[0].receiver.transport.transport._connection
        for protocol in link._protocols:
            protocol.transport.close()

        def passed() -> bool:
            clock.advance_ns(SILENT_AFTER_NS // 100)
            return bool(site.away)

        await until(passed)
    assert site.away == "connection lost"


async def test_stop_in_the_middle_of_connecting_leaves_nothing(site: Site) -> None:
    async with remote("video") as connection:
        peer = peer_of(site)
        await connection.setLocalDescription(await connection.createOffer())
        await peer.accept(connection.localDescription.sdp)
        await peer.stop()
        await peer.stop()
    assert not site.states
