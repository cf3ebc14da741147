// Reports: use and loss of a time, as a drawing, a table and a file; and how each consultation went.
import { get } from "/static/api.js";
import { openConsultation } from "/static/consultation.js";
import { byId, el, setVar, svg } from "/static/dom.js";
import { Feed } from "/static/events.js";
import { duration, when } from "/static/format.js";
import { language, onLanguage, say, t, translate } from "/static/i18n.js";
import { attempt } from "/static/notify.js";
import { days, drawing, SIZE } from "/static/plot.js";
import { mountBar } from "/static/shell.js";
import { segments } from "/static/widgets.js";

const SPANS = [7, 31, 365];
const MOST_LISTED = 31; // days of consultations

const feed = new Feed();
let by = "day";
let span = [before(30), before(0)];
let rows = [];
let listed = [];

function before(count) {
  const day = new Date();
  day.setDate(day.getDate() - count);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((one) => String(one).padStart(2, "0")).join("-");
}

const number = (value, digits = 1) =>
  new Intl.NumberFormat(language() === "zh" ? "zh-CN" : "en-GB", { maximumFractionDigits: digits }).format(value);

/** 20270301 as people write it. */
function dateOf(day) {
  const text = String(day);
  const moment = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(4, 6)) - 1, Number(text.slice(6)), 12));
  return moment.toLocaleDateString(language() === "zh" ? "zh-CN" : "en-GB", { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });
}

const shortDate = (day) => `${Number(String(day).slice(4, 6))}/${Number(String(day).slice(6))}`;
const nameOf = (row) => (by === "day" ? dateOf(row.of) : row.of || t("reports.nobodys"));
const query = (more = {}) => new URLSearchParams({ since: span[0], until: span[1], ...more });

// ------------------------------------------------------------------ use and loss

function plot() {
  const shown = by === "day" && rows.length > 0;
  byId("plot").hidden = !shown;
  if (!shown) return;
  const { bars, line, labels, ticks } = drawing(rows, days(span[0], span[1]));
  const text = (x, y, words, anchor, kind) => svg("text", { x, y, class: kind, "text-anchor": anchor, text: words });
  byId("plot").replaceChildren(
    svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", aria: "reports.plot" },
      ticks.map(({ y }) => svg("line", { x1: SIZE.left, x2: SIZE.right, y1: y, y2: y, class: "grid-line" })),
      bars.map(({ x, y, width, height, row }) =>
        svg("rect", { x, y, width, height, rx: Math.min(3, width / 3), class: "hours-bar" },
          svg("title", { text: `${dateOf(row.of)}: ${number(row.hours)} h, ${number(row.loss_percent, 3)} %` }))),
      svg("polyline", { points: line, class: "loss-line" }),
      ticks.flatMap(({ y, hours, loss }) => [
        text(SIZE.left - 6, y + 4, number(hours), "end", "hours-text"), text(SIZE.right + 6, y + 4, number(loss, 3), "start", "loss-text")]),
      labels.map(({ day, x }) => text(x, SIZE.height - 6, shortDate(day), "middle", "day-text"))),
    el("figcaption", {},
      el("span", { class: "key hours-key", say: "reports.hours_key" }), el("span", { class: "key loss-key", say: "reports.loss_key" })));
}

function sums() {
  const total = (name) => rows.reduce((sum, row) => sum + row[name], 0);
  const carried = total("hours");
  const loss = carried ? rows.reduce((sum, row) => sum + row.loss_percent * row.hours, 0) / carried : 0;
  const one = (words, value) => el("div", {}, el("dt", { say: words }), el("dd", { text: value }));
  byId("sums").replaceChildren(
    one("reports.calls", number(total("calls"), 0)), one("reports.hours", number(carried)),
    one("reports.loss", `${number(loss, 3)} %`), one("reports.gigabytes", number(total("gigabytes"))));
}

