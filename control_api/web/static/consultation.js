// The report after a consultation: site by site, how long it was there and how well it went.
import { get } from "/static/api.js";
import { openDialog } from "/static/dialogs.js";
import { el, icon } from "/static/dom.js";
import { duration, when } from "/static/format.js";

/** The day of the server's calendar (20270301) as its addresses take it. */
const written = (day) => `${String(day).slice(0, 4)}-${String(day).slice(4, 6)}-${String(day).slice(6)}`;

const seconds = (value) => (value ? `${value.toFixed(1)} s` : "0");

function facts(site) {
  return [
    ["report.minutes", duration(site.minutes * 60)],
    ["report.loss", `${site.loss_percent} %`],
    ["report.picture_delay", `${Math.round(site.picture_delay_ms)} ms`],
    ["report.sound_delay", `${Math.round(site.sound_delay_ms)} ms`],
    ["report.still", seconds(site.still_s)],
    ["report.concealed", seconds(site.concealed_s)],
    ["report.reduced", seconds(site.reduced_s)],
    ["report.rate", `${Math.round(site.rate_kbps)} kbit/s`],
  ];
}

/** What deserves a look: loss of a percent, a picture that stood still, sound made up for a second. */
const isPoor = (site) => site.loss_percent >= 1 || site.still_s >= 1 || site.concealed_s >= 1;

function siteNode(site) {
  const about = [site.picture, ...site.codecs].filter(Boolean).join(" · ");
  return el("li", { class: isPoor(site) ? "course poor" : "course" },
    el("div", { class: "course-head" },
      el("b", { text: site.name || site.site }),
      el("span", { class: "alarm-of", text: [site.organisation, about].filter(Boolean).join(" · ") }),
      site.left ? null : el("span", { class: "badge", say: "report.there" })),
    el("dl", { class: "course-facts" }, facts(site).map(([words, value]) => el("div", {}, el("dt", { say: words }), el("dd", { text: value })))),
    site.connections > 1 ? el("p", { class: "note", say: ["report.connections", { count: site.connections, reasons: [...new Set(site.reasons)].join(", ") }] }) : null);
}

/** Opens the report of one row of the list. */
export async function openConsultation(one) {
  const day = written(one.day);
  const query = new URLSearchParams({ conference: one.conference, since: day, until: day });
  const report = await get(`/reports/consultation?${query}`);
  const body = el("div", { class: "dialog-body" },
    el("p", { class: "note", text: `${when(report.begun)} – ${when(report.over)} · ${duration(report.minutes * 60)}` }),
    el("ul", { class: "courses" }, report.sites.map(siteNode)),
    el("footer", { class: "actions" },
      el("button", { type: "button", class: "plain", say: "report.print", on: { click: () => window.print() } }),
      el("a", { class: "button primary", href: `/api/v1/reports/consultation.csv?${query}`, download: "" }, icon("download"), "CSV")));
  openDialog(["report.title", { name: report.name || report.conference }], body, { wide: true });
}
