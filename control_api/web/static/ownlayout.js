// The dialog for an own layout: JSON with a drawing beside it; errors point at their place in both.
import { conferencePath, put } from "/static/api.js";
import { openDialog } from "/static/dialogs.js";
import { el, icon } from "/static/dom.js";
import { field } from "/static/forms.js";
import { saysPlainly, say, t } from "/static/i18n.js";
import { paneOf, placeOf } from "/static/jsonplace.js";
import { drawing, readLayout } from "/static/layouts.js";
import { explain } from "/static/notify.js";

const EXAMPLE = {
  name: "own",
  main: 0,
  overlap: true,
  panes: [
    { x: 0, y: 0, w: 1, h: 1, z: 0 },
    { x: 0.7, y: 0.7, w: 0.27, h: 0.27, z: 1 },
    { x: 0.7, y: 0.4, w: 0.27, h: 0.27, z: 1 },
  ],
};

/** 0.6666666 as "2/3", which the server takes exactly; short decimals stay. */
function neat(value) {
  if (Number(value.toFixed(3)) === value) return value;
  for (let bottom = 3; bottom <= 48; bottom += 1) {
    const top = Math.round(value * bottom);
    if (Math.abs(top / bottom - value) < 1e-6) return `${top}/${bottom}`;
  }
  return Number(value.toFixed(4));
}

/** JSON with one pane a line, as a person would write it. */
function pretty(own) {
  const { panes: exact, ...rest } = own;
  const panes = exact.map(({ x, y, w, h, z }) => ({ x: neat(x), y: neat(y), w: neat(w), h: neat(h), ...(z ? { z } : {}) }));
  const head = Object.entries(rest).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`);
  const lines = panes.map((pane) => `    ${JSON.stringify(pane).replace(/,/g, ", ").replace(/:/g, ": ")}`);
  return `{\n${head.join("\n")}\n  "panes": [\n${lines.join(",\n")}\n  ]\n}`;
}

/** The text's value, or the words and line of what is wrong with it. */
function parsed(text) {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const at = Number(/position (\d+)/.exec(error.message)?.[1] ?? text.length);
    return { wrong: { start: at, end: Math.min(text.length, at + 1), line: text.slice(0, at).split("\n").length } };
  }
}

/** The layout that is shown, to be changed; an example where that is a single picture. */
function startFrom({ panes, main }) {
  if (panes.length < 2) return EXAMPLE;
  return { name: "own", main, overlap: panes.some((pane) => pane.z > 0), panes };
}

class Editor {
  constructor(conference, layout) {
    this.aspect = conference.width / conference.height;
    this.area = el("textarea", { name: "own", rows: 12, spellcheck: "false", class: "code", autofocus: true });
    this.area.value = pretty(conference.layout.own || startFrom(layout));
    this.preview = el("div", { class: "own-preview" });
    this.words = el("span", {});
    this.problem = el("p", { class: "form-problem", role: "alert", hidden: true }, icon("alert"), this.words);
    this.area.addEventListener("input", () => this.draw());
    this.draw();
  }

  draw(wrong = new Set()) {
    const { value } = parsed(this.area.value);
    if (!wrong.size) {
      this.problem.hidden = true;
      this.area.removeAttribute("aria-invalid");
    }
    if (!Array.isArray(value?.panes)) return; // half typed: the last drawing stays
    this.preview.replaceChildren(drawing(readLayout(value), { aspect: this.aspect, wrong, numbers: true }));
  }

  /** Marks a place {start, end, line} with its error. */
  point(place, text, pane = -1) {
    this.draw(new Set([pane]));
    this.problem.hidden = false;
    this.area.setAttribute("aria-invalid", "true");
    say(this.words, "own.at_line", { line: place.line, text });
    this.area.focus();
    this.area.setSelectionRange(place.start, place.end);
    const height = this.area.scrollHeight / this.area.value.split("\n").length;
    this.area.scrollTop = Math.max(0, (place.line - 4) * height);
  }

  fail(text) {
    this.problem.hidden = false;
    saysPlainly(this.words, text);
  }
}

/** Opens the dialog; `done(answer)` is called when the server took the layout. */
export function openOwnLayout(conference, layout, done) {
  const editor = new Editor(conference, layout);
  const submit = el("button", { type: "submit", class: "primary", say: "own.use" });
  const form = el("form", { class: "dialog-body own-layout" },
    el("p", { class: "note", say: "own.hint" }),
    el("div", { class: "own-columns" }, field("own.json", editor.area), editor.preview),
    editor.problem,
    el("footer", { class: "actions" },
      el("button", { type: "button", class: "plain", say: "common.cancel", on: { click: () => box.close() } }), submit));
  const box = openDialog("own.title", form, { wide: true });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = editor.area.value;
    const { value, wrong } = parsed(text);
    if (wrong) return editor.point(wrong, t("own.not_json"));
    submit.disabled = true;
    try {
      done(await put(`${conferencePath(conference.id)}/layout`, { own: value }));
      box.close();
    } catch (error) {
      if (error.field) editor.point(placeOf(text, error.field), `${error.field}: ${error.detail}`, paneOf(error.field));
      else editor.fail(explain(error));
    } finally {
      submit.disabled = false;
    }
    return undefined;
  });
}
