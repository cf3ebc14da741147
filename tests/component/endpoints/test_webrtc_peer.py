"""WebRTC peer against aiortc as the other side: real ICE, DTLS, SRTP and codecs on loopback."""

import asyncio
from itertools import count
from typing import Any

import av
import numpy as np
import pytest
from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, RtcpRtpfbPacket, pack_remb_fci

from mcu_core.endpoints.datagrams import Datagrams
from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.webrtc_link import WebRtcLink
from mcu_core.endpoints.webrtc_peer import WebRtcPeer
from mcu_core.ingress.audio import AudioIngress
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import H264, VP8, Codec
from mcu_core.protocol import loss, rtcp
from mcu_core.protocol.rtp import Burst
from tests.fakes.site import CLOCK, Site
from tests.fakes.waiting import until
from tests.fakes.webrtc_call import HEIGHT, SOUND, WIDTH, Camera, Tone, call, camera_of

pytestmark = pytest.mark.usefixtures("nothing_left")


async def see(peer: WebRtcPeer, connection: Any) -> av.VideoFrame:
    """The first picture that the remote decodes of what the peer sends."""
    track = next(one.receiver.track for one in connection.getTransceivers() if one.kind == "video")
    receiving = asyncio.create_task(track.recv())
    with camera_of(peer) as camera:
        await camera.send_until(receiving.done)
    frame = await receiving
    assert isinstance(frame, av.VideoFrame)
    return frame


def sound_level(audio: AudioIngress) -> float:
    block = audio.pull(CLOCK.now_ns())
    return 0.0 if block is None else float(np.abs(block).max())


# ------------------------------------------------------------------------------------------- media


@pytest.mark.parametrize("codec", [H264, VP8])
async def test_pictures_and_sound_arrive_decoded_at_both_ends(site: Site, codec: Codec) -> None:
    async with call(site, Camera(), Tone(), codec=codec) as (peer, connection):
        assert peer.video_out is not None
        assert peer.video_out.codec is codec
        assert peer.audio_out == SOUND
        await until(lambda: site.video.latest() is not None)
        await until(lambda: sound_level(site.audio) > 0.1)
        frame = await see(peer, connection)
        assert (frame.width, frame.height) == (WIDTH, HEIGHT)
    picture = site.video.latest()
    assert picture is not None
    assert (picture.width, picture.height) == (WIDTH, HEIGHT)


async def test_lost_packets_are_asked_for_and_come_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = WebRtcLink.media_opened  # behind decryption: what comes again as it was is a replay
    numbers = count(1)  # a stream whose first packet is lost begins with its next keyframe

    def lossy(link: WebRtcLink, data: bytes, flow: int) -> None:
        if next(numbers) % 20:
            taken(link, data, flow)

    monkeypatch.setattr(WebRtcLink, "media_opened", lossy)
    # Both sides share one busy thread here: a stall of it is not a repair that came too late.
    for bound in ("LEAST_PATIENCE_NS", "LONGEST_PATIENCE_NS", "GIVE_UP_NS"):
        monkeypatch.setattr(loss, bound, 5 * NS_PER_SECOND)
    async with call(site, Camera(), repeats=True) as (peer, _):
        await until(lambda: site.video.stats.frames > 30)
        stream = peer._streams.streams[0]
        assert stream.protection.rtx
        assert stream.reception().repaired > 0
        assert stream.reception().lost == 0
    assert site.video.stats.broken == 0


# ---------------------------------------------------------------------------------------- feedback


def psfb(fmt: int, ssrc: int, fci: bytes = b"") -> bytes:
    return bytes(RtcpPsfbPacket(fmt=fmt, ssrc=1, media_ssrc=ssrc, fci=fci))


async def test_what_the_receiver_asks_reaches_the_owner(site: Site) -> None:
    async with call(site, "video") as (peer, connection):
        transport = connection.getTransceivers()[0].receiver.transport
        ssrc = peer._streams.streams[0].ssrc
        await until(lambda: site.keyframes_wanted == 1)  # the first is for the new connection
        await transport._send_rtp(psfb(1, ssrc))
        await until(lambda: site.keyframes_wanted == 2)
        await transport._send_rtp(psfb(1, ssrc + 1))  # about somebody else's stream
        await transport._send_rtp(psfb(RTCP_PSFB_APP, 0, pack_remb_fci(700_000, [ssrc])))
        request = rtcp.RateRequest(1, (rtcp.RateBound(ssrc, 400_000),))
        await transport._send_rtp(request.serialize())
        await until(lambda: site.advised and 0 < site.advised[-1] <= 400_000)
        assert site.keyframes_wanted == 2


async def test_a_packet_that_got_lost_on_its_way_out_is_sent_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Datagrams.send_burst
    lost: list[int] = []

    def lossy(datagrams: Datagrams, number: int, burst: Burst, secure: bool = False) -> None:
        if lost:
            sent(datagrams, number, burst, secure)
        else:
            lost.extend((burst.sequence + k) & 0xFFFF for k in range(len(burst.payloads)))

    async with call(site, "video") as (peer, connection):
        monkeypatch.setattr(Datagrams, "send_burst", lossy)
        receiver = connection.getTransceivers()[0].receiver
        sequences: list[int] = []

        async def note(packet: Any, arrival_time_ms: int) -> None:
            sequences.append(packet.sequence_number)

        receiver._handle_rtp_packet = note
        with camera_of(peer) as camera:
            await camera.send_until(lambda: len(sequences) > 5)
        assert lost[0] not in sequences
        nack = RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=peer._streams.streams[0].ssrc, lost=lost)
        await receiver.transport._send_rtp(bytes(nack))
        await until(lambda: lost[0] in sequences)


async def test_a_keyframe_is_asked_of_the_sender(site: Site) -> None:
    async with call(site, Camera()) as (peer, connection):
        asked: list[None] = []
        connection.getSenders()[0]._send_keyframe = lambda: asked.append(None)
        await until(lambda: peer.stats.packets_in > 0)
        peer.ask_keyframe()
        peer.ask_keyframe()  # coalesced
        await until(lambda: bool(asked))
        assert len(asked) == 1


# -------------------------------------------------------------------------------------- directions


async def test_a_publisher_is_sent_nothing(site: Site) -> None:
    async with call(site, Camera(), Tone(), direction="sendonly") as (peer, _):
        assert peer.video_out is None
        assert peer.audio_out is None
        await until(lambda: site.video.latest() is not None)


async def test_a_viewer_only_receives(site: Site) -> None:
    nowhere = Intake(None, None)
    async with call(site, "video", "audio", intake=nowhere, direction="recvonly") as pair:
        peer, connection = pair
        assert "a=sendonly" in connection.remoteDescription.sdp
        await see(peer, connection)
