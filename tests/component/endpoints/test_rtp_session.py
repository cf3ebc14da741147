"""Plain RTP session against raw sockets: payload formats, pinned source, garbage, feedback."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import count

import numpy as np
import pytest

from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.egress.sender import RtpSender
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.endpoints.rtp_stream import RtpStream
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import cpu_time_s
from mcu_core.media.codec import G722, H264, OPUS, PCMA, PCMU, VP8, Codec
from mcu_core.media.sound import BLOCK_NS, SAMPLE_RATE
from mcu_core.media.units import AudioForm, VideoForm
from mcu_core.protocol import rtcp, rtp
from tests.fakes.brightening import Brightening
from tests.fakes.bursts import one_by_one
from tests.fakes.rtp_offers import media_line, rtp_offer
from tests.fakes.rtp_viewer import rtp_viewer
from tests.fakes.site import CLOCK, Site
from tests.fakes.waiting import DEADLINE_S, until

WIDTH, HEIGHT = 320, 180
FORM = VideoForm(H264, WIDTH, HEIGHT, 30, 500_000)
VIDEO_TYPE, AUDIO_TYPE = 96, 97


@pytest.fixture
async def session(site: Site) -> AsyncIterator[RtpSession]:
    one = RtpSession(CallTerms("r", site.intake, NetworkOptions(), CLOCK, FORM))
    site.listen(one)
    yield one
    await one.stop()
    await one.stop()


class Device:
    """A sender and receiver of RTP on a socket per kind of media."""

    def __init__(self) -> None:
        self.video, self.audio = _bound(), _bound()
        self.session: tuple[int, int] = (0, 0)

    def offer(self, *attributes: str, picture: Codec = H264, sound: Codec = OPUS) -> str:
        """A description; `attributes` are the pictures' further ones."""
        channels = "/2" if sound is OPUS else ""
        fmtp = f"fmtp:{VIDEO_TYPE} packetization-mode=1"
        video, audio = (one.getsockname()[1] for one in (self.video, self.audio))
        coding = f"{sound.name}/{sound.rtp_clock}{channels}"
        return rtp_offer(
            media_line("video", video, VIDEO_TYPE, f"{picture.name}/90000", fmtp, *attributes),
            media_line("audio", audio, AUDIO_TYPE, coding),
        )

    def sender(self, codec: Codec = H264, ssrc: int = 77) -> RtpSender:
        """Packs pictures and sends them to the session."""
        return RtpSender(ssrc, VIDEO_TYPE, codec, CLOCK, one_by_one(self.transmit_video))

    def transmit_video(self, packet: bytes) -> None:
        self.video.sendto(packet, ("127.0.0.1", self.session[0]))

    def transmit_audio(self, packet: bytes) -> None:
        self.audio.sendto(packet, ("127.0.0.1", self.session[1]))

    def received(self) -> list[bytes]:
        """Everything that waits on the video socket."""
        found = []
        while True:
            try:
                found.append(self.video.recv(2048))
            except BlockingIOError:
                return found


@pytest.fixture
def device() -> Iterator[Device]:
    one = Device()
    yield one
    one.video.close()
    one.audio.close()


def _bound() -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setblocking(False)
    bound.bind(("127.0.0.1", 0))
    return bound


async def join(session: RtpSession, device: Device, offer: str) -> str:
    answer = await session.accept(offer)
    device.session = session.ports
    await session.start()
    return answer


# ------------------------------------------------------------------------------------------- media


@pytest.mark.parametrize("codec", [H264, VP8])
async def test_pictures_of_each_codec_come_in(
    site: Site, session: RtpSession, device: Device, codec: Codec
) -> None:
    await join(session, device, device.offer(picture=codec))
    assert session.video_out == replace(FORM, codec=codec)
    with closing(Brightening(device.sender(codec).send, replace(FORM, codec=codec))) as pictures:
        await pictures.send_until(lambda: site.video.stats.frames > 2)
    latest = site.video.latest()
    assert latest is not None
    assert (latest.width, latest.height) == (WIDTH, HEIGHT)


