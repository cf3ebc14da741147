// Running the conference from a seat in it: microphones, who is seen, layout, lock, hands, the end.
import { conferencePath, patch, put, remove, sitePath } from "/static/api.js";
import { confirmed } from "/static/dialogs.js";
import { el, icon, iconButton, pressed } from "/static/dom.js";
import { LayoutPicker } from "/static/layoutpicker.js";
import { attempt } from "/static/notify.js";
import { closePopover } from "/static/popover.js";

const act = (run) => () => (closePopover(), attempt(run));

function item(iconName, words, run, on = null) {
  const button = el("button", { type: "button", class: "item", on: { click: act(run) } }, icon(iconName), el("span", { say: words }));
  if (on !== null) pressed(button, on);
  return button;
}

function row(cid, conference, site) {
  const path = sitePath(cid, site.id);
  const seen = conference.broadcast === site.id;
  const mute = iconButton(site.muted ? "mic-off" : "mic", [site.muted ? "site.unmute" : "site.mute", { name: site.name }],
    act(() => patch(path, { muted: !site.muted })));
  const show = iconButton("tower", [seen ? "chair.unshow" : "chair.show", { name: site.name }],
    act(() => patch(conferencePath(cid), { broadcast: seen ? "" : site.id })));
  pressed(mute, site.muted);
  pressed(show, seen);
  const hand = conference.hands.includes(site.id)
    ? iconButton("hand", ["chair.lower", { name: site.name }], act(() => put(`${path}/hand`, { raised: false })), { class: "icon-button hand-up" })
    : null;
  return el("li", { class: "chair-row" }, el("span", { class: "chair-name", text: site.name }), hand, mute, show);
}

/** Hands first, in their order; then who is here. */
function inOrder(conference) {
  const place = (site) => {
    const k = conference.hands.indexOf(site.id);
    return k < 0 ? conference.hands.length : k;
  };
  return conference.sites.filter((site) => site.state === "joined").sort((a, b) => place(a) - place(b));
}

export function chairMenu(conference, cid, modes) {
  const path = conferencePath(cid);
  const { locked } = conference.rules;
  const here = inOrder(conference);
  const layouts = el("div", { class: "layouts", role: "group", aria: "layout.title" });
  const picker = new LayoutPicker(layouts, { choose: (body) => act(() => put(`${path}/layout`, body))() });
  picker.build(modes);
  picker.mark(conference);
  const muteAll = async () => {
    for (const site of here) if (!site.muted) await patch(sitePath(cid, site.id), { muted: true });
  };
  const end = async () => {
    const sure = await confirmed({ title: "conference.end", text: ["conference.end_text", { name: conference.name }], yes: "conference.end_yes" });
    if (sure) await remove(path);
  };
  const { consent, agreed } = conference.recording_rules;
  return el("div", { class: "menu chair-menu" },
    el("h3", { say: "chair.title" }),
    conference.rules.access_code ? el("p", { class: "note", say: ["chair.code", { code: conference.rules.access_code }] }) : null,
    el("ul", { class: "chair-rows" }, here.map((site) => row(cid, conference, site))),
    item("mic-off", "chair.mute_all", muteAll),
    item("lock", locked ? "chair.unlock" : "chair.lock", () => patch(`${path}/rules`, { locked: !locked }), locked),
    consent === "asked" ? item("film", "chair.recording", () => put(`${path}/recording/consent`, { agreed: !agreed }), agreed) : null,
    el("h3", { say: "layout.title" }),
    layouts,
    el("button", { type: "button", class: "item danger-text", on: { click: act(end) } }, icon("phone-off"), el("span", { say: "conference.end" })));
}
