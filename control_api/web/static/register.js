// The register of sites: how each joins and what it is sent at most; limits of organisations.
import { get, post, put, remove } from "/static/api.js";
import { confirmed, openDialog } from "/static/dialogs.js";
import { byId, el, icon, iconButton } from "/static/dom.js";
import { field, input, onSubmit } from "/static/forms.js";
import { onLanguage, say, translate } from "/static/i18n.js";
import { attempt } from "/static/notify.js";
import { mountBar } from "/static/shell.js";

const FORMATS = ["4CIF", "720p30", "1080p30", "480p", "720p60", "1080p60"];
const KINDS = ["webrtc", "rtp", "file", "pattern"];
const COLOR = "#206080";
const MOST_SHOWN = 200;
const RATES = { type: "number", min: 0, max: 8192, step: 64 };

let sites = [];
let limits = [];

const sitePath = (uri) => `/sites/${encodeURIComponent(uri)}`;
const matches = (site, words) => `${site.name} ${site.uri} ${site.organisation}`.toLowerCase().includes(words);

async function load() {
  [sites, limits] = await Promise.all([get("/sites"), get("/organisations/limits")]);
  show();
}

async function drop(site) {
  const sure = await confirmed({ title: "register.remove", text: ["register.remove_text", { name: site.name }], yes: "register.remove" });
  if (sure) await attempt(async () => (await remove(sitePath(site.uri)), load()));
}

/** By kind, what a site has beside: its room, its offer, its clip, its pattern. */
const EXTRA = {
  webrtc: (site) => [field("register.room", input("room_code", { inputmode: "numeric", maxlength: 20, value: site?.room_code }), "register.room_hint")],
  rtp: (site) => [field("register.sdp", sdpArea(site?.offer_sdp), "register.sdp_hint")],
  file: (site) => [field("add.path", input("path", { required: true, value: site?.file?.path }), "add.path_hint")],
  pattern: (site) => [el("div", { class: "row" },
    field("add.color", input("color", { type: "color", value: site?.pattern?.color ?? COLOR })),
    field("add.tone", input("tone_hz", { type: "number", min: 20, max: 20000, value: site?.pattern?.tone_hz ?? 440 })))],
};

const sdpArea = (text) => {
  const area = el("textarea", { name: "offer_sdp", rows: 6, spellcheck: "false", autocomplete: "off", placeholder: "add.sdp_placeholder" });
  area.value = text ?? "";
  return area;
};

/** What of it a request carries. */
const BODY = {
  webrtc: () => ({}),
  rtp: (data) => ({ offer_sdp: data.get("offer_sdp").trim() }),
  file: (data, site) => ({ file: { path: data.get("path").trim(), loop: site?.file?.loop ?? true } }),
  pattern: (data, site) => ({ pattern: { ...site?.pattern, color: data.get("color"), tone_hz: Number(data.get("tone_hz")) } }),
};

/** The form of a site: a new one, or (`uri`) a known one. */
async function edit(uri = "") {
  const site = uri ? await get(sitePath(uri)) : null;
  const kind = el("select", { name: "kind" }, KINDS.map((one) => el("option", { value: one, say: `kind.${one}` })));
  kind.value = site?.kind ?? "webrtc";
  const format = el("select", { name: "video_format" }, el("option", { value: "", say: "register.any_format" }), FORMATS.map((name, k) => el("option", { value: String(k), text: name })));
  format.value = site?.video_format === null || !site ? "" : String(site.video_format);
  const extra = el("div", { class: "stack" });
  const unfold = () => {
    extra.replaceChildren(...EXTRA[kind.value](site));
    translate(extra);
  };
  kind.addEventListener("change", unfold);
  unfold();
  const form = el("form", { class: "dialog-body", novalidate: true },
    field("register.name", input("name", { maxlength: 64, required: true, autofocus: true, value: site?.name })),
    field("register.uri", input("uri", { maxlength: 64, required: true, value: site?.uri, readonly: Boolean(site) }), "register.uri_hint"),
    field("register.organisation", input("organisation", { maxlength: 200, value: site?.organisation })),
    field("register.kind", kind), extra,
    el("div", { class: "row" },
      field("register.rate", input("rate_kbps", { ...RATES, value: site?.rate_kbps ?? 0 }), "register.rate_hint"),
      field("register.format", format)),
    el("footer", { class: "actions" },
      el("button", { type: "button", class: "plain", say: "common.cancel", on: { click: () => box.close() } }),
      el("button", { type: "submit", class: "primary", say: site ? "common.save" : "register.add" })));
  const box = openDialog(site ? "register.edit" : "register.add", form);
  let known = site;
  onSubmit(form, async (data) => {
    const body = {
      uri: data.get("uri").trim(), name: data.get("name").trim(), kind: kind.value, organisation: data.get("organisation").trim(),
      rate_kbps: Number(data.get("rate_kbps")) || 0, video_format: format.value === "" ? null : Number(format.value),
      ...BODY[kind.value](data, site),
    };
    known = known ? await put(sitePath(body.uri), body) : await post("/sites", body);
    const code = kind.value === "webrtc" ? data.get("room_code").trim() : "";
    if (code !== (site?.room_code ?? "")) await put(`${sitePath(body.uri)}/room`, { code });
    box.close();
    await load();
  });
}

