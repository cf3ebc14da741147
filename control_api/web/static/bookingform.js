// The form of a booking: new, like a past one, or changed.
import { get, post, put } from "/static/api.js";
import { openDialog } from "/static/dialogs.js";
import { el } from "/static/dom.js";
import { field, input, onSubmit } from "/static/forms.js";
import { groupChoice, keepButtons, templateChoice } from "/static/presets.js";
import { check } from "/static/widgets.js";

const REPEATS = ["never", "daily", "weekly", "monthly"];
const ENCRYPTIONS = ["automatic", "forced", "none"];
const MINUTES = 60;

const pad = (number) => String(number).padStart(2, "0");

/** As an input of kind datetime-local has it. */
const written = (moment) =>
  `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}T${pad(moment.getHours())}:${pad(moment.getMinutes())}`;

function nextHour() {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() + 1);
}

function wanted(form, atOnce, like) {
  const value = (name) => form.elements.namedItem(name).value.trim();
  const ticked = (name) => form.elements.namedItem(name).checked;
  const begin = atOnce ? new Date() : new Date(value("begin"));
  const uris = value("sites").split(/[\s,，、;；]+/).filter(Boolean);
  const repeat = REPEATS.indexOf(value("repeat"));
  const body = {
    name: value("name"),
    minutes: Number(value("minutes")) || 0,
    sites: uris.map((uri) => ({ uri })),
    password: value("password"),
    chair_password: value("chair_password"),
    encryption: value("encryption"),
    may_record: ticked("may_record"),
    may_stream: ticked("may_stream"),
    ports: Number(value("ports")) || 0,
    bill_code: value("bill_code"),
    notify: value("notify").split(/[\s,;，；]+/).filter(Boolean),
    ...(like ? { rate_kbps: like.rate_kbps, presence_panes: like.presence_panes } : {}),
  };
  if (repeat > 0) body.code_each = ticked("code_each");
  if (!atOnce && !Number.isNaN(begin.getTime())) body.begin = begin.toISOString();
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

/** A tick box with a name, for the form's values. */
function named(name, words, on, change = () => {}) {
  const label = check(words, on, change);
  label.querySelector("input").name = name;
  return label;
}

const password = (words, name) =>
  field(words, input(name, { type: "password", inputmode: "numeric", maxlength: 6, autocomplete: "new-password" }), "bookings.password_hint");

/** Which media is encrypted. */
export const encryptionList = (chosen) =>
  el("select", { name: "encryption" }, ENCRYPTIONS.map((name) => el("option", { value: name, say: `encryption.${name}`, selected: name === chosen })));

/** `like`: a booking to begin from; `edit`: the occurrence that is changed; `done` is called after. */
export async function openBooking({ done, like = null, edit = null }) {
  const [known, templates, groups] = await Promise.all(["/sites", "/booking-templates", "/site-groups"].map((path) => get(path)));
  const last = like?.occurrences.at(-1);
  const begin = input("begin", { type: "datetime-local", value: written(edit ? new Date(edit.begin) : nextHour()) });
  let atOnce = false;
  const now = edit ? null : named("at_once", "bookings.at_once", false, (on) => {
    atOnce = on;
    begin.disabled = on;
  });
  const repeat = el("select", { name: "repeat", disabled: Boolean(edit) },
    REPEATS.map((name) => el("option", { value: name, say: `bookings.repeat_${name}` })));
  const sites = input("sites", { list: "known-sites", value: last?.sites.join(" ") });
  let base = like;
  const take = (template) => {
    base = template;
    const set = (name, text) => (form.elements.namedItem(name).value = text);
    set("name", template.title);
    set("minutes", template.minutes);
    set("sites", template.sites.join(" "));
    set("ports", template.ports);
    set("bill_code", template.bill_code);
    for (const name of ["may_record", "may_stream"]) form.elements.namedItem(name).checked = template[name];
  };
  const list = el("datalist", { id: "known-sites" }, known.map((site) => el("option", { value: site.uri, text: site.name })));
  const form = el("form", { class: "dialog-body booking-form", novalidate: true },
    edit ? null : el("div", { class: "wide" }, templateChoice(templates, take)),
    el("div", { class: "wide" }, field("bookings.name", input("name", { maxlength: 64, autofocus: true, value: like?.name }))),
    field("bookings.begin", begin), now,
    field("bookings.minutes", input("minutes", { type: "number", min: 0, max: 527040, value: like?.minutes ?? MINUTES }), "bookings.minutes_hint"),
    el("div", { class: "wide" }, field("bookings.sites", sites, "bookings.sites_hint"), list, groupChoice(groups, sites)),
    field("bookings.repeat", repeat),
    field("bookings.count", input("count", { type: "number", min: 1, max: 500, value: 10, disabled: Boolean(edit) })),
    el("details", {}, el("summary", { say: "bookings.more" }),
      el("div", {},
        password("enter.password", "password"), password("chair.password", "chair_password"),
        field("bookings.encryption", encryptionList(like?.encryption), "bookings.encryption_hint"),
        named("may_record", "bookings.may_record", like?.may_record ?? true),
        named("may_stream", "bookings.may_stream", like?.may_stream ?? true),
        field("bookings.ports", input("ports", { type: "number", min: 0, max: 10000, value: like?.ports ?? 0 }), "bookings.ports_hint"),
        field("bookings.bill_code", input("bill_code", { maxlength: 200, value: like?.bill_code ?? "" })),
        field("bookings.notify", input("notify", { type: "text", inputmode: "email", value: (like?.notify || []).join(" ") }), "bookings.notify_hint"),
        named("code_each", "bookings.code_each", false),
        edit ? null : keepButtons(() => form, () => wanted(form, true, base)))),
    el("footer", { class: "actions" },
      el("button", { type: "submit", class: "primary", say: edit ? "common.save" : "bookings.book" })));
  const box = openDialog(edit ? "bookings.edit_title" : "bookings.book", form, { wide: true });
  onSubmit(form, async () => {
    const body = wanted(form, atOnce, base);
    const one = edit?.recurring ? `?${new URLSearchParams({ begin: edit.begin })}` : "";
    await (edit ? put(`/bookings/${like.id}${one}`, body) : post("/bookings", body));
    box.close();
    await done();
  });
}
