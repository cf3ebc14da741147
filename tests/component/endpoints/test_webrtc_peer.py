"""WebRTC peer against aiortc as the other side: real ICE, DTLS, SRTP and codecs on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import count
from typing import Any

import av
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from aiortc.rtcdtlstransport import RTCCertificate, generate_certificate
from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, RtcpRtpfbPacket, pack_remb_fci
from cryptography.hazmat.primitives.asymmetric import rsa

from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.webrtc_link import WebRtcLink
from mcu_core.endpoints.webrtc_peer import SILENT_AFTER_NS, WebRtcPeer
from mcu_core.errors import BadInput, Refused
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import ManualClock, MonotonicClock
from mcu_core.media.codec import H264, OPUS, VP8, Codec
from mcu_core.media.picture import blank_picture
from mcu_core.media.units import AudioForm, VideoForm
from mcu_core.protocol.rtcp import is_rtcp
from tests.fakes.waiting import until

WIDTH, HEIGHT = 320, 180
FORM = VideoForm(H264, WIDTH, HEIGHT, 30, 500_000)
SOUND = AudioForm(OPUS, 2, 64_000)
CLOCK = MonotonicClock()
PATIENCE_S = 10.0


class Camera(VideoStreamTrack):
    """Noise that moves, so that pictures take more than one packet."""

    async def recv(self) -> av.VideoFrame:
        pts, base = await self.next_timestamp()
        noise = np.random.default_rng(pts).integers(0, 255, (HEIGHT * 3 // 2, WIDTH), np.uint8)
        frame = av.VideoFrame.from_ndarray(noise, "yuv420p")
        frame.pts, frame.time_base = pts, base
        return frame


class Tone(AudioStreamTrack):
    """440 Hz at half of full scale."""

    async def recv(self) -> av.AudioFrame:
        frame = await super().recv()
        assert isinstance(frame, av.AudioFrame)
        phase = 2 * np.pi * 440 * (np.arange(frame.samples) + (frame.pts or 0)) / frame.sample_rate
        tone = (np.sin(phase) * 16_000).astype(np.int16).reshape(1, -1)
        sounding = av.AudioFrame.from_ndarray(tone, "s16", "mono")
        sounding.pts, sounding.time_base = frame.pts, Fraction(1, frame.sample_rate)
        sounding.sample_rate = frame.sample_rate
        return sounding


@dataclass
class Site:
    """What the engine would hold for one site, and what its endpoint told."""

    video: VideoIngress = field(default_factory=lambda: VideoIngress(CLOCK, "site"))
    audio: AudioIngress = field(default_factory=lambda: AudioIngress(CLOCK, "site"))
    intake: Intake | None = None
    states: list[tuple[str, str]] = field(default_factory=list)
    keyframes_wanted: int = 0
    advised: list[int] = field(default_factory=list)

    def listen(self, peer: WebRtcPeer) -> None:
        peer.feedback.state_changed = lambda state, reason: self.states.append((state, reason))
        peer.feedback.keyframe_wanted = self._keyframe_wanted
        peer.feedback.bitrate_advised = self.advised.append
        loop = asyncio.get_running_loop()

        def keyframe_needed() -> None:
            loop.call_soon_threadsafe(peer.ask_keyframe)

        self.video.on_keyframe_needed = keyframe_needed

    def _keyframe_wanted(self) -> None:
        self.keyframes_wanted += 1

    @property
    def joined(self) -> bool:
        return ("joined", "") in self.states

    @property
    def away(self) -> str:
        return next((reason for state, reason in self.states if state == "away"), "")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    one = Site()
    one.video.start()
    yield one
    await one.video.stop()
    one.audio.close()


@pytest.fixture(autouse=True)
def loopback_remote(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice leaves 127.0.0.1 out; the remote of these tests has nothing else."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1"])


@pytest.fixture(autouse=True)
async def nothing_left() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    await until(lambda: asyncio.all_tasks() - before == {asyncio.current_task()}, "the last task")


@asynccontextmanager
async def remote(*kinds: str | MediaStreamTrack, direction: str = "sendrecv") -> AsyncIterator[Any]:
    """An aiortc peer connection with a transceiver per kind or track."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for kind in kinds:
        connection.addTransceiver(kind, direction)
    yield connection
    await connection.close()


def peer_of(site: Site, clock: Any = CLOCK, form: VideoForm | None = FORM) -> WebRtcPeer:
    sound = SOUND if form is not None else None
    intake = site.intake or Intake(site.video, site.audio)
    peer = WebRtcPeer("p", intake, NetworkOptions(), clock, form, sound)
    site.listen(peer)
    return peer


async def connect(peer: WebRtcPeer, connection: Any) -> None:
    await connection.setLocalDescription(await connection.createOffer())
    answer = await peer.accept(connection.localDescription.sdp)
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await peer.start()


