// What was found within recordings: words of slides and marks, each with the way to its second.
import { get } from "/static/api.js";
import { el, icon } from "/static/dom.js";
import { duration, when } from "/static/format.js";
import { onLanguage, say, translate } from "/static/i18n.js";

const FIRST = 8;
const NEXT = 50;
const ICONS = { slide: "screen", title: "tag", speaker: "wave", join: "people", leave: "exit", layout: "grid", content: "film" };

/** The text with each of the words marked, whatever its case. */
function marked(text, words) {
  const found = words.split(/\s+/).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!found.length) return [text];
  const pieces = text.split(new RegExp(`(${found.join("|")})`, "giu"));
  return pieces.map((piece, k) => (k % 2 ? el("mark", { text: piece }) : piece));
}

/** `url(moment)` is where a moment is to be seen; `titled`: whether its recording is told. */
export function momentRow(moment, words, url, titled = true) {
  return el("li", {},
    el("a", { class: "moment", href: url(moment) },
      icon(ICONS[moment.kind] ?? "flag"),
      el("span", { class: "moment-words" },
        el("span", { class: "moment-text" }, marked(moment.text, words)),
        titled ? el("small", { text: [moment.title, when(moment.started_at)].filter(Boolean).join(" · ") }) : null),
      el("time", { text: duration(moment.at_s) })));
}

/** Where a moment is played, with the words that found it. */
export const momentUrl = (words) => (moment) =>
  `/play/${encodeURIComponent(moment.recording)}?${new URLSearchParams({ at: String(moment.at_s), q: words })}`;

export class MomentList {
  #turn = 0;
  #words = "";
  #next = 0;
  #found = [];

  /** `root` is a section that is hidden while nothing is asked. */
  constructor(root) {
    this.root = root;
    this.list = el("ul", { class: "moment-rows" });
    this.none = el("p", { class: "note", role: "status" });
    this.more = el("button", { type: "button", class: "plain more", say: "recordings.more", hidden: true, on: { click: () => this.#load(NEXT) } });
    root.append(el("h2", { say: "moments.title" }), this.none, this.list, this.more);
    onLanguage(() => this.#draw());
  }

  /** Looks for words; an answer that is overtaken by further typing is thrown away. */
  async ask(words) {
    this.#turn += 1;
    this.#words = words;
    this.#next = 0;
    this.#found = [];
    this.root.hidden = !words;
    if (words) await this.#load(FIRST);
  }

  async #load(limit) {
    const mine = this.#turn;
    const query = new URLSearchParams({ q: this.#words, limit: String(limit), before: String(this.#next) });
    const answer = await get(`/moments?${query}`);
    if (mine !== this.#turn) return;
    // What stands in the title or the tags, the list of recordings shows by itself.
    this.#found.push(...answer.moments.filter((moment) => moment.kind !== "title"));
    this.#next = answer.next;
    this.#draw();
  }

  #draw() {
    if (this.root.hidden) return;
    this.list.replaceChildren(...this.#found.map((moment) => momentRow(moment, this.#words, momentUrl(this.#words))));
    say(this.none, this.#found.length ? "moments.count" : "moments.none", { count: this.#found.length });
    this.more.hidden = !this.#next;
    translate(this.root);
  }
}
