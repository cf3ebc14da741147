// The dialog of a site's own picture: its layout, what stands in its panes, whom they fill themselves from.
import { openDialog } from "/static/dialogs.js";
import { el, setVar } from "/static/dom.js";
import { LayoutPicker } from "/static/layoutpicker.js";
import { drawingOrder, readLayout } from "/static/layouts.js";
import { NEW_VIEW } from "/static/lead.js";
import { paneMenu } from "/static/panemenu.js";
import { padded, withFit, withKind, withoutSite, withPoll, withSite } from "/static/panes.js";
import { openPopover } from "/static/popover.js";
import { explain, toast } from "/static/notify.js";
import { check, seconds } from "/static/widgets.js";
import { say, saysPlainly } from "/static/i18n.js";

/** The layout of a view, or null where the number of sites decides. */
function layoutOf({ layout }, modes) {
  if (layout.own) return readLayout(layout.own);
  return layout.mode === null ? null : modes.get(layout.mode);
}

class Preview {
  constructor(aspect, names, open) {
    this.node = el("div", { class: "pane-map own-map", role: "group", aria: "view.panes" });
    this.names = names;
    this.open = open;
    setVar(this.node, "--aspect", aspect);
  }

  show(layout, panes) {
    if (!layout) {
      this.node.replaceChildren(el("p", { class: "note", say: "view.auto" }));
      return;
    }
    const order = drawingOrder(layout.panes);
    const wanted = padded(panes, layout.panes.length);
    const buttons = layout.panes.map((rect, k) => this.#spot(rect, k, wanted[k]));
    order.forEach((k, level) => setVar(buttons[k], "z-index", level + 1));
    this.node.replaceChildren(...buttons);
  }

  #spot(rect, k, pane) {
    const words = el("span", {});
    if (pane.kind === "site") saysPlainly(words, this.names(pane.site));
    else say(words, `pane.kind_${pane.kind}`);
    const button = el("button", {
      type: "button", class: "pane-spot", data: { kind: pane.kind, spot: k },
      "aria-haspopup": "dialog", "aria-expanded": "false", on: { click: () => this.open(k, button) },
    }, el("b", { text: String(k + 1) }), words);
    for (const [property, part] of [["left", rect.x], ["top", rect.y], ["width", rect.w], ["height", rect.h]]) {
      setVar(button, property, `${part * 100}%`);
    }
    return button;
  }
}

function sourcesList(sites, draft) {
  const boxes = sites.map((site) => check({ text: site.name }, draft.sources.includes(site.id), (on) => {
    const others = draft.sources.filter((sid) => sid !== site.id);
    draft.sources = on ? [...others, site.id] : others;
  }));
  return el("details", { class: "sources" },
    el("summary", { say: "view.sources" }),
    el("p", { class: "note", say: "view.sources_hint" }),
    el("div", { class: "checks" }, boxes));
}

/** `act` = {save(view), release()}; both answer promises. */
export function openOwnView(conference, site, modes, act) {
  const draft = structuredClone(site.view || NEW_VIEW);
  const others = conference.sites.filter((other) => other.id !== site.id);
  const name = (sid) => conference.sites.find((other) => other.id === sid)?.name || sid;
  const shown = () => layoutOf(draft, modes);

  const preview = new Preview(conference.width / conference.height, name, (k, anchor) => {
    const count = shown().panes.length;
    const set = (panes) => {
      draft.panes = panes;
      redraw();
    };
    openPopover(anchor, paneMenu(k, padded(draft.panes, count)[k], draft.show_self ? conference.sites : others, {
      site: (sid) => set(withSite(draft.panes, count, k, sid)),
      kind: (kind) => set(withKind(draft.panes, count, k, kind)),
      poll: (sites, interval_s) => (draft.panes = withPoll(draft.panes, count, k, sites, interval_s)),
      fit: (fit) => set(withFit(draft.panes, count, k, fit)),
    }), { name: ["pane.title", { number: k + 1 }], onClose: () => redraw(k) });
  });
  const layouts = el("div", { class: "layouts", role: "group", aria: "layout.title" });
  const picker = new LayoutPicker(layouts, {
    choose: (body) => {
      draft.layout = { own: null, policy: "equal", ...body };
      redraw();
    },
  });

  function redraw(focus = -1) {
    const had = preview.node.contains(document.activeElement) || focus >= 0;
    preview.show(shown(), draft.panes);
    picker.mark({ layout: draft.layout, shown: null });
    if (had && focus >= 0) preview.node.querySelector(`[data-spot="${focus}"]`)?.focus();
  }

  const showSelf = check("view.show_self", draft.show_self, (on) => {
    draft.show_self = on;
    if (!on) draft.panes = withoutSite(draft.panes, site.id);
    redraw();
  });
  const finish = async (action) => {
    try {
      await action();
      box.close();
    } catch (error) {
      toast("bad", explain(error));
    }
  };
  const button = (kind, words, run, props = {}) => el("button", { type: "button", class: kind, say: words, on: { click: run }, ...props });
  const body = el("div", { class: "dialog-body own-view" },
    el("div", { class: "own-columns" },
      el("div", { class: "own-choices" }, layouts),
      el("div", { class: "own-side" }, preview.node, showSelf,
        seconds("direct.poll", draft.poll_s, (poll_s) => (draft.poll_s = poll_s), { off: true }),
        sourcesList(others, draft))),
    el("footer", { class: "actions" },
      site.view ? button("plain start", "view.release", () => finish(act.release), { id: "release-view" }) : null,
      button("plain", "common.cancel", () => box.close()),
      button("primary", "view.use", () => finish(() => act.save(draft)), { id: "use-view" })));
  picker.build(modes);
  redraw();
  const box = openDialog(["view.title", { name: site.name }], body, { wide: true });
}
