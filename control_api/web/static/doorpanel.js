// Who may come in, and who may watch: lock, access code, passwords, anonymous sites, the live page, encryption.
import { conferencePath, patch } from "/static/api.js";
import { el } from "/static/dom.js";
import { attempt } from "/static/notify.js";
import { check, choose, line } from "/static/widgets.js";

const ENCRYPTIONS = ["automatic", "forced", "none"];
const DIGITS = { inputmode: "numeric", maxlength: 20, spellcheck: "false" };

function password(words, name, there, change) {
  return line(words, "", (text) => change({ [name]: text }), {
    ...DIGITS, type: "password", maxlength: 6, autocomplete: "new-password", placeholder: there ? "rules.kept" : "rules.none",
  });
}

/** `taken(conference)` is given what the server answers. */
export function doorPanel(conference, taken) {
  const { rules } = conference;
  const change = (fields) => attempt(async () => taken(await patch(`${conferencePath(conference.id)}/rules`, fields)));
  const encrypt = (encryption) => attempt(async () => taken(await patch(conferencePath(conference.id), { encryption })));
  return el("div", { class: "menu text-panel door-panel" },
    el("h3", { say: "rules.title" }),
    el("div", { class: "checks" },
      check("rules.locked", rules.locked, (locked) => change({ locked })),
      check("rules.anonymous", rules.anonymous, (anonymous) => change({ anonymous })),
      check("rules.live", rules.live, (live) => change({ live }))),
    line("rules.code", rules.access_code, (access_code) => change({ access_code }), { ...DIGITS, placeholder: "rules.none" }),
    el("p", { class: "note", say: "rules.code_hint" }),
    password("enter.password", "password", rules.has_password, change),
    password("chair.password", "chair_password", rules.has_chair_password, change),
    choose("bookings.encryption", ENCRYPTIONS.map((name) => [name, { say: `encryption.${name}` }]), conference.encryption, encrypt),
    el("p", { class: "note", say: "rules.encryption_hint" }));
}
