// Inviting: a seat with a name, and a link with which a person takes it in a browser, without an account.
import { conferencePath, post, sitePath } from "/static/api.js";
import { openDialog } from "/static/dialogs.js";
import { el, icon } from "/static/dom.js";
import { copyable, copyText, field, input, onSubmit } from "/static/forms.js";
import { t, translate } from "/static/i18n.js";
import { attempt, toast } from "/static/notify.js";

/** A fresh link for this seat; it is good for a day. */
const invitation = (cid, site) => post(`${sitePath(cid, site.id)}/invitation`);

export const doneFooter = (close) =>
  el("footer", { class: "actions" }, el("button", { type: "button", class: "primary", say: "common.done", on: { click: close } }));

/** What stands in a dialog once a seat is made: its link. */
export async function linkPage(cid, site, close) {
  const { url } = await invitation(cid, site);
  return el("div", { class: "dialog-body" },
    el("p", { class: "good-line" }, icon("check"), el("span", { say: ["add.made", { name: site.name }] })),
    copyable("add.link", url, { hint: "add.link_hint" }),
    el("p", {}, el("a", { href: url, target: "_blank", rel: "noopener", say: "add.open_link" })),
    doneFooter(close));
}

/** Makes a link for a seat that is there and puts it on the clipboard. */
export function copyLink(cid, site) {
  return attempt(async () => {
    const { url } = await invitation(cid, site);
    const area = el("textarea", { class: "sr-only" });
    area.value = url;
    document.body.append(area);
    await copyText(url, area);
    area.remove();
    toast("good", t("site.link_copied"));
  });
}

/** Puts another page into a dialog. */
export function swap(dialog, body) {
  dialog.querySelector(".dialog-body").replaceWith(body);
  translate(dialog);
  body.querySelector("input, textarea, button")?.focus();
}

/** Asks for the name of the seat, then shows its link; `made` is called when the seat stands. */
export function openInvite(conference, made) {
  const form = el("form", { class: "dialog-body" },
    el("p", { say: ["invite.text", { name: conference.name }] }),
    field("add.name", input("name", { required: true, maxlength: 64, autofocus: true, placeholder: "add.name_placeholder" })),
    el("footer", { class: "actions" },
      el("a", { class: "button plain", href: `/join/${encodeURIComponent(conference.id)}`, target: "_blank", rel: "noopener", say: "invite.join_here" }),
      el("button", { type: "submit", class: "primary", say: "invite.make" })));
  const box = openDialog("invite.title", form, { wide: true });
  let site = null;
  onSubmit(form, async (data) => {
    site ??= await post(`${conferencePath(conference.id)}/sites`, { name: data.get("name").trim(), kind: "webrtc" });
    made(site);
    swap(box.dialog, await linkPage(conference.id, site, box.close));
  });
}