function table() {
  const most = Math.max(1e-9, ...rows.map((row) => row.hours));
  const bar = (row) => {
    const inner = el("i");
    setVar(inner, "--level", (row.hours / most).toFixed(3));
    return el("span", { class: "meter", "aria-hidden": "true" }, inner);
  };
  const head = el("tr", {}, [`reports.of_${by}`, "reports.calls", "reports.hours", "reports.loss", "reports.gigabytes"].map((words) => el("th", { scope: "col", say: words })));
  const lines = (by === "day" ? [...rows].reverse() : rows).map((row) =>
    el("tr", {},
      el("th", { scope: "row" }, el("span", { text: nameOf(row) }), bar(row)),
      [number(row.calls, 0), number(row.hours), `${number(row.loss_percent, 3)} %`, number(row.gigabytes)].map((cell) => el("td", { text: cell }))));
  byId("use").replaceChildren(el("thead", {}, head), el("tbody", {}, lines));
}

function showUse() {
  plot();
  sums();
  table();
  byId("none").hidden = rows.length > 0;
  byId("sums").hidden = byId("use").hidden = rows.length === 0;
  byId("csv").href = `/api/v1/reports/use.csv?${query({ by })}`;
  translate();
}

async function loadUse() {
  rows = await get(`/reports/use?${query({ by })}`);
  showUse();
}

// ------------------------------------------------------------------ consultations

function consultation(one) {
  return el("li", { class: "consultation" },
    el("span", { class: "alarm-words" },
      el("button", { type: "button", class: "booking-name quiet", text: one.name || one.conference, on: { click: () => attempt(() => openConsultation(one)) } }),
      el("span", { class: "alarm-of", text: when(one.begun) })),
    el("span", { class: "number", text: duration((Date.parse(one.over) - Date.parse(one.begun)) / 1000) }),
    el("span", { class: "number", say: ["reports.sites", { count: one.sites }] }),
    el("span", { class: one.loss_percent >= 1 ? "badge lossy" : "badge", say: ["reports.lost", { percent: number(one.loss_percent, 2) }] }));
}

function showConsultations() {
  const list = byId("consultations");
  list.replaceChildren(...(listed.length ? listed.map(consultation) : [el("li", { class: "none" }, el("p", { say: "reports.none" }))]));
  say(byId("shown"), "reports.listed", { count: listed.length, days: MOST_LISTED });
  translate(list);
}

async function loadConsultations() {
  const last = new Date(`${span[1]}T12:00:00Z`);
  last.setUTCDate(last.getUTCDate() - MOST_LISTED + 1);
  const first = last.toISOString().slice(0, 10);
  const since = first > span[0] ? first : span[0];
  listed = await get(`/reports/consultations?${new URLSearchParams({ since, until: span[1] })}`);
  showConsultations();
}

// ------------------------------------------------------------------ what is asked

const load = () => attempt(async () => {
  await loadUse();
  await loadConsultations();
});

function period() {
  const input = (k, words) => {
    const box = el("input", { type: "date", value: span[k], aria: words, required: true });
    box.addEventListener("change", () => {
      if (!box.value) return;
      span[k] = box.value;
      load();
    });
    return box;
  };
  const quick = SPANS.map((count) =>
    el("button", { type: "button", class: "plain", say: ["reports.last_days", { count }], on: { click: () => ((span = [before(count - 1), before(0)]), period(), load()) } }));
  byId("period").replaceChildren(...quick, input(0, "reports.since"), el("span", { text: "–" }), input(1, "reports.until"));
  translate(byId("period"));
}

byId("by").append(segments("reports.by", [["day", "reports.of_day"], ["organisation", "reports.of_organisation"], ["site", "reports.of_site"]], by, (chosen) => {
  by = chosen;
  attempt(loadUse);
}));
onLanguage(() => (showUse(), showConsultations()));
period();
mountBar(byId("bar"), { page: "reports", feed });
feed.start();
load();
