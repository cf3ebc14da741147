// Booked conferences, seven days at a time: what takes place when, and the form for a new one.
import { get, post, remove } from "/static/api.js";
import { confirmed, openDialog } from "/static/dialogs.js";
import { byId, el, iconButton } from "/static/dom.js";
import { Feed } from "/static/events.js";
import { field, input, onSubmit } from "/static/forms.js";
import { language, onLanguage, say, translate } from "/static/i18n.js";
import { attempt } from "/static/notify.js";
import { mountBar } from "/static/shell.js";

const DAYS = 7;
const REFRESH_MS = 10_000;
const REPEATS = ["never", "daily", "weekly", "monthly"];

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

function booking(row, day) {
  const begin = new Date(row.begin);
  const from = begin < day ? "…" : clock(begin);
  const end = row.end ? new Date(row.end) : null;
  const to = !end ? "…" : end > dayAfter(day, 1) ? "…" : clock(end);
  const going = row.state === "booked" || row.state === "running";
  return el("li", { class: "booking", data: { state: row.state, booking: row.booking } },
    el("span", { class: "booking-time", text: `${from} – ${to}` }),
    el("span", { class: "booking-words" },
      el("span", { class: "booking-name", text: row.name }),
      el("span", { class: "booking-sites", text: row.sites.join(" · ") })),
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

// ------------------------------------------------------------------ the form

function nextHour() {
  const now = new Date();
  const hour = new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() + 1);
  const pad = (number) => String(number).padStart(2, "0");
  return `${hour.getFullYear()}-${pad(hour.getMonth() + 1)}-${pad(hour.getDate())}T${pad(hour.getHours())}:00`;
}

function wanted(form) {
  const value = (name) => form.elements.namedItem(name).value.trim();
  const begin = new Date(value("begin"));
  const uris = value("sites").split(/[\s,，、;；]+/).filter(Boolean);
  const repeat = REPEATS.indexOf(value("repeat"));
  const body = {
    name: value("name"),
    begin: begin.toISOString(),
    minutes: Number(value("minutes")) || 0,
    sites: uris.map((uri) => ({ uri })),
  };
  if (repeat > 0) {
    body.recurrence = {
      frequency: repeat - 1,
      count: Number(value("count")) || 1,
      month_day: repeat === 3 ? begin.getDate() : 0,
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
    };
  }
  return body;
}

async function openForm() {
  const known = await get("/sites");
  const repeat = el("select", { name: "repeat" },
    REPEATS.map((name) => el("option", { value: name, say: `bookings.repeat_${name}` })));
  const list = el("datalist", { id: "known-sites" }, known.map((site) => el("option", { value: site.uri, text: site.name })));
  const form = el("form", { class: "dialog-body booking-form", novalidate: true },
    el("div", { class: "wide" }, field("bookings.name", input("name", { maxlength: 64, autofocus: true }))),
    field("bookings.begin", input("begin", { type: "datetime-local", value: nextHour() })),
    field("bookings.minutes", input("minutes", { type: "number", min: 0, max: 527040, value: 60 }), "bookings.minutes_hint"),
    el("div", { class: "wide" }, field("bookings.sites", input("sites", { list: "known-sites" }), "bookings.sites_hint"), list),
    field("bookings.repeat", repeat),
    field("bookings.count", input("count", { type: "number", min: 1, max: 500, value: 10 })),
    el("footer", { class: "actions" },
      el("button", { type: "submit", class: "primary", say: "bookings.book" })));
  const box = openDialog("bookings.book", form, { wide: true });
  onSubmit(form, async () => {
    await post("/bookings", wanted(form));
    box.close();
    await load();
  });
}

byId("earlier").addEventListener("click", () => turn(-DAYS));
byId("later").addEventListener("click", () => turn(DAYS));
byId("book").addEventListener("click", () => attempt(openForm));
onLanguage(show);

feed.handle({ gone: () => attempt(load) });
feed.addEventListener("state", (event) => event.detail === "open" && attempt(load));
mountBar(byId("bar"), { page: "bookings", feed });
feed.start();
show();
setInterval(() => document.visibilityState === "visible" && load().catch(() => {}), REFRESH_MS);
