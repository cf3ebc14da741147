// Films that are made and recordings on their way to archives: how far each is, and what can be done.
import { get, post, remove } from "/static/api.js";
import { el, icon, iconButton } from "/static/dom.js";
import { size, when } from "/static/format.js";
import { onLanguage, say, saysPlainly } from "/static/i18n.js";
import { attempt } from "/static/notify.js";

const LOOK_MS = 2000;
const ENDED = ["done", "failed", "cancelled"];

const mayArchive = () => document.body.dataset.role !== "viewer"; // of roles that were made the server knows
const filmPath = (film) => `/films/${encodeURIComponent(film.id)}`;
const jobPath = (job) => `/dicom-jobs/${encodeURIComponent(job.id)}`;

/** One film or job; the node stays, its words change, so that focus and readers keep their place. */
class Row {
  constructor(list, kind) {
    this.name = el("b", {});
    this.state = el("small", { role: "status" });
    this.reason = el("small", { class: "work-reason" });
    this.bar = el("progress", { max: 1, aria: "work.progress" });
    this.download = el("a", { class: "button icon-button", download: "", label: "work.take_film" }, icon("download"));
    this.now = el("button", { type: "button", class: "plain work-now", say: "work.try_now", on: { click: () => list.act(() => post(`${jobPath(this.one)}/retry`)) } });
    this.end = iconButton("close", "work.drop", () => list.act(() => remove(kind === "film" ? filmPath(this.one) : jobPath(this.one))));
    this.node = el("li", { class: "work" }, icon(kind === "film" ? "film" : "tower"),
      el("span", { class: "work-words" }, this.name, this.state, this.bar, this.reason), this.now, this.download, this.end);
    this.kind = kind;
  }

  update(one) {
    this.one = one;
    const { kind } = this;
    this.node.dataset.state = one.state;
    const what = kind === "film" ? "work.film" : "work.archive";
    say(this.name, what, { title: one.title, archive: one.pacs });
    say(this.state, `work.${kind}_${one.state}`, this.#facts());
    saysPlainly(this.reason, one.reason);
    this.reason.hidden = !one.reason;
    this.bar.hidden = ENDED.includes(one.state) || (one.state === "waiting" && !one.progress);
    this.bar.value = one.progress;
    this.now.hidden = kind === "film" || one.state !== "waiting" || !one.attempts;
    this.download.hidden = kind !== "film" || one.state !== "done";
    this.download.href = `/api/v1${filmPath(one)}/film.mp4`;
    this.end.hidden = kind === "job" && ENDED.includes(one.state);
  }

  #facts() {
    const { one } = this;
    return { size: size(one.size_bytes), count: one.attempts, time: one.next_try ? when(one.next_try) : "", objects: one.stored?.length ?? 0 };
  }
}

export class WorkList {
  #rows = new Map();
  #timer = 0;

  /** `recording`: only what is made of that one; empty: all. `told(open)` hears how much is under way. */
  constructor({ recording = "", told = null } = {}) {
    this.recording = recording;
    this.told = told;
    this.list = el("ul", { class: "works" });
    this.none = el("p", { class: "note", say: "work.none" });
    this.node = el("div", { class: "work-list" }, this.list, this.none);
    onLanguage(() => this.#rows.forEach((row) => row.update(row.one)));
  }

  start() {
    this.stop();
    this.look();
    this.#timer = setInterval(() => document.visibilityState === "visible" && this.look(), LOOK_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  async act(run) {
    await attempt(run);
    await this.look();
  }

  async look() {
    const query = this.recording ? `?recording=${encodeURIComponent(this.recording)}&limit=20` : "?limit=50";
    const [films, jobs] = await Promise.all([
      get("/films").catch(() => []),
      mayArchive() ? get(`/dicom-jobs${query}`).catch(() => []) : [],
    ]);
    const ours = films.filter((film) => !this.recording || film.recording === this.recording).reverse();
    this.#show([...ours.map((one) => ["film", one]), ...jobs.map((one) => ["job", one])]);
    this.told?.([...ours, ...jobs].filter((one) => !ENDED.includes(one.state)).length);
  }

  #show(all) {
    const there = new Set(all.map(([kind, one]) => `${kind} ${one.id}`));
    for (const [key, row] of this.#rows) {
      if (there.has(key)) continue;
      row.node.remove();
      this.#rows.delete(key);
    }
    all.forEach(([kind, one], k) => {
      const key = `${kind} ${one.id}`;
      if (!this.#rows.has(key)) this.#rows.set(key, new Row(this, kind));
      const row = this.#rows.get(key);
      row.update(one);
      if (this.list.children[k] !== row.node) this.list.insertBefore(row.node, this.list.children[k] || null);
    });
    this.none.hidden = all.length > 0;
  }
}
