"""What a call sends within a rate for all its media, and what its path makes of that."""

from collections.abc import AsyncIterator

import pytest

from mcu_core.contract.definition import VideoLimit
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm
from tests.fakes.site import CLOCK, Site

FORM = VideoForm(H264, 1280, 720, 30, 2_000_000)
OFFER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=video 40000 RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;profile-level-id=42e01f
m=audio 40002 RTP/AVP {sound}
"""
OPUS = OFFER.format(sound="97\na=rtpmap:97 opus/48000/2").replace("\n", "\r\n")
G711 = OFFER.format(sound="0").replace("\n", "\r\n")


@pytest.fixture
async def session() -> AsyncIterator[RtpSession]:
    site = Site()
    terms = CallTerms(
        "a", site.intake, NetworkOptions(), CLOCK, FORM, limit=VideoLimit(rate_bps=384_000)
    )
    made = RtpSession(terms)
    yield made
    await made.stop()
    await site.close()


def sent(session: RtpSession) -> tuple[int, int]:
    assert session.video_out is not None
    assert session.audio_out is not None
    return session.video_out.bitrate_bps, session.audio_out.bitrate_bps


async def test_opus_takes_its_part_first_and_gives_way_itself(session: RtpSession) -> None:
    await session.accept(OPUS)
    assert sent(session) == (330_000, 48_000)
    session.set_form(FORM, VideoLimit(rate_bps=64_000))
    assert sent(session) == (48_000, 16_000)
    session.set_form(FORM, VideoLimit())
    assert sent(session) == (2_000_000, 64_000)


async def test_a_codec_of_one_rate_leaves_pictures_the_rest(session: RtpSession) -> None:
    await session.accept(G711)
    assert sent(session) == (320_000, 64_000)


async def test_a_narrow_path_makes_sound_thinner_too_and_a_wide_one_gives_it_back(
    session: RtpSession,
) -> None:
    advised: list[int] = []
    session.feedback.bitrate_advised = advised.append
    await session.accept(OPUS)
    session.set_form(FORM, VideoLimit())
    session._path.ordered(60_000)
    session._share_path()
    assert session.audio_out is not None
    assert session.audio_out.bitrate_bps == 24_000
    assert advised[-1] < 60_000
    session._path.ordered(2_000_000)
    session._share_path()
    assert session.audio_out.bitrate_bps == 64_000


async def test_who_loses_packets_for_good_is_sent_pictures_that_heal(session: RtpSession) -> None:
    advised: list[int] = []
    session.feedback.bitrate_advised = advised.append
    await session.accept(OPUS)
    assert session._video is not None
    assert session.video_out is not None
    assert not session.video_out.refreshed
    session._video.lossy_changed(True)
    assert session.video_out.refreshed
    assert len(advised) == 1, "another class: the conference hears of it"
    session.set_form(FORM, VideoLimit())
    assert session.video_out.refreshed
    session._video.lossy_changed(False)
    assert not session.video_out.refreshed
