// Vital signs and other timed data of a recording, over its picture: what held at the moment that is shown.
import { get, recordingPath } from "/static/api.js";
import { el, pressed } from "/static/dom.js";
import { hasText } from "/static/i18n.js";
import { rowsOf, Values } from "/static/timedvalues.js";

const LOOK_MS = 500;
const AHEAD_MS = 60_000; // so much is there before it is shown
const AGAIN_MS = 2000; // of one that grows

/** `panel`: a <dl> over the picture; `button`: shows or hides it, there once there is data; `live()`: whether more comes. */
export class TimedData {
  #values = new Values();
  #next = 0;
  #asked = -Infinity;
  #asking = false;
  #ended = false;
  #shown = "";

  constructor({ rid, video, panel, button, live }) {
    Object.assign(this, { rid, video, panel, button, live });
    button.addEventListener("click", () => {
      panel.hidden = !panel.hidden;
      pressed(button, !panel.hidden);
    });
    setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  get #nowMs() {
    return this.video.currentTime * 1000;
  }

  async #fetch() {
    this.#asking = true;
    this.#asked = performance.now();
    try {
      const page = await get(`${recordingPath(this.rid)}/data?after=${this.#next}`);
      this.#ended = page.next === this.#next;
      this.#next = page.next;
      this.#values.add(page.items);
    } catch {
      this.#ended = true; // asked again while it grows
    } finally {
      this.#asking = false;
    }
  }

  #look() {
    const wants = this.#values.newest < this.#nowMs + AHEAD_MS;
    const may = this.#ended ? this.live() && performance.now() - this.#asked > AGAIN_MS : true;
    if (wants && may && !this.#asking) this.#fetch();
    this.#draw();
  }

  #draw() {
    if (this.button.hidden && this.#values.newest >= 0) this.button.hidden = this.panel.hidden = false;
    const rows = rowsOf(this.#values.at(this.#nowMs));
    const now = JSON.stringify(rows);
    if (now === this.#shown) return;
    this.#shown = now;
    this.panel.replaceChildren(...rows.map(([name, text]) => el("div", {}, this.#name(name), el("dd", { text }))));
  }

  #name(name) {
    const key = `data.${name}`;
    return hasText(key) ? el("dt", { say: key }) : el("dt", { text: name.replaceAll("_", " ") });
  }
}
