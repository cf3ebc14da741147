// What a site chooses for itself: whose picture it sees, or a layout of its own.
import { put, remove, sitePath } from "/static/api.js";
import { el, icon, pressed } from "/static/dom.js";
import { LayoutPicker } from "/static/layoutpicker.js";
import { attempt } from "/static/notify.js";
import { closePopover } from "/static/popover.js";

const NEW_VIEW = { layout: { mode: null, own: null, policy: "equal" }, panes: [], show_self: true };

function choice(iconName, words, on, run) {
  const button = el("button", { type: "button", class: "item", on: { click: () => (closePopover(), attempt(run)) } },
    icon(iconName), el("span", words), on ? icon("check") : null);
  pressed(button, on);
  return button;
}

/** The panel; `place` = {cid, site}, `modes` the layouts of the server. */
export function seatMenu(conference, place, modes) {
  const path = sitePath(place.cid, place.site);
  const own = conference.sites.find((site) => site.id === place.site);
  const watch = async (site) => {
    if (own.view) await remove(`${path}/view`);
    await put(`${path}/watch`, { site });
  };
  const show = async (layout) => {
    if (own.watch) await put(`${path}/watch`, { site: "" });
    await put(`${path}/view`, { ...NEW_VIEW, layout: { ...NEW_VIEW.layout, ...layout } });
  };
  const others = conference.sites.filter((site) => site.id !== place.site && site.state === "joined");
  const layouts = el("div", { class: "layouts", role: "group", aria: "seat.layouts" });
  const picker = new LayoutPicker(layouts, { choose: (body) => (closePopover(), attempt(() => show(body))) });
  picker.build(modes);
  if (own?.view && !own.watch) picker.mark({ layout: own.view.layout, shown: null });
  return el("div", { class: "menu seat-menu" },
    el("h3", { say: "seat.title" }),
    choice("people", { say: "seat.all" }, !own?.watch && !own?.view, () => watch("")),
    el("div", { class: "menu-sites", role: "group", aria: "seat.watch" },
      others.map((site) => choice("eye", { text: site.name }, own?.watch === site.id, () => watch(site.id)))),
    el("h3", { say: "seat.layouts" }),
    layouts);
}
