// How the system is: machine, engines, recorder, what it tells others; and its alarms, now and before.
import { get, post } from "/static/api.js";
import { byId, el, icon, setVar } from "/static/dom.js";
import { Feed } from "/static/events.js";
import { duration, when } from "/static/format.js";
import { onLanguage, say, translate } from "/static/i18n.js";
import { attempt } from "/static/notify.js";
import { mountBar } from "/static/shell.js";
import { choose } from "/static/widgets.js";

const REFRESH_MS = 5000;
const PAGE = 50;
const KINDS = ["cpu", "memory", "disk", "loss", "engine", "recorder"];
const FULL = 0.9;

const feed = new Feed();
const asked = { state: "active", kind: "", severity: "" };
let rows = [];
let health = null;
let more = false;

// ------------------------------------------------------------------ how it is

function gauge(words, share) {
  const bar = el("i");
  setVar(bar, "--level", Math.min(1, share).toFixed(3));
  const percent = `${Math.round(share * 100)} %`;
  return el("div", { class: "gauge" },
    el("span", { say: words }), el("b", { text: percent }),
    el("div", { class: share >= FULL ? "meter hot" : "meter" }, bar));
}

const card = (title, state, ...body) =>
  el("article", { class: "card", data: { state } }, el("h2", {}, el("i", { class: "dot" }), title), ...body);

const line = (words, value) => el("div", { class: "fact" }, el("span", { say: words }), el("b", { text: String(value) }));

function engineCard(engine) {
  if (!engine.up) return card(engine.name, "down", el("p", { class: "note", say: "health.away" }));
  return card(engine.name, engine.reduced ? "reduced" : "up",
    line("health.conferences", engine.conferences), line("health.sites", engine.sites),
    line("health.cores", engine.cpu_cores.toFixed(1)), line("health.up", duration(engine.up_s)),
    engine.reduced ? el("p", { class: "note", say: ["health.reduced", { step: engine.reduced }] }) : null);
}

function hookCard(hook) {
  const retry = el("button", { type: "button", class: "plain administrator", say: "health.retry", on: { click: () => attempt(async () => (await post("/system/webhooks/retry"), load())) } });
  return card(hook.to, hook.dead || hook.waiting ? "reduced" : "up",
    line("health.delivered", hook.delivered), line("health.waiting", hook.waiting), line("health.dead", hook.dead),
    hook.dead ? retry : null);
}

function showHealth() {
  if (!health) return;
  const machine = health.machine;
  const title = (words) => el("span", { say: words });
  const recorder = health.recorder === null ? null : card(title("health.recorder"), health.recorder ? "up" : "down",
    health.recorder ? line("health.recording", health.recording) : el("p", { class: "note", say: "health.away" }));
  byId("cards").replaceChildren(...[
    card(title("health.machine"), "up",
      ...(machine ? [gauge("health.cpu", machine.cpu), gauge("health.memory", machine.memory), gauge("health.disk", machine.disk)] : [])),
    card(title("health.control"), "up",
      line("health.version", health.version), line("health.database", health.database),
      line("health.viewers", health.viewers), line("health.up", duration(health.up_s))),
    ...health.engines.map(engineCard), recorder, ...health.webhooks.map(hookCard)].filter(Boolean));
  say(byId("total"), "health.total", { conferences: health.conferences, sites: health.sites });
  translate(byId("cards"));
}

// ------------------------------------------------------------------ alarms

/** "loss" of conference/site has a site; of the machine there is nothing to name. */
const measured = (alarm) => (["engine", "recorder"].includes(alarm.kind) ? "" : `${(alarm.value * 100).toFixed(alarm.kind === "loss" ? 1 : 0)} %`);

async function acknowledge(alarm) {
  await attempt(async () => {
    await post(`/alarms/${alarm.number}/acknowledge`);
    await loadAlarms();
  });
}

function alarmRow(alarm) {
  const time = alarm.cleared
    ? el("span", { say: ["alarms.from_to", { from: when(alarm.raised), to: when(alarm.cleared) }] })
    : el("span", { say: ["alarms.since", { from: when(alarm.raised) }] });
  const seen = alarm.seen_by
    ? el("span", { class: "alarm-seen", say: ["alarms.seen_by", { user: alarm.seen_by, when: when(alarm.seen) }] })
    : el("button", { type: "button", class: "plain operator", say: "alarms.acknowledge", on: { click: () => acknowledge(alarm) } });
  return el("li", { class: "alarm", data: { severity: alarm.severity, on: String(!alarm.cleared), alarm: alarm.number } },
    el("span", { class: "alarm-sign" }, icon(alarm.cleared ? "check" : "alert")),
    el("span", { class: "alarm-words" },
      el("b", { say: `alarms.kind_${alarm.kind}` }),
      el("span", { class: "alarm-of", text: [alarm.object, measured(alarm)].filter(Boolean).join(" · ") }), time),
    el("span", { class: "badge", say: `alarms.severity_${alarm.severity}` }),
    el("span", { class: "badge", say: alarm.cleared ? "alarms.over" : "alarms.on" }),
    seen);
}

function showAlarms() {
  byId("alarms").replaceChildren(...rows.map(alarmRow));
  byId("none").hidden = rows.length > 0;
  say(byId("none-words"), asked.state === "active" ? "alarms.none_now" : "alarms.none");
  byId("more").hidden = !more;
  translate(byId("alarms"));
}

function question(before) {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (asked.state === "active") query.set("active", "true");
  if (before) query.set("before", String(before));
  for (const name of ["kind", "severity"]) if (asked[name]) query.set(name, asked[name]);
  return `/alarms?${query}`;
}

async function loadAlarms() {
  rows = await get(question(0));
  more = asked.state === "all" && rows.length === PAGE;
  showAlarms();
}

async function earlier() {
  const older = await get(question(rows.at(-1).number));
  rows = [...rows, ...older];
  more = older.length === PAGE;
  showAlarms();
}

function filters() {
  const set = (name) => (value) => {
    asked[name] = value;
    attempt(loadAlarms);
  };
  byId("filters").replaceChildren(
    choose("alarms.show", [["active", { say: "alarms.show_active" }], ["all", { say: "alarms.show_all" }]], asked.state, set("state")),
    choose("alarms.kind", [["", { say: "alarms.any" }], ...KINDS.map((kind) => [kind, { say: `alarms.kind_${kind}` }])], asked.kind, set("kind")),
    choose("alarms.severity", [["", { say: "alarms.any" }], ...["critical", "warning"].map((one) => [one, { say: `alarms.severity_${one}` }])], asked.severity, set("severity")));
}

async function load() {
  health = await get("/system/health");
  showHealth();
}

const both = () => attempt(async () => {
  await load();
  await loadAlarms();
});

byId("more").addEventListener("click", () => attempt(earlier));
feed.handle({ alarm: () => attempt(loadAlarms) });
feed.addEventListener("state", (event) => event.detail === "open" && both());
onLanguage(() => (showHealth(), showAlarms()));
filters();
mountBar(byId("bar"), { page: "health", feed });
feed.start();
both();
setInterval(() => document.visibilityState === "visible" && load().catch(() => {}), REFRESH_MS);
