// Small labelled controls that tell each change at once: a tick, a list, a slider, a choice of few.
import { el, pressed } from "/static/dom.js";

/** A tick box; `words` is a text's key, or {text} for a name. */
export function check(words, on, change) {
  const box = el("input", { type: "checkbox", on: { change: () => change(box.checked) } });
  box.checked = Boolean(on);
  return el("label", { class: "check" }, box, el("span", typeof words === "string" ? { say: words } : words));
}

/** A list; `options` = [[value, {say} or {text}], ...]. Values are texts. */
export function choose(words, options, value, change) {
  const list = el("select", { aria: words, on: { change: () => change(list.value) } },
    options.map(([key, name]) => el("option", { value: key, ...name })));
  list.value = String(value);
  return el("label", { class: "line" }, el("span", { say: words }), list);
}

/** A slider; `format` writes its value. It tells when it is let go. */
export function slide(words, range, value, format, change) {
  const shown = el("output", { text: format(value) });
  const slider = el("input", { type: "range", ...range, value, aria: words });
  slider.addEventListener("input", () => (shown.textContent = format(Number(slider.value))));
  slider.addEventListener("change", () => change(Number(slider.value)));
  return el("label", { class: "slide" }, el("span", { say: words }), slider, shown);
}

/** One of a few; `names` = [[value, words], ...]. */
export function segments(words, names, value, change) {
  const buttons = names.map(([key, text]) => {
    const button = el("button", { type: "button", say: text, on: { click: () => (mark(key), change(key)) } });
    button.dataset.value = key;
    return button;
  });
  const mark = (key) => buttons.forEach((button) => pressed(button, button.dataset.value === key));
  mark(value);
  return el("div", { class: "segments", role: "group", aria: words }, buttons);
}

/** A line of text; it tells when it is left, or by Enter. */
export function line(words, value, change, props = {}) {
  const box = el("input", { type: "text", autocomplete: "off", aria: words, on: { change: () => change(box.value.trim()) }, ...props });
  box.value = value;
  return el("label", { class: "line tall" }, el("span", { say: words }), box);
}

/** A colour. */
export function color(words, value, change) {
  const box = el("input", { type: "color", aria: words, on: { change: () => change(box.value) } });
  box.value = value;
  return el("label", { class: "swatch" }, box, el("span", { say: words }));
}

const POLLS_S = [3, 5, 10, 15, 30, 60, 120];

/** How long each turn of polling takes; `off` adds the choice of none (0). */
export function seconds(words, value, change, { off = false } = {}) {
  const known = [...new Set([...POLLS_S, value])].filter((s) => s > 0).sort((a, b) => a - b);
  const options = known.map((s) => [String(s), { say: ["poll.seconds", { count: s }] }]);
  if (off) options.unshift(["0", { say: "poll.off" }]);
  return choose(words, options, value, (text) => change(Number(text)));
}
