"""A conference that begins to insist on encryption: who was not encrypted goes, and stays out."""

import msgspec
import pytest

from mcu_core.contract.definition import (
    ConferenceDefinition,
    Encryption,
    SiteDefinition,
    SiteKind,
)
from mcu_core.contract.events import Event, SiteChanged
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.engine.conference import Conference
from mcu_core.engine.encryption import REASON, end_open_calls
from mcu_core.engine.threads import Threads
from mcu_core.errors import Refused
from mcu_core.media.clock import MonotonicClock
from mcu_core.protocol.sdes import AES_128_GCM
from tests.fakes.rtp_offers import media_line, rtp_offer
from tests.fakes.srtp_peer import key_line

CLOCK = MonotonicClock()
SITES = tuple(SiteDefinition(name, name, SiteKind.RTP) for name in ("open", "secret"))
TWO = ConferenceDefinition("c", "Two", width=320, height=180, sites=SITES, revision=1)


def offer(*lines: str, profile: str = "RTP/AVP") -> str:
    return rtp_offer(media_line("audio", 40_000, 0, "PCMU/8000", *lines)).replace(
        "RTP/AVP", profile
    )


async def join(conference: Conference, site: str, text: str) -> None:
    terms = CallTerms(
        conference.new_endpoint_id(site),
        conference.seat(site).intake,
        NetworkOptions(),
        CLOCK,
        conference.form(),
        encryption=conference.definition.encryption,
    )
    session = RtpSession(terms)
    await session.accept(text)
    await conference.connect(site, session)


async def test_who_is_not_encrypted_goes_when_all_must_be() -> None:
    threads = Threads(CLOCK)
    threads.start()
    told: list[Event] = []
    conference = Conference(TWO, CLOCK, told.append, threads)
    await conference.start()
    try:
        await join(conference, "open", offer())
        await join(
            conference, "secret", offer(key_line(AES_128_GCM, bytes(44)), profile="RTP/SAVP")
        )
        await end_open_calls(conference)
        joined = {site.id: site.encrypted for site in conference.snapshot().sites if site.endpoint}
        assert joined == {"open": False, "secret": True}
        forced = msgspec.structs.replace(TWO, encryption=Encryption.FORCED, revision=2)
        await conference.apply(forced)
        await end_open_calls(conference)
        assert [site.id for site in conference.snapshot().sites if site.endpoint] == ["secret"]
        reasons = [one.reason for one in told if isinstance(one, SiteChanged)]
        assert reasons.count(REASON) == 1
        with pytest.raises(Refused, match="this conference is encrypted"):
            await join(conference, "open", offer())
    finally:
        await conference.stop()
        threads.stop()