async def test_keys_are_told_once_each(session: RtpSession, device: Device) -> None:
    keys: list[str] = []
    session.feedback.key_pressed = keys.append
    line = media_line("audio", device.audio.getsockname()[1], 0, "PCMU/8000")
    events = "a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\n"
    answer = await join(session, device, rtp_offer(line.replace("AVP 0", "AVP 0 101") + events))
    assert "m=audio" in answer
    assert "a=rtpmap:101 telephone-event/8000" in answer
    assert "a=fmtp:101 0-15" in answer
    device.transmit_audio(rtp.header(0, True, 99, 0, 5) + bytes(160))
    await until(lambda: session.reception()[1].received == 1)
    payloads = [
        bytes((event, 10)) + duration.to_bytes(2) for event in (7, 11) for duration in (160, 320)
    ]
    for number, payload in enumerate(payloads):
        head = rtp.header(101, False, 100 + number, 8000 * (1 + number // 2), 5)
        device.transmit_audio(head + payload)
    await until(lambda: keys == ["7", "#"])
    report = session.reception()[1]
    assert (report.received, report.lost) == (5, 0)


@pytest.mark.parametrize("codec", [OPUS, G722, PCMA, PCMU])
async def test_sound_of_each_codec_comes_in(
    site: Site, session: RtpSession, device: Device, codec: Codec
) -> None:
    await join(session, device, device.offer(sound=codec))
    assert session.audio_out is not None
    assert session.audio_out.codec is codec
    encoder = AudioEncoder(AudioForm(codec, codec.channels, 64_000))
    sender = RtpSender(5, AUDIO_TYPE, codec, CLOCK, one_by_one(device.transmit_audio))
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(960) / SAMPLE_RATE)
    block = np.repeat(tone.astype(np.float32)[:, None], 2, axis=1)
    loudest = 0.0
    async with asyncio.timeout(DEADLINE_S):
        for number in count():
            unit = encoder.encode(block, number * BLOCK_NS)
            if unit is not None:
                sender.send(unit)
            await asyncio.sleep(BLOCK_NS / 1e9)
            heard = site.audio.pull(CLOCK.now_ns())
            loudest = max(loudest, 0.0 if heard is None else float(np.abs(heard).max()))
            if loudest > 0.4:
                break
    encoder.close()


async def test_a_player_sees_what_is_sent(session: RtpSession) -> None:
    with rtp_viewer() as viewer:
        await session.accept(viewer.offer())
        await session.start()
        with closing(Brightening(session.send_video, FORM)) as pictures:
            await pictures.send_until(lambda: viewer.pictures > 2)
        assert viewer.picture is not None
        assert viewer.picture[0].shape == (HEIGHT, WIDTH)


# --------------------------------------------------------------------------- strangers and garbage


async def test_strangers_are_kept_out_and_counted(
    site: Site, session: RtpSession, device: Device
) -> None:
    await join(session, device, device.offer())
    with (
        closing(Brightening(device.sender().send, FORM)) as pictures,
        closing(_bound()) as stranger,
    ):
        await pictures.send_until(lambda: site.video.stats.frames > 0)
        before = session.stats.packets_in
        for number in range(50):
            packet = rtp.header(VIDEO_TYPE, True, number, 0, 99) + b"\x65no"
            stranger.sendto(packet, ("127.0.0.1", session.ports[0]))
            stranger.sendto(rtcp.compound([rtcp.Bye((77,))]), ("127.0.0.1", session.ports[0]))
        await until(lambda: session.stats.packets_dropped >= 50)
        assert session.stats.packets_in - before <= 50  # RTCP of the same host is let through
        frames = site.video.stats.frames
        await pictures.send_until(lambda: site.video.stats.frames > frames)
    assert site.video.stats.broken == 0


def garbage(seed: int) -> Iterator[bytes]:
    """Short, wrong version, wrong payload type, wrong extension lengths, and noise."""
    rng = random.Random(seed)
    while True:
        yield b""
        yield rng.randbytes(7)
        yield b"\x00" + rng.randbytes(40)
        yield rtp.header(33, False, rng.randrange(65_536), 1, 77) + rng.randbytes(30)
        yield bytes((0x90, VIDEO_TYPE)) + rng.randbytes(10) + b"\xbe\xde\xff\xff"
        yield rtp.header(VIDEO_TYPE, True, rng.randrange(65_536), 1, rng.getrandbits(32))
        yield bytes((0x80, 200, 0, 200)) + rng.randbytes(24)


async def test_a_flood_of_garbage_costs_little_and_hurts_nobody(
    site: Site, session: RtpSession, device: Device
) -> None:
    await join(session, device, device.offer())
    with closing(Brightening(device.sender().send, FORM)) as pictures:
        await pictures.send_until(lambda: site.video.stats.frames > 0)

        def reached(dropped: int, came: int) -> bool:
            stats = session.stats
            return stats.packets_dropped >= dropped and stats.packets_in >= came

        source = garbage(7)
        dropped, came = session.stats.packets_dropped, session.stats.packets_in

        async def spent_s(rounds: int, wrong: int) -> float:
            """CPU time for so many pictures with so many wrong packets before each."""
            nonlocal dropped, came
            began_s = cpu_time_s()
            for _ in range(rounds):
                for _ in range(wrong):
                    device.transmit_video(next(source))  # from the pinned source itself
                pictures.send()
                dropped, came = dropped + wrong, came + 1
                await until(partial(reached, dropped, came))
            return cpu_time_s() - began_s

        alone_s = await spent_s(100, 0)
        # As many as the source has a share for, however fast this goes.
        flooded_s = await spent_s(100, 20)
        frames = site.video.stats.frames
        await pictures.send_until(lambda: site.video.stats.frames > frames + 2)
    assert site.video.stats.broken == 0
    assert flooded_s < 3 * alone_s  # sending included; measured 1.3


async def test_a_flood_beyond_its_share_is_dropped_and_told_though_nothing_follows(
    site: Site, session: RtpSession, device: Device
) -> None:
    await join(session, device, device.offer())
    with closing(Brightening(device.sender().send, FORM, keyframes_only=True)) as pictures:
        await pictures.send_until(lambda: site.video.stats.frames > 0)

        def reached(expected: int) -> bool:
            return session.stats.packets_dropped >= expected

        source = garbage(7)
        dropped = session.stats.packets_dropped
        for rounds in range(1, 101):
            for _ in range(100):
                device.transmit_video(next(source))
            expected = dropped + 100 * rounds
            await until(partial(reached, expected))
        frames = site.video.stats.frames
        await pictures.send_until(lambda: site.video.stats.frames > frames + 2)


async def test_the_next_sender_is_taken_after_a_goodbye(
    site: Site, session: RtpSession, device: Device
) -> None:
    await join(session, device, device.offer())
    with closing(Brightening(device.sender().send, FORM)) as first:
        await first.send_until(lambda: site.video.stats.frames > 0)
    device.transmit_video(rtcp.compound([rtcp.ReceiverReport(77), rtcp.Bye((77,))]))
    frames = site.video.stats.frames
    device.video.close()
    device.video = _bound()  # another port
    await asyncio.sleep(0.25)  # a sender that begins anew is not there at once either
    with closing(Brightening(device.sender(ssrc=78).send, FORM)) as successor:
        await successor.send_until(lambda: site.video.stats.frames > frames + 2)


# ---------------------------------------------------------------------------------------- feedback


async def test_reports_and_keyframe_requests_go_to_the_sender(
    site: Site, session: RtpSession, device: Device
) -> None:
    await join(session, device, device.offer("rtcp-mux", "rtcp-fb:96 nack pli"))
    heard: list[rtcp.RtcpPacket] = []
    with closing(Brightening(device.sender().send, FORM)) as pictures:
        await pictures.send_until(lambda: site.video.stats.frames > 0)
        session.ask_keyframe()
        session.ask_keyframe()

        def told() -> bool:
            for data in device.received():
                heard.extend(rtcp.parse(data))
            asked = any(isinstance(one, rtcp.PictureLoss) for one in heard)
            reports = [one for one in heard if isinstance(one, rtcp.ReceiverReport)]
            return asked and any(one.reports for one in reports)

        await pictures.send_until(told)
    assert [one.media_ssrc for one in heard if isinstance(one, rtcp.PictureLoss)] == [77]


async def test_a_keyframe_request_of_the_receiver_reaches_the_owner(
    site: Site, session: RtpSession, device: Device
) -> None:
    await join(session, device, device.offer("rtcp-mux"))
    with closing(Brightening(session.send_video, FORM)) as pictures:
        packets: list[bytes] = []

        def arrived() -> bool:
            packets.extend(data for data in device.received() if not rtcp.is_rtcp(data))
            return bool(packets)

        await pictures.send_until(arrived)
    ssrc = rtp.parse(packets[0]).ssrc
    device.transmit_video(rtcp.compound([rtcp.ReceiverReport(1), rtcp.PictureLoss(1, ssrc)]))
    await until(lambda: site.keyframes_wanted == 1)


# ------------------------------------------------------------------------------------- negotiation


async def test_a_session_comes_back_on_the_ports_that_its_sender_knows(
    session: RtpSession, device: Device, site: Site
) -> None:
    await session.accept(device.offer())
    ports = session.ports
    assert all(port and port % 2 == 0 for port in ports)
    await session.stop()
    again = RtpSession(CallTerms("again", site.intake, NetworkOptions(), CLOCK, FORM))
    answer = await again.accept(device.offer(), ports)
    assert again.ports == ports
    assert f"m=video {ports[0]} " in answer
    await again.stop()


@pytest.mark.parametrize("host", ["host.example", "224.0.0.9"])
async def test_an_address_that_is_none_of_one_host_is_bad_input(
    session: RtpSession, device: Device, host: str
) -> None:
    with pytest.raises(BadInput) as error:
        await session.accept(device.offer().replace("127.0.0.1", host))
    assert error.value.field.startswith("sdp")
    assert session.ports == (0, 0)


async def test_nothing_in_common_is_refused_and_leaves_no_port_open(
    session: RtpSession, device: Device
) -> None:
    offer = device.offer().replace("H264", "H266").replace("opus/48000/2", "lyra/16000")
    with pytest.raises(Refused):
        await session.accept(offer)
    assert session.ports == (0, 0)
    with pytest.raises(Refused):
        await session.start()


async def test_a_second_offer_is_refused(session: RtpSession, device: Device) -> None:
    await session.accept(device.offer())
    with pytest.raises(Refused):
        await session.accept(device.offer())


async def test_a_fault_of_ours_ends_the_session_and_says_so(
    site: Site, session: RtpSession, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(stream: RtpStream, now_ns: int) -> None:
        raise RuntimeError("as a mistake in a receiver would")

    monkeypatch.setattr(RtpStream, "tick", broken)
    await join(session, device, device.offer())
    await until(lambda: site.away == "internal error")
