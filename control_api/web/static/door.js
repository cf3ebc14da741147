// The door of a conference: what it asks for, and the token of who was let in.
import { post } from "/static/api.js";
import { openDialog } from "/static/dialogs.js";
import { el } from "/static/dom.js";
import { field, input, onSubmit } from "/static/forms.js";

/** Asks to be let in; answers {conference, site, token, url, chair}. Raises ApiError. */
export const knock = (body) => post("/door", body, { guest: true });

const key = (cid) => `mcu.door.${cid}`;

/** The token that the door gave this tab for a seat, or "". */
export function keptToken(cid, site) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key(cid)) || "null");
    return kept?.site === site ? kept.token : "";
  } catch {
    return "";
  }
}

export function keepToken({ conference, site, token }) {
  try {
    sessionStorage.setItem(key(conference), JSON.stringify({ site, token }));
  } catch {
    // a reload will ask again
  }
}

/** Asks for a password until the door takes it; answers its entry, or null. `name` is a field of /door. */
export function askPassword(name, { title, text, hint = null }) {
  return new Promise((resolve) => {
    let entry = null;
    const form = el("form", { class: "dialog-body", novalidate: true },
      el("p", { say: text }),
      field(title, input(name, { type: "password", inputmode: "numeric", maxlength: 64, autofocus: true }), hint),
      el("footer", { class: "actions" }, el("button", { type: "submit", class: "primary", say: "enter.go" })));
    const box = openDialog(title, form, { onClose: () => resolve(entry) });
    onSubmit(form, async (data) => {
      entry = await knock({ [name]: data.get(name).trim() });
      box.close();
    });
  });
}
