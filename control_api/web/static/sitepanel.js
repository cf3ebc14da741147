// What can be done with one site: volume, a pane (by keyboard as well), name, link, removal.
import { el, icon, setVar } from "/static/dom.js";
import { copyLink } from "/static/invite.js";
import { closePopover } from "/static/popover.js";

const GAIN_DB = { min: -40, max: 20, step: 1 };

const gainText = (db) => `${db > 0 ? "+" : ""}${db} dB`;

function gain(site, change) {
  const value = el("output", { text: gainText(site.gain_db) });
  const slider = el("input", { type: "range", ...GAIN_DB, value: site.gain_db, label: "site.gain" });
  slider.addEventListener("input", () => (value.textContent = gainText(Number(slider.value))));
  slider.addEventListener("change", () => change({ gain_db: Number(slider.value) }));
  return el("div", { class: "gain" }, el("span", { say: "site.gain" }), slider, value);
}

/** The layout as a small map of buttons: press one to put the site there. */
function paneMap(site, layout, aspect, shown, place) {
  const map = el("div", { class: "pane-map", role: "group", aria: "site.place" });
  setVar(map, "--aspect", aspect);
  layout.panes.forEach((pane, k) => {
    const button = el("button", {
      type: "button",
      class: "pane-spot",
      label: ["site.place_in", { number: k + 1 }],
      "aria-pressed": String(shown[k] === site.id),
      text: String(k + 1),
      on: { click: () => (closePopover(), place(k)) },
    });
    for (const [property, part] of [["left", pane.x], ["top", pane.y], ["width", pane.w], ["height", pane.h]]) {
      setVar(button, property, `${part * 100}%`);
    }
    setVar(button, "z-index", pane.z + 1);
    map.append(button);
  });
  return map;
}

function item(iconName, words, run, kind = "item") {
  return el("button", { type: "button", class: kind, on: { click: () => (closePopover(), run()) } }, icon(iconName), el("span", { say: words }));
}

function rename(site, change) {
  const name = el("input", { name: "name", value: site.name, maxlength: 64, label: "site.name" });
  const form = el("form", { class: "rename" }, name, el("button", { type: "submit", class: "plain", say: "common.save" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    closePopover();
    change({ name: name.value.trim() });
  });
  return form;
}

/** `act` = {change(fields), place(k), rtp(), remove()}. */
export function sitePanel(conference, site, layout, act) {
  const aspect = conference.width / conference.height;
  return el("div", { class: "menu site-panel" },
    el("h3", { text: site.name }),
    site.reason && site.state !== "joined" ? el("p", { class: "note", text: site.reason }) : null,
    gain(site, act.change),
    el("h4", { say: "site.place" }),
    paneMap(site, layout, aspect, conference.shown?.panes || [], act.place),
    el("h4", { say: "site.name" }),
    rename(site, act.change),
    site.kind === "webrtc" ? item("link", "site.copy_link", () => copyLink(conference.id, site)) : null,
    site.kind === "rtp" ? item("antenna", "site.rtp", act.rtp) : null,
    item("trash", "site.remove", act.remove, "item danger-text"));
}