@asynccontextmanager
async def call(site: Site, *kinds: str | MediaStreamTrack, **options: Any) -> AsyncIterator[Any]:
    """A connected pair (peer, remote connection), taken down after the test."""
    async with AsyncExitStack() as stack:
        direction = options.pop("direction", "sendrecv")
        connection = await stack.enter_async_context(remote(*kinds, direction=direction))
        prefer(connection, options.pop("codec", H264))
        peer = peer_of(site, **options)
        stack.push_async_callback(peer.stop)
        await connect(peer, connection)
        await until(lambda: site.joined)
        yield peer, connection


def prefer(connection: Any, codec: Codec) -> None:
    for transceiver in connection.getTransceivers():
        if transceiver.kind == "video":
            offered = RTCRtpSender.getCapabilities("video").codecs
            wanted = [one for one in offered if one.mimeType == f"video/{codec.name}"]
            transceiver.setCodecPreferences(wanted)


async def send_pictures(peer: WebRtcPeer, until_met: Callable[[], object]) -> None:
    """Send pictures of 30 a second, all keyframes, until a condition is met."""
    assert peer.video_out is not None
    encoder = VideoEncoder(peer.video_out)
    async with asyncio.timeout(PATIENCE_S):
        for number in count():
            picture = blank_picture(WIDTH, HEIGHT, 30 + number % 100)
            picture = replace(picture, stamp_ns=number * 33_333_333)
            peer.send_video(encoder.encode(picture, keyframe=True))
            await asyncio.sleep(0.01)
            if until_met():
                break
    encoder.close()


async def see(peer: WebRtcPeer, connection: Any) -> av.VideoFrame:
    """The first picture that the remote decodes of what the peer sends."""
    track = next(one.receiver.track for one in connection.getTransceivers() if one.kind == "video")
    receiving = asyncio.create_task(track.recv())
    await send_pictures(peer, receiving.done)
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
    taken = WebRtcLink.media_received
    numbers = count(1)  # a stream whose first packet is lost begins with its next keyframe

    def lossy(link: WebRtcLink, data: bytes) -> None:
        if next(numbers) % 20:
            taken(link, data)

    monkeypatch.setattr(WebRtcLink, "media_received", lossy)
    async with call(site, Camera()) as (peer, _):
        await until(lambda: site.video.stats.frames > 30)
        receiver = peer._streams.streams[0]._pictures
        assert receiver is not None
        assert receiver.lost == 0
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
        await transport._send_rtp(psfb(RTCP_PSFB_APP, 0, pack_remb_fci(800_000, [ssrc])))
        await until(lambda: len(site.advised) == 2)
        assert site.keyframes_wanted == 2


async def test_a_packet_that_got_lost_on_its_way_out_is_sent_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = WebRtcLink._send
    lost: list[int] = []

    def lossy(link: WebRtcLink, datagram: bytes) -> None:
        sequence = int.from_bytes(datagram[2:4])  # the RTP header is not encrypted
        if not lost and not is_rtcp(datagram):
            lost.append(sequence)
        else:
            sent(link, datagram)

    async with call(site, "video") as (peer, connection):
        monkeypatch.setattr(WebRtcLink, "_send", lossy)
        receiver = connection.getTransceivers()[0].receiver
        sequences: list[int] = []

        async def note(packet: Any, arrival_time_ms: int) -> None:
            sequences.append(packet.sequence_number)

        receiver._handle_rtp_packet = note
        await send_pictures(peer, lambda: len(sequences) > 5)
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
    site.intake = Intake(None, None)
    async with call(site, "video", "audio", direction="recvonly") as (peer, connection):
        assert "a=sendonly" in connection.remoteDescription.sdp
        await see(peer, connection)


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


@pytest.fixture
def offers() -> Callable[[str], str]:
    head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    return lambda lines: head + lines


@pytest.mark.parametrize(
    "lines",
    [
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtpmap:96 H264\r\n",
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtpmap:96 VP8/90000\r\n",  # no ICE in it
        "m=video 9 nonsense 96\r\na=mid:0\r\n",
        "m=video 9 UDP/TLS/RTP/SAVPF many\r\na=mid:0\r\n",
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=setup:now\r\n",
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=fingerprint:x\r\n",
    ],
)
async def test_a_bad_offer_names_the_field_and_leaves_nothing_open(
    site: Site, offers: Callable[[str], str], lines: str
) -> None:
    peer = peer_of(site)
    with pytest.raises(BadInput) as error:
        await peer.accept(offers(lines))
    assert error.value.field == "sdp"


async def test_nothing_in_common_is_refused_with_a_reason(
    site: Site, offers: Callable[[str], str]
) -> None:
    offer = offers("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtpmap:96 AV1/90000\r\n")
    with pytest.raises(Refused, match="no codec in common"):
        await peer_of(site).accept(offer)


async def test_no_free_port_is_refused_and_leaves_nothing_open(site: Site) -> None:
    async with call(site, "video") as (peer, connection):
        port = int(connection.remoteDescription.sdp.split("m=video ")[1].split()[0])
        network = NetworkOptions(port_range=(port, port))
        second = WebRtcPeer("q", Intake(None, None), network, CLOCK, FORM, SOUND)
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
