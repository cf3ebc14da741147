// The menu of one pane: which site stands in it, and how its picture meets the pane.
import { el, icon, pressed } from "/static/dom.js";
import { closePopover } from "/static/popover.js";
import { FITS } from "/static/panes.js";

function choice(iconName, text, on, run) {
  const button = el("button", { type: "button", class: "item", on: { click: () => (closePopover(), run()) } },
    icon(iconName), el("span", text), on ? icon("check") : null);
  pressed(button, on);
  return button;
}

/** `set` = {site(id), kind(name), fit(name)}. */
export function paneMenu(k, wanted, sites, set) {
  const fits = FITS.map((fit) => {
    const button = el("button", { type: "button", say: `fit.${fit}`, on: { click: () => (closePopover(), set.fit(fit)) } });
    pressed(button, wanted.fit === fit);
    return button;
  });
  return el("div", { class: "menu" },
    el("h3", { say: ["pane.title", { number: k + 1 }] }),
    choice("wand", { say: "pane.auto" }, wanted.kind === "auto", () => set.kind("auto")),
    choice("square", { say: "pane.empty" }, wanted.kind === "empty", () => set.kind("empty")),
    el("div", { class: "menu-sites", role: "group" },
      sites.map((site) => choice("person", { text: site.name }, wanted.kind === "site" && wanted.site === site.id, () => set.site(site.id)))),
    el("h3", { say: "pane.fit" }),
    el("div", { class: "segments", role: "group" }, fits));
}
