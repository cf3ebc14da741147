// The live picture with a grid of panes over it: each pane is a button (its menu) and a place to drop a site.
import { stillsUrl } from "/static/api.js";
import { delayMs } from "/static/backoff.js";
import { draggable } from "/static/drag.js";
import { el, icon, iconButton, pressed, setIcon, setVar } from "/static/dom.js";
import { aria, label, say, saysPlainly } from "/static/i18n.js";
import { drawingOrder } from "/static/layouts.js";
import { leader, withContent } from "/static/lead.js";
import { totals } from "/static/measure.js";
import { Losses } from "/static/sparing.js";
import { watchLink } from "/static/watch.js";

const percent = (value) => `${(value * 100).toFixed(4)}%`;

const STILL_WIDTH = 480;
const STILL_S = 5;
const LOOK_MS = 3000;

/** Gives the picture's sound to the ears, or takes it. The browser may want a click first. */
function soundButton(video, changed) {
  const button = iconButton("speaker-off", "stage.sound_on", () => {
    video.muted = !video.muted;
    setIcon(button, video.muted ? "speaker-off" : "speaker");
    label(button, video.muted ? "stage.sound_on" : "stage.sound_off");
    pressed(button, !video.muted);
    if (!video.muted) video.play().catch(() => {});
    changed();
  });
  pressed(button, false);
  button.id = "sound";
  return button;
}

export class Stage {
  #panes = [];
  #shape = "";
  #link = null;
  #cid = "";
  #sparing = false;
  #attempt = 0;
  #timer = 0;
  #looks = 0;

