"""What rows keep is found again, in both databases."""

import msgspec
import pytest
from sqlalchemy import text

from control_api.persistence.audience import AudienceRows, Watched
from control_api.persistence.audit import AuditRow, AuditRows
from control_api.persistence.bookings import BookedSite, Booking, BookingRows, Occurrence
from control_api.persistence.conferences import (
    ConferenceRows,
    RtpOffer,
    WantedConference,
    WantedRecording,
)
from control_api.persistence.database import Database
from control_api.persistence.library import LibraryRows, Search
from control_api.persistence.register import RegisteredSite, RegisterRows
from control_api.persistence.users import GatewaySecret, StoredSession, User, UserRows
from mcu_core.contract.definition import ConferenceDefinition, SiteDefinition, SiteKind
from recorder.contract import RecordingInfo, RecordingState
from tests.component.persistence.conftest import Place

NOW_S = 1_800_000_000.25
HOUR_S = 3600.0
CT = BookedSite("ct", "CT 室")
OR = BookedSite("or", "手术室", video_format=2)
FAR = 10**14
"""A number of a conference that callers may ask for, and that needs eight bytes."""


async def test_conferences_come_in_the_order_in_which_they_were_made(place: Place) -> None:
    rtp = SiteDefinition("r", "RTP", SiteKind.RTP, gain_db=-3.5)
    offer = {"r": RtpOffer("v=0\r\n", (40000, 40002))}
    rich = WantedConference(
        ConferenceDefinition("a", "示范", sites=(rtp,)), "e", offer, WantedRecording("rec", "标题")
    )
    async with place.opened() as database:
        rows = ConferenceRows(database)
        await rows.put(WantedConference(ConferenceDefinition("b", "B"), "engine-0"))
        await rows.put(rich)
        await rows.put(WantedConference(ConferenceDefinition("b", "again"), "engine-1"))
    async with place.opened() as database:
        rows = ConferenceRows(database)
        first, second = await rows.load()
        assert (first.definition.name, first.engine) == ("again", "engine-1")
        assert second == rich
        await rows.remove("a")
        await rows.put(rich)
        assert [row.definition.id for row in await rows.load()] == ["b", "a"]


async def test_a_conference_that_cannot_be_read_keeps_no_other_away(database: Database) -> None:
    rows = ConferenceRows(database)
    for name in "abc":
        await rows.put(WantedConference(ConferenceDefinition(name, name), "engine-0"))
    async with database.begin() as connection:
        await connection.execute(text("UPDATE conferences SET definition = '{}' WHERE id = 'a'"))
        await connection.execute(text("UPDATE conferences SET rules = 'x' WHERE id = 'b'"))
    assert [row.definition.id for row in await rows.load()] == ["c"]


def occurrence(booking: int, begin_s: float, *sites: BookedSite, hours: float = 1) -> Occurrence:
    end_s = begin_s + hours * HOUR_S if hours else None
    return Occurrence(booking, begin_s, end_s, "booked", 2, sites)


async def test_bookings_are_found_by_number_time_and_site(database: Database) -> None:
    rows = BookingRows(database)
    assert await rows.next_id(1001) == 1001
    weekly = Booking(1001, "查房", NOW_S, HOUR_S, "4711", (CT, OR))
    times = [occurrence(1001, NOW_S + week * 7 * 24 * HOUR_S, CT, OR) for week in range(3)]
    await rows.put(weekly, times)
    endless = Booking(1002, "open", NOW_S, 0, "4712", (OR,))
    await rows.put(endless, [occurrence(1002, NOW_S, OR, hours=0)])
    assert await rows.next_id(1001) == 1003
    assert await rows.booking(1001) == weekly
    assert await rows.booking(FAR) is None
    assert await rows.bookings([1001, 1002, FAR]) == {1001: weekly, 1002: endless}
    assert await rows.has_access_code("4712")
    assert not await rows.has_access_code("1")
    assert await rows.occurrences(1001) == times
    assert [one.booking for one in await rows.between(NOW_S + 10, NOW_S + 20)] == [1001, 1002]
    assert [one.booking for one in await rows.between(NOW_S + 7200, NOW_S + 7300)] == [1002]
    assert [one.booking for one in await rows.due(NOW_S)] == [1001, 1002]
    found = await rows.taken(["ct", "nobody"], NOW_S, NOW_S + 8 * 24 * HOUR_S)
    assert [(one.uri, one.begin_s, one.name, one.gone) for one in found] == [
        ("ct", one.begin_s, "查房", False) for one in times[:2]
    ]


async def test_what_is_booked_anew_frees_what_it_took(database: Database) -> None:
    rows = BookingRows(database)
    booking = Booking(1001, "a", NOW_S, HOUR_S, "1", (CT,))
    await rows.put(booking, [occurrence(1001, NOW_S, CT)])
    running = msgspec.structs.replace(occurrence(1001, NOW_S, CT), state="running")
    await rows.put_occurrence(running)
    later = occurrence(1001, NOW_S + 5 * HOUR_S, OR)
    await rows.put(msgspec.structs.replace(booking, name="b"), [later])
    assert await rows.occurrences(1001) == [running, later]
    await rows.put_occurrence(msgspec.structs.replace(later, state="deleted"))
    span = (NOW_S, NOW_S + 9 * HOUR_S)
    assert [(one.uri, one.gone) for one in await rows.taken(["ct", "or"], *span)] == [
        ("ct", False),
        ("or", True),
    ]


