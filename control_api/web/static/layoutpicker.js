// The drawings of all layouts, grouped by their number of panes; one press switches.
import { el, pressed } from "/static/dom.js";
import { aria } from "/static/i18n.js";
import { automaticDrawing, choiceOf, drawing, grouped } from "/static/layouts.js";

/** Arrow keys walk through the drawings; only the marked one is a tab stop. */
function rove(root, buttons) {
  root.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const list = buttons();
    const at = list.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    list[(at + step + list.length) % list.length].focus();
  });
  root.addEventListener("focusin", (event) => {
    for (const button of buttons()) button.tabIndex = button === event.target ? 0 : -1;
  });
}

export class LayoutPicker {
  #buttons = new Map();

  /** `choose` gets the body for PUT .../layout; `editOwn` (if any) opens the dialog of the own layout. */
  constructor(root, { choose, editOwn = null }) {
    this.root = root;
    this.choose = choose;
    this.editOwn = editOwn;
    rove(root, () => [...this.#buttons.values()]);
  }

  build(modes) {
    this.#buttons.clear();
    const several = [...modes.values()].filter((mode) => mode.id !== 0);
    const single = modes.get(0);
    const first = [
      this.#button("auto", automaticDrawing(), ["layout.auto"], { mode: null, policy: "equal" }),
      this.#button("auto-speaker", automaticDrawing(true), ["layout.auto_speaker"], { mode: null, policy: "speaker" }),
      single && this.#button("mode-0", drawing(single), ["layout.single"], { mode: 0 }),
      this.editOwn && this.#own(),
    ].filter(Boolean);
    const groups = grouped(several).map(([count, list]) => this.#group(count, list));
    this.root.replaceChildren(this.#frame("", first), ...groups);
    this.mark(null);
  }

  #frame(title, buttons) {
    return el("div", { class: "layout-group", role: "group" }, el("span", { class: "layout-count", text: title, "aria-hidden": "true" }), buttons);
  }

  #group(count, list) {
    const group = this.#frame(String(count), list.map((mode) =>
      this.#button(`mode-${mode.id}`, drawing(mode), ["layout.mode", { id: mode.id, count }], { mode: mode.id })));
    aria(group, "layout.group", { count });
    return group;
  }

  #button(key, picture, words, body) {
    const button = el("button", { type: "button", class: "layout-choice", label: words, data: { layout: key }, tabindex: "-1", on: { click: () => this.choose(body) } }, picture);
    this.#buttons.set(key, button);
    return button;
  }

  #own() {
    const button = el("button", { type: "button", class: "layout-choice own", label: "layout.own", data: { layout: "own" }, tabindex: "-1", on: { click: () => this.editOwn() } },
      el("span", { class: "own-mark", text: "{ }" }));
    this.#buttons.set("own", button);
    return button;
  }

  /** Marks the choice of the conference, and the mode that automatic has taken. */
  mark(conference) {
    const chosen = conference ? choiceOf(conference) : "";
    const shown = conference && chosen.startsWith("auto") ? `mode-${conference.shown?.mode}` : "";
    for (const [key, button] of this.#buttons) {
      pressed(button, key === chosen);
      button.classList.toggle("in-effect", key === shown);
    }
    if (!this.root.contains(document.activeElement)) {
      for (const [key, button] of this.#buttons) button.tabIndex = key === (chosen || "auto") ? 0 : -1;
    }
  }
}