function limit(known = null) {
  const form = el("form", { class: "dialog-body", novalidate: true },
    field("register.organisation", input("organisation", { maxlength: 200, required: true, autofocus: !known, value: known?.organisation, readonly: Boolean(known) })),
    field("register.rate", input("rate_kbps", { ...RATES, autofocus: Boolean(known), value: known?.rate_kbps ?? 1920 }), "register.limit_hint"),
    el("footer", { class: "actions" }, el("button", { type: "submit", class: "primary", say: "common.save" })));
  const box = openDialog("register.add_limit", form);
  onSubmit(form, async (data) => {
    await put("/organisations/limits", { organisation: data.get("organisation").trim(), rate_kbps: Number(data.get("rate_kbps")) || 0 });
    box.close();
    await load();
  });
}

function row(site) {
  const format = site.video_format === null ? "" : FORMATS[site.video_format];
  const rate = site.rate_kbps ? `${site.rate_kbps} kbit/s` : "";
  return el("li", { class: "site-line", data: { uri: site.uri } },
    el("span", { class: "alarm-words" }, el("b", { text: site.name }), el("span", { class: "alarm-of", text: [site.uri, site.organisation].filter(Boolean).join(" · ") })),
    el("span", { class: "badge", say: `kind.${site.kind}` }),
    el("span", { class: "alarm-of", text: [rate, format].filter(Boolean).join(" · ") }),
    el("span", { class: "recording-buttons operator" },
      iconButton("sliders", ["register.edit_of", { name: site.name }], () => attempt(() => edit(site.uri))),
      iconButton("trash", ["register.remove_of", { name: site.name }], () => drop(site))));
}

const limitRow = (one) =>
  el("li", { class: "site-line" },
    el("span", { class: "alarm-words" }, el("b", { text: one.organisation })),
    el("span"), el("span", { class: "alarm-of", text: `${one.rate_kbps} kbit/s` }),
    el("span", { class: "recording-buttons administrator" }, iconButton("sliders", ["register.edit_of", { name: one.organisation }], () => limit(one))));

const nothing = (words) => [el("li", { class: "none" }, icon("antenna"), el("p", { say: words }))];
const unlimited = () => [el("li", { class: "none" }, el("p", { say: "register.no_limits" }))];

function show() {
  const words = byId("search").value.trim().toLowerCase();
  const found = sites.filter((site) => matches(site, words));
  byId("sites").replaceChildren(...(found.length ? found.slice(0, MOST_SHOWN).map(row) : nothing(sites.length ? "register.none" : "register.empty")));
  byId("limits").replaceChildren(...(limits.length ? limits.map(limitRow) : unlimited()));
  say(byId("total"), "register.total", { shown: Math.min(found.length, MOST_SHOWN), count: sites.length });
  translate(document.querySelector("main"));
}

byId("search").addEventListener("input", show);
byId("add").addEventListener("click", () => attempt(edit));
byId("add-limit").addEventListener("click", () => limit());
onLanguage(show);
mountBar(byId("bar"), { page: "register" });
attempt(load);
