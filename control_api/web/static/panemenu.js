// The menu of one pane: what stands in it, and how its picture meets the pane.
import { el, icon, pressed } from "/static/dom.js";
import { closePopover } from "/static/popover.js";
import { FITS } from "/static/panes.js";
import { check, seconds } from "/static/widgets.js";

function choice(iconName, text, on, run) {
  const button = el("button", { type: "button", class: "item", on: { click: () => (closePopover(), run()) } },
    icon(iconName), el("span", text), on ? icon("check") : null);
  pressed(button, on);
  return button;
}

/** Who takes turns, and for how long; it stays open while one ticks. */
function polling(wanted, sites, send) {
  const chosen = new Set(wanted.kind === "poll" ? wanted.sites : []);
  let interval = wanted.interval_s;
  const tell = () => send(sites.map((site) => site.id).filter((sid) => chosen.has(sid)), interval);
  const box = (site) => check({ text: site.name }, chosen.has(site.id), (on) => {
    if (on) chosen.add(site.id);
    else chosen.delete(site.id);
    tell();
  });
  return el("div", { class: "polling", hidden: wanted.kind !== "poll" },
    seconds("poll.interval", interval, (value) => ((interval = value), tell())),
    el("p", { class: "note", say: "poll.who" }),
    el("div", { class: "menu-sites", role: "group", aria: "poll.who" }, sites.map(box)));
}

/** `set` = {site(id), kind(name), poll(sites, interval_s), fit(name)}. */
export function paneMenu(k, wanted, sites, set) {
  const fits = FITS.map((fit) => {
    const button = el("button", { type: "button", say: `fit.${fit}`, on: { click: () => (closePopover(), set.fit(fit)) } });
    pressed(button, wanted.fit === fit);
    return button;
  });
  const turns = polling(wanted, sites, set.poll);
  const poll = el("button", { type: "button", class: "item", "aria-expanded": String(wanted.kind === "poll"), on: { click: () => unfold() } },
    icon("turns"), el("span", { say: "pane.poll" }), wanted.kind === "poll" ? icon("check") : null);
  pressed(poll, wanted.kind === "poll");
  const menu = el("div", { class: "menu" },
    el("h3", { say: ["pane.title", { number: k + 1 }] }),
    choice("wand", { say: "pane.auto" }, wanted.kind === "auto", () => set.kind("auto")),
    choice("wave", { say: "pane.voice" }, wanted.kind === "voice", () => set.kind("voice")),
    poll, turns,
    choice("screen", { say: "pane.content" }, wanted.kind === "content", () => set.kind("content")),
    choice("square", { say: "pane.empty" }, wanted.kind === "empty", () => set.kind("empty")),
    el("div", { class: "menu-sites", role: "group" },
      sites.map((site) => choice("person", { text: site.name }, wanted.kind === "site" && wanted.site === site.id, () => set.site(site.id)))),
    el("h3", { say: "pane.fit" }),
    el("div", { class: "segments", role: "group" }, fits));

  function unfold() {
    if (!turns.hidden) return;
    for (const item of menu.querySelectorAll('.item[aria-pressed="true"]')) {
      pressed(item, false);
      item.lastChild.remove(); // its tick
    }
    pressed(poll, true);
    poll.append(icon("check"));
    poll.setAttribute("aria-expanded", "true");
    turns.hidden = false;
    set.poll([], wanted.interval_s);
  }
  return menu;
}