  /** `actions`: openPane(k, anchor), drop(k, site, from), siteName(id), lossy(). */
  constructor(root, actions) {
    this.actions = actions;
    this.video = el("video", { id: "picture", autoplay: true, playsinline: true, tabindex: "-1", aria: "stage.picture" });
    this.video.muted = true;
    this.overlay = el("div", { class: "panes", role: "group", aria: "stage.panes" });
    this.words = el("p", {});
    this.again = el("button", { type: "button", class: "plain", say: "stage.try_now", on: { click: () => (this.#sparing ? this.#begin() : this.#link?.start()) } });
    this.notice = el("div", { class: "stage-notice", role: "status" }, el("i", { class: "spinner" }), this.words, this.again);
    this.stills = el("img", { id: "stills", class: "stills", alt: "", hidden: true, on: { load: () => this.#seen(), error: () => this.#unseen() } });
    this.sound = soundButton(this.video, () => this.#sparing && this.#listen());
    this.rec = el("span", { class: "rec-mark", hidden: true }, el("i", {}), "REC");
    root.append(this.video, this.stills, this.overlay, this.rec, this.notice);
    this.root = root;
  }

  /** Watches another conference (empty: none). */
  watch(cid) {
    if (cid === this.#cid) return;
    this.#cid = cid;
    this.#begin();
  }

  /** Shows stills in place of moving pictures, or moving ones again. */
  spare(on) {
    if (on === this.#sparing) return;
    this.#sparing = on;
    this.#begin();
  }

  /** The server asked viewers for a new connection, or was away. */
  rejoin() {
    if (this.#sparing) this.#begin();
    else this.#link?.restart();
  }

  #begin() {
    clearTimeout(this.#timer);
    clearInterval(this.#looks);
    this.#link?.stop();
    this.#link = null;
    this.video.srcObject = null;
    this.stills.removeAttribute("src");
    this.stills.hidden = !this.#sparing;
    this.#show({ state: this.#cid ? "connecting" : "empty" });
    if (!this.#cid) return;
    if (this.#sparing) {
      this.stills.src = stillsUrl(this.#cid, STILL_WIDTH, STILL_S);
      this.#listen();
    } else this.#move();
  }

  #move() {
    const link = watchLink(this.#cid);
    const losses = new Losses();
    this.#link = link;
    link.addEventListener("state", (event) => this.#show(event.detail));
    link.addEventListener("stream", (event) => this.#play(event.detail));
    link.start();
    this.#looks = setInterval(async () => losses.look(totals(await link.reports())) && this.actions.lossy(), LOOK_MS);
  }

  /** Beside stills there is sound, as soon as somebody wants to hear. */
  #listen() {
    if (this.#link || this.video.muted || !this.#cid) return;
    this.#link = watchLink(this.#cid, { video: false });
    this.#link.addEventListener("stream", (event) => this.#play(event.detail));
    this.#link.start();
  }

  #seen() {
    this.#attempt = 0;
    this.#show({ state: "live" });
  }

  #unseen() {
    if (!this.#sparing || !this.stills.hasAttribute("src")) return;
    this.#show({ state: "waiting" });
    this.#timer = setTimeout(() => this.#begin(), delayMs(this.#attempt++));
  }

  #play(stream) {
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    this.video.play().catch(() => {}); // muted play is allowed; a click starts the rest
  }

  #show({ state, error }) {
    this.root.dataset.state = state;
    const words = error?.status === 0 ? "stage.server_gone" : `stage.${state}`;
    say(this.words, words);
    this.again.hidden = state !== "waiting" && state !== "failed";
  }

  /** Brings the overlay to the conference's layout; panes stay the same nodes while the shape does. */
  update(conference, layout) {
    setVar(this.root.parentElement, "--aspect", (conference?.width || 16) / (conference?.height || 9));
    this.rec.hidden = !conference?.recording;
    const shape = JSON.stringify(layout.panes);
    if (shape !== this.#shape) this.#build(layout);
    this.#shape = shape;
    this.overlay.hidden = withContent(conference);
    const lead = leader(conference);
    this.#panes.forEach((pane, k) => this.#fill(pane, k, conference, lead));
  }

  #build(layout) {
    this.overlay.replaceChildren();
    this.#panes = layout.panes.map((pane, k) => this.#pane(pane, k));
    const order = drawingOrder(layout.panes);
    order.forEach((k, level) => setVar(this.#panes[k].button, "z-index", level + 1));
    this.overlay.append(...this.#panes.map((pane) => pane.button));
  }

  #pane(rect, k) {
    const name = el("span", { class: "pane-name" });
    const how = el("span", { class: "pane-how" });
    const button = el("button", {
      type: "button",
      class: "pane",
      data: { drop: `pane-${k}`, pane: k },
      "aria-haspopup": "dialog",
      "aria-expanded": "false",
      on: { click: () => this.actions.openPane(k, button) },
    }, el("span", { class: "pane-chip" }, el("b", { text: String(k + 1) }), name, how));
    for (const [property, value] of [["left", rect.x], ["top", rect.y], ["width", rect.w], ["height", rect.h]]) {
      setVar(button, property, percent(value));
    }
    draggable(button, {
      name: () => this.actions.siteName(button.dataset.site || ""),
      dropped: (target) => this.actions.drop(target, button.dataset.site, k),
    });
    return { button, name, how };
  }

  #fill({ button, name, how }, k, conference, lead) {
    const site = conference?.shown?.panes?.[k] || "";
    const wanted = lead?.by || conference?.panes?.[k]?.kind || "auto";
    const text = this.actions.siteName(site);
    button.dataset.site = site;
    button.dataset.kind = wanted;
    button.classList.toggle("speaking", Boolean(site) && site === conference?.speaker);
    if (text) saysPlainly(name, text);
    else say(name, "pane.nobody");
    say(how, `pane.kind_${wanted}`);
    aria(button, text ? "pane.label" : "pane.label_empty", { number: k + 1, name: text });
  }
}

/** Full screen of a node; the button says which way. */
export function fullscreenButton(node) {
  const button = iconButton("expand", "stage.fullscreen", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else node.requestFullscreen?.();
  });
  document.addEventListener("fullscreenchange", () => {
    const on = Boolean(document.fullscreenElement);
    setIcon(button, on ? "shrink" : "expand");
    label(button, on ? "stage.fullscreen_off" : "stage.fullscreen");
  });
  return button;
}

/** Who speaks, in words. */
export function speakerLine() {
  const name = el("span", { class: "speaker-name" });
  const node = el("p", { class: "speaker-line" }, icon("wave"), name);
  const show = (text) => {
    node.classList.toggle("on", Boolean(text));
    if (text) saysPlainly(name, text);
    else say(name, "stage.nobody_speaks");
  };
  show("");
  return { node, show };
}
