// Somebody calls this site into a conference: a bell, and the choice to come or not.
import { openDialog } from "/static/dialogs.js";
import { el, icon } from "/static/dom.js";

const RINGS_MS = 45_000;
const PERIOD_MS = 3000;
/** Hz and seconds after the begin of a ring, as telephones have it. */
const NOTES = [[880, 0], [1108, 0.18], [880, 0.36], [1108, 0.54]];

function note(context, hz, at) {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = hz;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.16, at + 0.02);
  volume.gain.linearRampToValueAtTime(0, at + 0.17);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.18);
}

/** Rings until the function that it answers is called; silent where the browser wants a click first. */
function bell() {
  const context = new AudioContext();
  const ring = () => {
    if (context.state === "running") for (const [hz, after] of NOTES) note(context, hz, context.currentTime + after);
    navigator.vibrate?.(400);
  };
  ring();
  const timer = setInterval(ring, PERIOD_MS);
  return () => {
    clearInterval(timer);
    context.close();
  };
}

export class Ring {
  #box = null;
  #answer = null;

  /** `accept()` and `decline()` are what the person chose. */
  constructor({ accept, decline }) {
    this.accept = accept;
    this.decline = decline;
  }

  show(name) {
    if (this.#box) return;
    this.#answer = this.decline;
    const choose = (chosen) => {
      this.#answer = chosen;
      this.#box.close();
    };
    const silence = bell();
    const late = setTimeout(() => choose(null), RINGS_MS);
    const body = el("div", { class: "dialog-body ring" },
      el("p", { class: "ring-mark" }, icon("bell")),
      el("p", { say: ["ring.text", { name }] }),
      el("footer", { class: "actions" },
        el("button", { type: "button", class: "plain", say: "ring.decline", on: { click: () => choose(this.decline) } }),
        el("button", { type: "button", class: "primary", autofocus: true, say: "ring.accept", on: { click: () => choose(this.accept) } })));
    this.#box = openDialog("ring.title", body, {
      onClose: () => {
        clearTimeout(late);
        silence();
        this.#box = null;
        this.#answer?.();
      },
    });
  }

  /** The call is over: another page came in, or this one did. */
  hush() {
    this.#answer = null;
    this.#box?.close();
  }
}
