"""Our own offers: made, answered, refused, forgotten; a call of two of us that begins by one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace

import pytest

from mcu_core.contract.commands import AnswerRtp
from mcu_core.contract.definition import Encryption
from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.engine import own_offers
from mcu_core.engine.own_offers import STANDS_NS, OwnOffers
from mcu_core.errors import BadInput, NotFound, Refused
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import ManualClock
from mcu_core.media.codec import H264
from mcu_core.media.units import VideoForm
from mcu_core.protocol import sdp
from tests.fakes.brightening import Brightening
from tests.fakes.site import CLOCK, Site

FORM = VideoForm(H264, 320, 180, 30, 500_000)
NOTHING = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"


def terms(intake: Intake, encryption: Encryption = Encryption.AUTOMATIC) -> CallTerms:
    return CallTerms("ours", intake, NetworkOptions(), CLOCK, FORM, encryption=encryption)


@asynccontextmanager
async def offers() -> AsyncIterator[OwnOffers]:
    own = OwnOffers()
    try:
        yield own
    finally:
        await own.close()


@pytest.mark.parametrize("encryption", Encryption)
async def test_a_call_begins_by_our_offer(site: Site, encryption: Encryption) -> None:
    intake = Intake(site.video, site.audio, VideoIngress(CLOCK, "slides"))
    other = RtpSession(terms(intake, encryption))
    async with offers() as own:
        attached = await own.make("c", "s", terms(Intake(None, None), encryption))
        offered = sdp.parse(attached.sdp)
        assert [media.kind for media in offered.media] == ["audio", "video", "video", "application"]
        answer = await other.accept(attached.sdp)
        session = own.settle(AnswerRtp("c", "s", answer))
        try:
            assert session.encrypted is (encryption is not Encryption.NONE)
            assert session.video_out == FORM
            assert session.content is not None
            stream = session._video
            assert stream is not None
            assert stream.protection.rtx
            assert stream.protection.ulpfec
            assert session.camera is not None
            assert other.camera is not None
            await other.start()
            await session.start()
            with closing(Brightening(session.send_video, FORM)) as pictures:
                await pictures.send_until(lambda: site.video.stats.frames > 2)
            with pytest.raises(NotFound):
                own.settle(AnswerRtp("c", "s", answer))
        finally:
            await session.stop()
            await other.stop()


async def test_an_answer_that_takes_nothing_leaves_the_offer_standing(site: Site) -> None:
    async with offers() as own:
        attached = await own.make("c", "s", terms(Intake(None, None)))
        media = sdp.parse(attached.sdp).media
        refused = "".join(f"m={one.kind} 0 {one.proto} 0\r\n" for one in media)
        with pytest.raises(Refused, match="does not want"):
            own.settle(AnswerRtp("c", "s", NOTHING + refused))
        with pytest.raises(BadInput):
            own.settle(AnswerRtp("c", "s", NOTHING))
        other = RtpSession(terms(site.intake))
        answer = await other.accept(attached.sdp)
        await own.settle(AnswerRtp("c", "s", answer)).stop()
        await other.stop()


async def test_no_conference_and_no_owner_takes_the_room_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_offers, "MOST_OF_CONFERENCE", 2)
    monkeypatch.setattr(own_offers, "MOST_OF_OWNER", 3)
    monkeypatch.setattr(own_offers, "MOST_WAITING", 4)
    ours = terms(Intake(None, None))
    async with offers() as own:
        await own.make("a", "1", ours, "one")
        await own.make("a", "2", ours, "one")
        with pytest.raises(Refused, match="2 offers of this conference wait"):
            await own.make("a", "3", ours, "one")
        await own.make("a", "2", ours, "one")  # in place of its own
        await own.make("b", "1", ours, "one")
        with pytest.raises(Refused, match="3 offers of this owner wait"):
            await own.make("c", "1", ours, "one")
        await own.make("c", "1", ours, "other")
        with pytest.raises(Refused, match="4 offers wait"):
            await own.make("d", "1", ours, "third")


async def test_an_offer_is_forgotten_after_a_minute_and_replaced_by_the_next() -> None:
    clock = ManualClock()
    ours = replace(terms(Intake(None, None)), clock=clock)
    async with offers() as own:
        first = await own.make("c", "s", ours)
        second = await own.make("c", "s", ours)
        assert first.ports != second.ports
        clock.advance_ns(STANDS_NS)
        await own.forget_old(clock.now_ns())
        with pytest.raises(NotFound):
            own.settle(AnswerRtp("c", "s", NOTHING))
