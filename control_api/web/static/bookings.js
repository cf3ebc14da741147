// Booked conferences, by seven days or by month: what takes place when, and what begins by its code.
import { get, post, remove } from "/static/api.js";
import { adhocNode, openAdhoc } from "/static/adhoc.js";
import { openBooking } from "/static/bookingform.js";
import { dayAfter, midnight, monthOf, monthSpan, on, read, sameDay, WEEK, written } from "/static/calendar.js";
import { confirmed, openDialog } from "/static/dialogs.js";
import { byId, el, icon, iconButton } from "/static/dom.js";
import { Feed } from "/static/events.js";
import { copyable } from "/static/forms.js";
import { label, language, onLanguage, say, translate } from "/static/i18n.js";
import { monthNode } from "/static/monthview.js";
import { attempt } from "/static/notify.js";
import { mountBar } from "/static/shell.js";
import { segments } from "/static/widgets.js";

const VIEWS = ["week", "month", "adhoc"];
const MOST = 3000; // of what takes place in a span; more than anybody reads
const REFRESH_MS = 10_000;
const LONGER_MIN = 15;

const feed = new Feed();
const asked = new URLSearchParams(location.search);
let view = VIEWS.includes(asked.get("view")) ? asked.get("view") : "week";
let first = read(asked.get("day")) ?? midnight(new Date()); // of the seven days; the month is the one that it stands in
let rows = [];
let loaded = false; // whether `rows` are those of what is shown
let shown = "";
let question = 0; // answers to older ones are thrown away

const locale = () => (language() === "zh" ? "zh-CN" : "en-GB");
const clock = (moment) => moment.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });
const weekday = (moment) => moment.toLocaleDateString(locale(), { weekday: "short" });
const month = (moment) => moment.toLocaleDateString(locale(), { month: "long", year: "numeric" });
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
  const act = (words, run) =>
    el("button", { type: "button", class: "plain operator", say: words, on: { click: () => (box.close(), attempt(run)) } });
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
    going ? iconButton("trash", ["bookings.delete_of", { name: row.name }], () => erase(row), { class: "icon-button operator" }) : el("span"));
}

function dayNode(day) {
  const here = on(day, rows);
  return el("li", { class: sameDay(new Date(), day) ? "day today" : "day" },
    el("h2", { text: date(day) }),
    here.length
      ? el("ul", {}, here.map((row) => booking(row, day)))
      : el("p", { class: "free", ...(loaded ? { say: "bookings.nothing" } : { text: "…" }) }));
}

// ------------------------------------------------------------------ what is shown

const span = () => (view === "month" ? monthSpan(first) : { first, count: WEEK });

function weekNode() {
  const days = Array.from({ length: WEEK }, (_, k) => dayAfter(first, k));
  return el("ol", { id: "days" }, days.map(dayNode));
}

const BUILD = {
  week: weekNode,
  month: () => monthNode(first, rows, { clock, date, weekday }, { open: (row) => attempt(() => openDetails(row)), day: (day) => go("week", day) }),
  adhoc: () => (loaded ? adhocNode(rows, load) : el("div", {})),
};

/** Drawn anew only when something changed: so the focus stays where it was while all is asked again. */
function show() {
  const now = JSON.stringify([view, first, midnight(new Date()), language(), loaded, rows]);
  if (now === shown) return;
  shown = now;
  const days = view !== "adhoc";
  byId("turning").hidden = !days;
  byId("book").hidden = !days;
  byId("add-adhoc").hidden = days;
  byId("span").textContent = view === "month" ? month(first) : `${date(first)} – ${date(dayAfter(first, WEEK - 1))}`;
  if (days) {
    label(byId("earlier"), `bookings.earlier_${view}`);
    label(byId("later"), `bookings.later_${view}`);
  }
  byId("view").setAttribute("aria-busy", String(!loaded));
  byId("view").replaceChildren(BUILD[view]());
  translate(byId("view"));
}

/** What takes place in the span; the server gives it in pages. */
async function booked() {
  const { first: since, count } = span();
  const query = new URLSearchParams({ since: since.toISOString(), until: dayAfter(since, count).toISOString() });
  const found = [];
  let whole = 1;
  const seen = (answer) => (whole = Number(answer.headers.get("X-Total-Count")));
  while (found.length < Math.min(whole, MOST)) {
    query.set("offset", found.length);
    const page = await get(`/bookings?${query}`, { seen });
    if (!page.length) break;
    found.push(...page);
  }
  return { found, left: whole > found.length && found.length > 0 };
}

async function load() {
  const mine = (question += 1);
  const { found, left } = view === "adhoc" ? { found: await get("/adhoc-conferences"), left: false } : await booked();
  if (mine !== question) return;
  rows = found;
  byId("not-all").hidden = !left;
  if (left) say(byId("not-all"), "bookings.not_all", { count: found.length });
  loaded = true;
  show();
}

/** Shows another view, or other days of it. */
function go(to, day) {
  const url = new URL(location.href);
  url.searchParams.set("view", to);
  url.searchParams.set("day", written(day));
  history.replaceState(null, "", url);
  [view, first, rows, loaded] = [to, day, [], false];
  byId("views").replaceChildren(chooser());
  translate(byId("views"));
  show();
  attempt(load);
}

const chooser = () => segments("bookings.view", VIEWS.map((name) => [name, `bookings.view_${name}`]), view, (to) => go(to, first));
const turn = (steps) => go(view, view === "month" ? monthOf(first, steps) : dayAfter(first, steps * WEEK));

byId("earlier").addEventListener("click", () => turn(-1));
byId("later").addEventListener("click", () => turn(1));
byId("today").addEventListener("click", () => go(view, midnight(new Date())));
byId("book").addEventListener("click", () => attempt(() => openBooking({ done: load })));
byId("add-adhoc").addEventListener("click", () => attempt(() => openAdhoc({ done: load })));
onLanguage(show);

feed.handle({ gone: () => attempt(load) });
feed.addEventListener("state", (event) => event.detail === "open" && attempt(load));
mountBar(byId("bar"), { page: "bookings", feed });
byId("views").append(chooser());
translate(byId("views"));
feed.start();
show();
setInterval(() => document.visibilityState === "visible" && load().catch(() => {}), REFRESH_MS);
