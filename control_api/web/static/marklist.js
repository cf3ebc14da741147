// The marks of a recording: a list to jump by, ticks over the time bar, and a field for a new one.
import { el, icon, setVar } from "/static/dom.js";
import { onSubmit } from "/static/forms.js";
import { duration } from "/static/format.js";
import { hasText, say } from "/static/i18n.js";

const NEAR_S = 1.5; // "previous" from within a mark's first moments goes to the one before

const ICONS = {
  operator: "flag", speaker: "wave", join: "people", leave: "exit", layout: "grid", content: "film", pause: "pause", continue: "play",
  slide: "screen", chat: "caption",
};
const OWN = ["operator", "pause", "continue"];

/** The words of a mark: what an operator wrote, or what happened to whom. */
function words(mark) {
  const key = mark.text ? `marks.${mark.kind}_text` : `marks.${mark.kind}`;
  return [hasText(key) ? key : "marks.operator", { text: mark.text }];
}

export class MarkList {
  #all = [];
  #length = 0;
  #rows = [];
  #ownOnly = false;

  /** `actions`: jump(seconds), add(text) which may raise ApiError. */
  constructor(root, ticks, actions) {
    this.actions = actions;
    this.ticks = ticks;
    this.list = el("ol", { class: "mark-rows" });
    this.none = el("p", { class: "note", say: "marks.none" });
    const own = el("input", { type: "checkbox", on: { change: (event) => this.#filter(event.target.checked) } });
    const text = el("input", { name: "text", maxlength: 64, autocomplete: "off", placeholder: "record.mark_text", aria: "record.mark_text" });
    this.form = el("form", { class: "mark-new operator" }, text,
      el("button", { type: "submit", class: "icon-button", label: "record.mark" }, icon("flag")));
    onSubmit(this.form, async () => {
      await actions.add(text.value.trim());
      text.value = "";
    });
    root.append(
      el("header", {}, el("h2", { id: "marks-title", say: "marks.title" }), el("label", { class: "mark-own" }, own, el("span", { say: "marks.own" }))),
      this.list, this.none, this.form);
  }

  show(marks, length) {
    const news = marks.length !== this.#all.length;
    const stretched = Math.abs(length - this.#length) > length / 200;
    if (!news && !stretched) return;
    this.#all = [...marks].sort((a, b) => a.at_ms - b.at_ms);
    this.#length = length;
    this.#draw();
  }

  #filter(own) {
    this.#ownOnly = own;
    this.#draw();
  }

  get #shown() {
    return this.#ownOnly ? this.#all.filter((mark) => OWN.includes(mark.kind)) : this.#all;
  }

  #draw() {
    this.#rows = this.#shown.map((mark) => ({ time: mark.at_ms / 1000, node: this.#row(mark) }));
    this.list.replaceChildren(...this.#rows.map((row) => el("li", {}, row.node)));
    this.none.hidden = this.#rows.length > 0;
    this.ticks.replaceChildren(...(this.#length ? this.#shown.map((mark) => this.#tick(mark)) : []));
  }

  #row(mark) {
    const text = el("span", { class: "mark-words" });
    say(text, ...words(mark));
    return el("button", { type: "button", class: "mark-row", data: { kind: mark.kind }, on: { click: () => this.actions.jump(mark.at_ms / 1000) } },
      icon(ICONS[mark.kind] ?? "flag"), text, el("time", { text: duration(mark.at_ms / 1000) }));
  }

  #tick(mark) {
    const tick = el("i", { data: { kind: mark.kind } });
    setVar(tick, "--at", Math.min(1, mark.at_ms / 1000 / this.#length).toFixed(5));
    return tick;
  }

  /** Playing has come to this time: the mark before it is the current one. */
  at(time) {
    const current = this.#rows.findLast((row) => row.time <= time + 0.05);
    for (const row of this.#rows) {
      if (row === current) row.node.setAttribute("aria-current", "true");
      else row.node.removeAttribute("aria-current");
    }
  }

  next(time) {
    const row = this.#rows.find((one) => one.time > time + 0.05);
    if (row) this.actions.jump(row.time);
  }

  previous(time) {
    const row = this.#rows.findLast((one) => one.time < time - NEAR_S);
    if (row) this.actions.jump(row.time);
  }
}
