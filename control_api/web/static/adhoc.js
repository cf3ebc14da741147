// Ad hoc conferences: kept with an access code, begun by whoever gives it at the door.
import { get, put, remove } from "/static/api.js";
import { encryptionList } from "/static/bookingform.js";
import { confirmed, openDialog } from "/static/dialogs.js";
import { el, icon, iconButton } from "/static/dom.js";
import { field, input, onSubmit } from "/static/forms.js";
import { attempt } from "/static/notify.js";
import { groupChoice } from "/static/presets.js";
import { check } from "/static/widgets.js";

const CODE_DIGITS = 8;
const MINUTES = 240;

const path = (name) => `/adhoc-conferences/${encodeURIComponent(name)}`;
const apart = (text) => text.split(/[\s,，、;；]+/).filter(Boolean);

/** Digits that nobody guesses. */
const freshCode = () => {
  const [number] = crypto.getRandomValues(new Uint32Array(1));
  return String(number % 10 ** CODE_DIGITS).padStart(CODE_DIGITS, "0");
};

const password = (words, name) =>
  field(words, input(name, { type: "password", inputmode: "numeric", maxlength: 6, autocomplete: "new-password" }), "adhoc.password_hint");

/** Named for the form's values. */
function ticked(name, words, on) {
  const label = check(words, on, () => {});
  label.querySelector("input").name = name;
  return label;
}

/** The form: a new one, or `known` anew under its name. `done` is called after. */
export async function openAdhoc({ done, known = null }) {
  const [register, groups] = await Promise.all(["/sites", "/site-groups"].map((address) => get(address)));
  const sites = input("sites", { list: "adhoc-sites", value: known?.sites.join(" ") });
  const form = el("form", { class: "dialog-body booking-form", novalidate: true },
    el("div", { class: "wide" }, field("bookings.name", input("name", { maxlength: 64, required: true, autofocus: !known, readonly: Boolean(known), value: known?.name }))),
    field("rules.code", input("access_code", { inputmode: "numeric", maxlength: 20, required: true, value: known?.access_code ?? freshCode() }), "adhoc.code_hint"),
    field("bookings.minutes", input("minutes", { type: "number", min: 1, max: 527040, value: known?.minutes || MINUTES })),
    el("div", { class: "wide" }, field("bookings.sites", sites, "adhoc.sites_hint"),
      el("datalist", { id: "adhoc-sites" }, register.map((site) => el("option", { value: site.uri, text: site.name }))),
      groupChoice(groups, sites)),
    password("enter.password", "password"), password("chair.password", "chair_password"),
    el("div", { class: "wide" }, field("bookings.encryption", encryptionList(known?.encryption), "bookings.encryption_hint")),
    ticked("may_record", "bookings.may_record", known?.may_record ?? true),
    ticked("may_stream", "bookings.may_stream", known?.may_stream ?? true),
    el("footer", { class: "actions" },
      el("button", { type: "button", class: "plain", say: "common.cancel", on: { click: () => box.close() } }),
      el("button", { type: "submit", class: "primary", say: known ? "common.save" : "adhoc.add" })));
  const box = openDialog(known ? "adhoc.edit" : "adhoc.add", form, { wide: true });
  onSubmit(form, async (data) => {
    const name = data.get("name").trim();
    await put(path(name || "?"), {
      name: known?.title ?? name,
      minutes: Number(data.get("minutes")) || 0,
      sites: apart(data.get("sites")).map((uri) => ({ uri })),
      access_code: data.get("access_code").trim(),
      password: data.get("password"),
      chair_password: data.get("chair_password"),
      encryption: data.get("encryption"),
      may_record: data.has("may_record"),
      may_stream: data.has("may_stream"),
      ...(known ? { rate_kbps: known.rate_kbps, presence_panes: known.presence_panes, ports: known.ports, auto_record: known.auto_record, bill_code: known.bill_code, notify: known.notify } : {}),
    });
    box.close();
    await done();
  });
}

async function drop(one, done) {
  const sure = await confirmed({ title: "adhoc.remove", text: ["adhoc.remove_text", { name: one.name }], yes: "adhoc.remove" });
  if (sure) await attempt(async () => (await remove(path(one.name)), done()));
}

const row = (one, done) =>
  el("li", { class: "adhoc", data: { adhoc: one.name } },
    el("span", { class: "booking-words" },
      el("b", { class: "adhoc-name", text: one.name }),
      el("span", { class: "booking-sites", ...(one.sites.length ? { text: one.sites.join(" · ") } : { say: "adhoc.no_sites" }) })),
    el("span", { class: "adhoc-code" }, el("small", { say: "rules.code" }), el("code", { text: one.access_code })),
    el("span", { class: "adhoc-length", say: ["adhoc.minutes", { count: Math.round(one.minutes) }] }),
    el("span", { class: "recording-buttons operator" },
      iconButton("sliders", ["adhoc.edit_of", { name: one.name }], () => attempt(() => openAdhoc({ done, known: one }))),
      iconButton("trash", ["adhoc.remove_of", { name: one.name }], () => drop(one, done))));

/** What stands in the list. */
export function adhocNode(list, done) {
  if (!list.length) {
    return el("div", { class: "none" }, icon("calendar"), el("p", { say: "adhoc.none" }));
  }
  return el("div", {}, el("p", { class: "note adhoc-note", say: "adhoc.hint" }), el("ul", { class: "adhocs" }, list.map((one) => row(one, done))));
}
