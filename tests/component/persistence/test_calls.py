"""Call records and reports made of them, in both databases."""

import msgspec

from control_api.persistence.calls import Asked, Call, CallRows
from control_api.persistence.database import Database

BASE_S = 1_800_000_000.0
DAYS = (20270115, 20270116)


def call(number: int, day: int, organisation: str, site: str, hours: float = 1.0) -> Call:
    begun_s = BASE_S + number * 60
    over_s = begun_s + hours * 3600
    return Call(
        number, day, "1001", "会诊", "B7", site, site.upper(), organisation, "rtp", f"e{number}",
        begun_s, over_s, over_s, "left", "H264", 1280, 720, "opus", 900, 100, 3 * 10**9,
    )  # fmt: skip


CALLS = [
    call(1, DAYS[0], "一院", "a"),
    call(2, DAYS[0], "一院/放射科", "b", 2),
    call(3, DAYS[1], "一院附属", "c"),
    call(4, DAYS[1], "", "a"),
]
ALL = Asked(*DAYS)


async def test_pages_go_back_from_the_newest(database: Database) -> None:
    rows = CallRows(database)
    assert await rows.next_number() == 1
    await rows.put(CALLS)
    assert await rows.next_number() == 5
    assert await rows.page(ALL, 0, 3) == CALLS[:0:-1]
    assert await rows.page(ALL, 2, 3) == CALLS[:1]
    for asked, numbers in (
        (Asked(DAYS[1], DAYS[1]), [4, 3]),
        (Asked(*DAYS, organisation="一院"), [2, 1]),
        (Asked(*DAYS, organisation="一_"), []),
        (Asked(*DAYS, site="a"), [4, 1]),
        (Asked(*DAYS, conference="none"), []),
    ):
        assert [one.number for one in await rows.page(asked, 0, 9)] == numbers, asked


async def test_reports_add_up(database: Database) -> None:
    rows = CallRows(database)
    await rows.put(CALLS)
    days = await rows.report(ALL, "day", 9)
    assert [(one.of, one.calls, one.seconds) for one in days] == [
        (str(DAYS[0]), 2, 3 * 3600.0),
        (str(DAYS[1]), 2, 2 * 3600.0),
    ]
    assert (days[0].packets, days[0].lost, days[0].bytes) == (1800, 200, 6 * 10**9)
    organisations = await rows.report(ALL, "organisation", 9)
    assert organisations[0].of == "一院/放射科"
    assert {one.of for one in organisations} == {"一院", "一院/放射科", "一院附属", ""}
    assert [one.of for one in await rows.report(Asked(*DAYS, organisation="一院"), "site", 1)] == [
        "b"
    ]


async def test_who_is_still_there_is_found_and_what_is_old_forgotten(database: Database) -> None:
    rows = CallRows(database)
    going = msgspec.structs.replace(CALLS[3], left_s=None)
    await rows.put([*CALLS[:3], going])
    assert await rows.unfinished() == [going]
    await rows.put([CALLS[3]])
    assert await rows.unfinished() == []
    await rows.forget_before(DAYS[1])
    assert [one.number for one in await rows.page(ALL, 0, 9)] == [4, 3]
