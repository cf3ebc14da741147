// The server's event feed, reconnected for ever; tells whether it is alive.
import { delayMs } from "/static/backoff.js";
import { eventsUrl, get } from "/static/api.js";

const NAMES = [
  "hello", "conference", "site", "levels", "lines", "speaker", "muted_talkers", "layout", "content", "reduced", "recording", "rejoin", "gone",
  "ring", "hangup", "declined", "share", "camera", "moved", "alarm",
];

/**
 * `state` events carry "connecting" | "open" | "lost"; every event of the server is dispatched under
 * its own name with its data as `detail`.
 */
export class Feed extends EventTarget {
  #source = null;
  #attempt = 0;
  #timer = 0;
  state = "connecting";

  /** `levelsHz`: how often in a second levels are told. */
  constructor({ guest = false, levelsHz = 10 } = {}) {
    super();
    this.guest = guest;
    this.levelsHz = levelsHz;
  }

  start() {
    clearTimeout(this.#timer);
    this.#source?.close();
    const source = new EventSource(eventsUrl(this.levelsHz));
    this.#source = source;
    source.onopen = () => {
      this.#attempt = 0;
      this.#say("open");
    };
    source.onerror = () => this.#lost();
    for (const name of NAMES) {
      source.addEventListener(name, (event) => {
        this.dispatchEvent(new CustomEvent(name, { detail: JSON.parse(event.data) }));
      });
    }
  }

  stop() {
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  /** Handles the server's events by a table: name -> function of the data. */
  handle(table) {
    for (const [name, handler] of Object.entries(table)) {
      this.addEventListener(name, (event) => handler(event.detail));
    }
    return this;
  }

  #lost() {
    this.#source.close(); // the browser's own retry never sees that the session has ended
    this.#say("lost");
    this.#timer = setTimeout(() => {
      this.#check();
      this.start();
    }, delayMs(this.#attempt++));
  }

  #check() {
    if (!this.guest) get("/session").catch(() => {}); // 401 leads to login inside
  }

  #say(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
