// Booked conferences, seven days at a time: what takes place when, and the form for a new one.
import { get, post, remove } from "/static/api.js";
import { openBooking } from "/static/bookingform.js";
import { confirmed, openDialog } from "/static/dialogs.js";
import { byId, el, icon, iconButton } from "/static/dom.js";
import { Feed } from "/static/events.js";
import { copyable } from "/static/forms.js";
import { language, onLanguage, say, translate } from "/static/i18n.js";
import { attempt } from "/static/notify.js";
import { mountBar } from "/static/shell.js";

const DAYS = 7;
const REFRESH_MS = 10_000;
const LONGER_MIN = 15;

const feed = new Feed();
let first = midnight(new Date());
let rows = [];

function midnight(moment) {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
}

const dayAfter = (day, count) => new Date(day.getFullYear(), day.getMonth(), day.getDate() + count);
const locale = () => (language() === "zh" ? "zh-CN" : "en-GB");
const clock = (moment) => moment.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });
const date = (moment) => moment.toLocaleDateString(locale(), { weekday: "short", day: "numeric", month: "short" });

// ------------------------------------------------------------------ what takes place

async function erase(row) {
  const sure = await confirmed({
    title: row.state === "running" ? "bookings.end" : "bookings.delete",
    text: ["bookings.delete_text", { name: row.name, when: date(new Date(row.begin)) }],
    yes: row.state === "running" ? "bookings.end" : "bookings.delete",
  });
  if (!sure) return;
  const query = new URLSearchParams({ begin: row.begin });
  await attempt(async () => {
    await remove(`/bookings/${row.booking}?${query}`);
    await load();
  });
}

/** What is known of a booking, and what can be done with it. */
async function openDetails(row) {
  const whole = await get(`/bookings/${row.booking}`);
  const running = row.state === "running";
  const act = (words, run, kind = "plain") =>
    el("button", { type: "button", class: kind, say: words, on: { click: () => (box.close(), attempt(run)) } });
  const longer = async () => {
    await post(`/bookings/${row.booking}/prolong`, { minutes: LONGER_MIN, begin: row.begin });
    await load();
  };
  const body = el("div", { class: "dialog-body" },
    el("p", { class: "booking-sites", text: row.sites.join(" · ") }),
    copyable("rules.code", whole.access_code, { hint: "rules.code_hint" }),
    el("footer", { class: "actions" },
      act("bookings.again", () => openBooking({ done: load, like: whole })),
      row.state === "booked" ? act("bookings.edit", () => openBooking({ done: load, like: whole, edit: row })) : null,
      running && row.end ? act(["bookings.longer", { minutes: LONGER_MIN }], longer) : null,
      running ? el("a", { class: "button primary", href: consoleOf(row), say: "bookings.open" }) : null));
  const box = openDialog(["bookings.details", { name: row.name }], body);
}

const consoleOf = (row) => `/?conference=${encodeURIComponent(row.booking)}`;

function booking(row, day) {
  const begin = new Date(row.begin);
  const from = begin < day ? "…" : clock(begin);
  const end = row.end ? new Date(row.end) : null;
  const to = !end ? "…" : end > dayAfter(day, 1) ? "…" : clock(end);
  const going = row.state === "booked" || row.state === "running";
  return el("li", { class: "booking", data: { state: row.state, booking: row.booking } },
    el("span", { class: "booking-time", text: `${from} – ${to}` }),
    el("span", { class: "booking-words" },
      el("button", { type: "button", class: "booking-name quiet", text: row.name, on: { click: () => attempt(() => openDetails(row)) } }),
      el("span", { class: "booking-sites", text: row.sites.join(" · ") })),
    row.state === "running"
      ? el("a", { class: "button plain", href: consoleOf(row), aria: ["bookings.open_of", { name: row.name }] }, icon("grid"), el("span", { say: "bookings.open" }))
      : null,
    el("span", { class: "badge", say: `bookings.state_${row.state}` }),
    going ? iconButton("trash", ["bookings.delete_of", { name: row.name }], () => erase(row)) : el("span"));
}

function dayNode(day) {
  const next = dayAfter(day, 1);
  const here = rows.filter((row) => new Date(row.begin) < next && (!row.end || new Date(row.end) > day));
  const today = midnight(new Date()).getTime() === day.getTime();
  return el("li", { class: today ? "day today" : "day" },
    el("h2", { text: date(day) }),
    here.length
      ? el("ul", {}, here.map((row) => booking(row, day)))
      : el("p", { class: "free", say: "bookings.nothing" }));
}

function show() {
  const days = Array.from({ length: DAYS }, (_, k) => dayAfter(first, k));
  byId("days").replaceChildren(...days.map(dayNode));
  byId("span").textContent = `${date(first)} – ${date(dayAfter(first, DAYS - 1))}`;
  translate(byId("days"));
}

async function load() {
  const query = new URLSearchParams({ since: first.toISOString(), until: dayAfter(first, DAYS).toISOString() });
  rows = await get(`/bookings?${query}`);
  show();
}

function turn(days) {
  first = dayAfter(first, days);
  show();
  attempt(load);
}

byId("earlier").addEventListener("click", () => turn(-DAYS));
byId("later").addEventListener("click", () => turn(DAYS));
byId("book").addEventListener("click", () => attempt(() => openBooking({ done: load })));
onLanguage(show);

feed.handle({ gone: () => attempt(load) });
feed.addEventListener("state", (event) => event.detail === "open" && attempt(load));
mountBar(byId("bar"), { page: "bookings", feed });
feed.start();
show();
setInterval(() => document.visibilityState === "visible" && load().catch(() => {}), REFRESH_MS);
