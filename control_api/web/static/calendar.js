// Days of a calendar: which stand in a view, and what takes place on one. Weeks begin on Monday (ISO 8601).

export const WEEK = 7;

export const midnight = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());

/** By the calendar, so that a day of 23 or 25 hours is one too. */
export const dayAfter = (day, count) => new Date(day.getFullYear(), day.getMonth(), day.getDate() + count);

export const sameDay = (one, other) => midnight(one).getTime() === midnight(other).getTime();

const two = (number) => String(number).padStart(2, "0");

/** 2027-03-01, as addresses and inputs of kind date have it; back again, undefined for what is none. */
export const written = (day) => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;

export function read(text) {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text ?? "") ?? [];
  return year && new Date(Number(year), Number(month) - 1, Number(day));
}

export const monthOf = (day, later = 0) => new Date(day.getFullYear(), day.getMonth() + later, 1);

/** {first, count}: the whole weeks in which the days of a month stand. */
export function monthSpan(day) {
  const begin = monthOf(day);
  const before = (begin.getDay() + WEEK - 1) % WEEK;
  const length = dayAfter(monthOf(day, 1), -1).getDate();
  return { first: dayAfter(begin, -before), count: Math.ceil((before + length) / WEEK) * WEEK };
}

/** The occurrences that take place on a day, by their begin; one without an end goes on. */
export function on(day, rows) {
  const next = dayAfter(day, 1);
  return rows
    .filter((row) => new Date(row.begin) < next && (!row.end || new Date(row.end) > day))
    .sort((a, b) => new Date(a.begin) - new Date(b.begin));
}
