// A month of bookings: a day each cell, the first few conferences by name, the others behind the day.
import { dayAfter, midnight, monthSpan, on, sameDay, WEEK, written } from "/static/calendar.js";
import { el } from "/static/dom.js";

const NAMED = 3;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -WEEK, ArrowDown: WEEK };

/**
 * The table. `words` = {clock(moment), date(moment), weekday(moment)} in the page's language; `act` =
 * {open(row), day(day)}. Arrow keys walk from day to day, so a month is one stop of the Tab key but
 * for the conferences in it.
 */
export function monthNode(month, rows, words, act) {
  const { first, count } = monthSpan(month);
  const days = Array.from({ length: count }, (_, k) => dayAfter(first, k));
  const taking = days.map((day) => on(day, rows));
  const today = midnight(new Date());
  const entry = days.findIndex((day) => sameDay(day, today) && day.getMonth() === month.getMonth());
  const stop = entry >= 0 ? entry : days.findIndex((day) => day.getDate() === 1);

  const buttons = days.map((day, k) =>
    el("button", {
      type: "button", class: "month-day quiet", tabindex: k === stop ? "0" : "-1", data: { day: written(day) },
      "aria-current": sameDay(day, today) ? "date" : null,
      aria: ["bookings.day", { day: words.date(day), count: taking[k].length }],
      on: { click: () => act.day(day), keydown: (event) => walk(event, k) },
    }, String(day.getDate())));

  function walk(event, k) {
    const to = buttons[k + STEPS[event.key]];
    if (!to) return;
    event.preventDefault();
    buttons[k].tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }

  const entryOf = (row, day) => el("li", { data: { state: row.state } },
    el("button", { type: "button", class: "month-entry", title: row.name, on: { click: () => act.open(row) } },
      el("span", { class: "month-time", text: new Date(row.begin) < day ? "…" : words.clock(new Date(row.begin)) }),
      el("span", { class: "month-name", text: row.name })));

  const cell = (day, k) => {
    const here = taking[k];
    const named = here.length > NAMED ? here.slice(0, NAMED - 1) : here;
    const more = here.length - named.length;
    return el("td", { class: day.getMonth() === month.getMonth() ? null : "other" }, buttons[k],
      here.length ? el("span", { class: "month-dots", "aria-hidden": "true", text: here.length > NAMED ? String(here.length) : "•".repeat(here.length) }) : null,
      named.length ? el("ul", {}, named.map((row) => entryOf(row, day))) : null,
      more ? el("button", { type: "button", class: "month-more quiet", say: ["bookings.more_of_day", { count: more }], on: { click: () => act.day(day) } }) : null);
  };

  const weeks = Array.from({ length: count / WEEK }, (_, w) => days.slice(w * WEEK, (w + 1) * WEEK));
  return el("table", { class: "month" },
    el("thead", {}, el("tr", {}, weeks[0].map((day) => el("th", { scope: "col", text: words.weekday(day) })))),
    el("tbody", {}, weeks.map((week, w) => el("tr", {}, week.map((day, d) => cell(day, w * WEEK + d))))));
}
