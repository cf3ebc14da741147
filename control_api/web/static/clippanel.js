// A part of a recording as a file: its two ends, set at the place that is shown, and the way to it.
import { el } from "/static/dom.js";
import { duration } from "/static/format.js";
import { say } from "/static/i18n.js";

const FIRST_S = 30;

/** `now()` is the place that is shown, `length()` the whole, `url(query)` the file's address. */
export function clipPanel({ now, length, url }) {
  let to = Math.min(length(), Math.max(1, now()));
  let from = Math.max(0, to - FIRST_S);
  const begin = el("b", { class: "number" });
  const end = el("b", { class: "number" });
  const words = el("p", { class: "note" });
  const link = el("a", { class: "button primary", download: "", say: "recordings.download" });
  const show = () => {
    begin.textContent = duration(from);
    end.textContent = duration(to);
    const good = to > from;
    link.classList.toggle("disabled", !good);
    if (good) link.href = url(`from_s=${from.toFixed(2)}&to_s=${to.toFixed(2)}`);
    else link.removeAttribute("href");
    say(words, good ? "clip.length" : "clip.wrong", { length: duration(to - from) });
  };
  const line = (name, node, set) =>
    el("div", { class: "clip-line" }, el("span", { say: name }), node,
      el("button", { type: "button", class: "plain", say: "clip.here", on: { click: () => (set(now()), show()) } }));
  show();
  return el("div", { class: "clip" },
    line("clip.from", begin, (time) => (from = time)), line("clip.to", end, (time) => (to = time)), words, link);
}