async def test_users_their_sessions_and_secrets(database: Database) -> None:
    rows = UserRows(database)
    assert await rows.user("li") is None
    first = User("li", "viewer", "hash")
    assert await rows.add(first)
    assert not await rows.add(User("li", "admin", "hash 1")), "there is one"
    second = User("li", "viewer", "hash 2")
    assert await rows.renew_password(first, second, 4)
    assert not await rows.renew_password(first, User("li", "viewer", "hash 3"), 4), "no more that"
    assert await rows.past_passwords("li", 4) == ["hash"]
    assert await rows.assign("li", "operator", "")
    assert not await rows.assign("xu", "operator", "")
    assert await rows.users() == [User("li", "operator", "hash 2")]
    await rows.put_session("token", "li", NOW_S + 60, NOW_S)
    await rows.put_session("token", "li", NOW_S + 90, NOW_S)
    found = await rows.session("token", NOW_S + 80)
    assert found == StoredSession("li", "operator", NOW_S + 90), "to the quarter of a second"
    assert await rows.session("token", NOW_S + 90) is None
    assert await rows.secret("s", "fresh") == "fresh"
    assert await rows.secret("s", "other") == "fresh"
    await rows.put_gateway_secret("li", "sealed")
    assert await rows.gateway_secret("li") == GatewaySecret("sealed", "operator")
    await rows.remove("li")
    assert await rows.session("token", NOW_S) is None
    assert await rows.gateway_secret("li") is None


async def test_registered_sites(database: Database) -> None:
    rows = RegisterRows(database)
    site = RegisteredSite("ct", "CT 室", organisation="一院", video_format=2)
    await rows.put(site)
    await rows.put(RegisteredSite("or", "A"))
    assert await rows.count() == 2
    assert [one.uri for one in await rows.all()] == ["or", "ct"]
    assert await rows.known(["ct", "none"]) == {"ct": site}
    assert await rows.remove("ct")
    assert not await rows.remove("ct")


async def test_deeds_are_read_by_time_and_number(database: Database) -> None:
    rows = AuditRows(database)
    assert await rows.last() is None
    deeds = [AuditRow(n, NOW_S + n, "li", "::1", "REST POST", "x", "200", "c") for n in range(1, 6)]
    for deed in deeds:
        await rows.add(deed)
    assert await rows.last() == deeds[-1]
    assert await rows.between(NOW_S, NOW_S + 5, 1, 2) == deeds[1:3]
    await rows.forget_before(NOW_S + 3)
    assert await rows.between(0, 1e12, 0, 100) == deeds[2:]


async def test_looks_are_kept_up_to_a_number(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("control_api.persistence.audience.KEPT", 2)
    monkeypatch.setattr("control_api.persistence.audience.CUT_EVERY", 1)
    rows = AudienceRows(database)
    looks = [Watched(NOW_S + n, "li", "play", f"r{n}") for n in range(5)]
    for look in looks:
        await rows.add(look)
    assert await rows.find("", "", 10) == [looks[4], looks[3], looks[2]]
    assert await rows.find("r4", "li", 10) == [looks[4]]
    assert await rows.find("r4", "wang", 10) == []


async def test_recordings_are_found_by_words_times_and_state(database: Database) -> None:
    rows = LibraryRows(database)
    titles = ["胆囊 100%", "胆囊 1000", "a_b", "aXb"]
    infos = [
        RecordingInfo(
            id=f"r{n}",
            conference="c",
            title=title,
            state=RecordingState.DONE,
            started_at=f"2026-11-0{n + 1}T08:00:00+00:00",
            size_bytes=3 * 10**9,
        )
        for n, title in enumerate(titles)
    ]
    await rows.put([(info, "seen") for info in infos])
    await rows.put([(infos[0], "seen again")])
    found = await rows.find(Search())
    assert [info.id for info in found.infos] == ["r3", "r2", "r1", "r0"]
    assert (found.total, found.size_bytes) == (4, 12 * 10**9)
    for word, ids in (
        ("胆囊", ["r1", "r0"]),
        ("100%", ["r0"]),
        ("a_b", ["r2"]),
        ("A", ["r3", "r2"]),
    ):
        found = await rows.find(Search(words=(word,)))
        assert [info.id for info in found.infos] == ids, word
    first_s = 1_793_692_800.0
    page = await rows.find(Search(since_s=first_s, until_s=first_s + 86400, state="done", limit=1))
    assert page.total == len(page.infos)
    assert (await rows.seen())["r0"] == "seen again"
    await rows.remove(["r0", "r1"])
    assert (await rows.find(Search(skip=1))).infos == [infos[2]]
