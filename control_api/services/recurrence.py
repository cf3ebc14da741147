"""When a recurring conference takes place: pure, by the wall clock of its zone.

09:00 stays 09:00 across a change to daylight-saving time; a time that the change leaves out is
moved on by it, as clocks on the wall are.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday

from control_api.persistence.bookings import Recurrence
from mcu_core.errors import BadInput

MOST_OCCURRENCES = 500
LONGEST = timedelta(days=100 * 366)
"""From the first one on: a rule that fits no day would be looked through up to the year 9999."""

FREQUENCIES = (DAILY, WEEKLY, MONTHLY)
WORKING_DAYS = tuple(weekday(k) for k in range(5))


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; raises BadInput."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput("timeZone", "a name of the IANA list, such as Asia/Shanghai") from error


def begins(first_s: float, rule: Recurrence) -> list[float]:
    """When each occurrence begins, Unix seconds, in order; raises BadInput.

    `count` and `end_s`: whichever gives fewer wins; one of them is needed.
    """
    _check(rule)
    zone = zone_of(rule.zone)
    start = datetime.fromtimestamp(first_s, zone).replace(tzinfo=None)
    end = (
        datetime.fromtimestamp(rule.end_s, zone).replace(tzinfo=None, hour=23, minute=59, second=59)
        if rule.end_s
        else None
    )
    end = min(end, start + LONGEST) if end is not None else start + LONGEST
    days = tuple(weekday((day - 1) % 7) for day in rule.week_days)
    found: list[float] = []
    for moment in rrule(
        FREQUENCIES[rule.frequency],
        dtstart=start,
        interval=rule.interval,
        until=end,
        byweekday=_week_days(rule, days),
        bymonthday=rule.month_day if rule.frequency == 2 and not rule.week_of_month else None,
    ):
        if len(found) >= MOST_OCCURRENCES:
            raise BadInput("count", f"at most {MOST_OCCURRENCES} occurrences")
        found.append(moment.replace(tzinfo=zone).astimezone(UTC).timestamp())
        if len(found) == rule.count:
            break
    if not found:
        raise BadInput("endDate", "a rule by which the conference takes place at all")
    return found


def _week_days(rule: Recurrence, days: tuple[weekday, ...]) -> tuple[weekday, ...] | None:
    match rule.frequency:
        case 0:
            return WORKING_DAYS if days else None
        case 1:
            return days or None
        case _:
            return tuple(day(rule.week_of_month) for day in days) if rule.week_of_month else None


def _check(rule: Recurrence) -> None:
    if rule.frequency not in range(len(FREQUENCIES)):
        raise BadInput("frequency", "0 daily, 1 weekly or 2 monthly")
    if not 1 <= rule.interval <= 1000:
        raise BadInput("interval", "1..1000")
    if any(day not in range(7) for day in rule.week_days):
        raise BadInput("weekDays", "0..6, from Sunday")
    if not 0 <= rule.count <= MOST_OCCURRENCES:
        raise BadInput("count", f"0..{MOST_OCCURRENCES}")
    if not rule.count and not rule.end_s:
        raise BadInput("count", "a number of times, or an endDate")
    if rule.frequency == 2:
        _check_month(rule)


def _check_month(rule: Recurrence) -> None:
    if rule.week_of_month:
        if not 1 <= rule.week_of_month <= 5 or not rule.week_days:
            raise BadInput("weekDay", "a week 1..5 with weekDays, the days in that week")
    elif not 1 <= rule.month_day <= 31:
        raise BadInput("monthDay", "1..31, or weekDay with weekDays")
