"""Call records and reports made of them, in both databases."""

import random
from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import text

from control_api.persistence.calls import Call, CallRows
from control_api.persistence.database import Database
from control_api.persistence.uses import Asked, By, Use

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


def some_calls(dice: random.Random, count: int) -> list[Call]:
    """Over half a year, of five sites of three organisations."""
    days = [20270000 + month * 100 + day for month in range(1, 7) for day in (1, 2, 15, 28)]
    names = ["", "一院", "一院/放射科"]
    return [
        call(k + 1, dice.choice(days), dice.choice(names), f"s{dice.randrange(5)}", dice.random())
        for k in range(count)
    ]


def plainly(calls: list[Call], asked: Asked, by: By) -> dict[str, Use]:
    """The report as a sum over the records."""
    found: dict[str, Use] = {}
    for one in calls:
        if not (asked.since <= one.day <= asked.until and asked.site in ("", one.site)):
            continue
        if asked.organisation and not f"{one.organisation}/".startswith(f"{asked.organisation}/"):
            continue
        of = str(getattr(one, by))
        had = found.get(of, Use(of, 0, 0.0, 0, 0, 0))
        found[of] = Use(
            of,
            had.calls + 1,
            had.seconds + round(one.seen_s - one.joined_s, 3),
            had.packets + one.packets,
            had.lost + one.lost,
            had.bytes + one.bytes,
        )
    return found


async def check_reports(rows: CallRows, calls: list[Call]) -> None:
    for asked in (
        Asked(20270101, 20270631),
        Asked(20270102, 20270427),
        Asked(20270215, 20270228, organisation="一院"),
        Asked(10101, 99991231, site="s1"),
        Asked(20270301, 20270201),
    ):
        for by in ("day", "organisation", "site"):
            wanted = plainly(calls, asked, by)
            told = await rows.report(asked, by, 1000)
            assert {one.of for one in told} == set(wanted), (asked, by)
            for one in told:
                seconds = wanted[one.of].seconds
                assert one.seconds == pytest.approx(seconds, abs=0.01), (asked, by)
                assert replace(one, seconds=seconds) == wanted[one.of], (asked, by)


async def test_reports_are_the_sums_of_what_is_kept(database: Database) -> None:
    rows, dice = CallRows(database), random.Random(7)
    calls = some_calls(dice, 120)
    await rows.put(calls[:70])
    await rows.put(calls[70:])
    again = [
        msgspec.structs.replace(one, organisation="二院", seen_s=one.seen_s + 60, packets=7)
        for one in calls[40:60]
    ]
    await rows.put(again)
    calls[40:60] = again
    await check_reports(rows, calls)
    await rows.forget_before(20270215)
    await check_reports(rows, [one for one in calls if one.day >= 20270215])


async def test_sums_are_made_of_records_of_an_earlier_program(database: Database) -> None:
    rows, calls = CallRows(database), some_calls(random.Random(8), 60)
    await rows.put(calls)
    async with database.begin() as connection:
        await connection.execute(text("DELETE FROM use_of_organisations"))
        await connection.execute(text("DELETE FROM use_of_sites"))
    await rows.sum_up()
    await check_reports(rows, calls)
    await rows.sum_up()
    await check_reports(rows, calls)
