"""Another offer within a call, as the engine carries it out."""

import pytest

from mcu_core.contract.commands import Reoffer
from mcu_core.contract.definition import ConferenceDefinition, SiteDefinition, SiteKind
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.engine.conference import Conference
from mcu_core.engine.renegotiation import reoffer
from mcu_core.engine.threads import Threads
from mcu_core.errors import NotFound
from mcu_core.media.clock import MonotonicClock
from tests.fakes.rtp_offers import media_line, rtp_offer

CLOCK = MonotonicClock()
SITES = (SiteDefinition("a", "a", SiteKind.RTP),)
ONE = ConferenceDefinition("c", "One", width=320, height=180, sites=SITES, revision=1)
MAIN = media_line("video", 40_000, 96, "H264/90000", "rtcp-fb:96 nack pli")
SLIDES = media_line("video", 40_002, 97, "H264/90000", "content:slides")


async def test_content_is_added_and_taken_away_while_the_site_stays() -> None:
    threads = Threads(CLOCK)
    threads.start()
    conference = Conference(ONE, CLOCK, lambda event: None, threads)
    await conference.start()
    try:
        terms = CallTerms(
            conference.new_endpoint_id("a"),
            conference.seat("a").intake,
            NetworkOptions(),
            CLOCK,
            conference.form(),
        )
        session = RtpSession(terms)
        await session.accept(rtp_offer(MAIN))
        await conference.connect("a", session)
        added = await reoffer(conference, Reoffer("c", session.id, rtp_offer(MAIN, SLIDES)))
        assert (added.endpoint, added.ports) == (session.id, session.ports)
        content = session.content
        assert content is not None
        content.feedback.keyframe_wanted()  # somebody listens
        await reoffer(conference, Reoffer("c", session.id, rtp_offer(MAIN)))
        assert session.content is None
        assert conference.seat("a").endpoint is session
        with pytest.raises(NotFound):
            await reoffer(conference, Reoffer("c", "nobody", rtp_offer(MAIN)))
    finally:
        await conference.stop()
        threads.stop()
