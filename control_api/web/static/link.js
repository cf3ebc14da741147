// A media connection that heals itself: makes a peer connection, watches it, makes a new one when it breaks.
import { delayMs } from "/static/backoff.js";
import { bytesReceived, negotiate } from "/static/webrtc.js";

const WATCH_MS = 2000;
const SILENT_MS = 6000;
const GRACE_MS = 3000;
const FINAL = new Set([401, 403, 404]);

/**
 * `prepare(pc)` adds the transceivers and may give the one for content; `exchange(offer)` answers {sdp, endpoint}; `release(endpoint)`
 * tells the server that we go; `replaces`: a new connection ends the old one by itself. Events:
 * "stream" with the MediaStream, "content" with that of content, "state" with {state, error, retryMs}; state is idle, connecting,
 * live, waiting (for the next attempt) or failed (no sense in trying again).
 */
export class MediaLink extends EventTarget {
  #pc = null;
  #timer = 0;
  #watch = 0;
  #attempt = 0;
  #endpoint = "";
  #life = null;
  #slides = null;
  state = "idle";

  constructor({ prepare, exchange, release, replaces = false }) {
    super();
    this.prepare = prepare;
    this.exchange = exchange;
    this.release = release;
    this.replaces = replaces;
    this.stream = new MediaStream();
    this.content = new MediaStream();
  }

  start() {
    this.#attempt = 0;
    this.#heed();
    return this.#connect();
  }

  /** The network changed, the page goes, or comes back out of the browser's cache. */
  #heed() {
    if (this.#life) return;
    this.#life = new AbortController();
    const { signal } = this.#life;
    window.addEventListener("online", () => this.retryNow(), { signal });
    window.addEventListener("pagehide", () => this.#leave(), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && this.restart(), { signal });
    navigator.connection?.addEventListener?.("change", () => this.suspect(), { signal });
  }

  stop() {
    this.#life?.abort();
    this.#life = null;
    clearTimeout(this.#timer);
    this.#drop();
    this.#leave();
    this.#say("idle");
  }

  /** What the browser counts, as reports; empty while there is no connection. */
  async reports() {
    return this.#pc ? [...(await this.#pc.getStats()).values()] : [];
  }

  /** Begin anew at once, if it should be running. */
  retryNow() {
    if (this.state !== "idle" && this.state !== "live") this.start();
  }

  restart() {
    if (this.state !== "idle") this.start();
  }

  /** Something may have happened to the other end: look whether bytes still arrive. */
  async suspect() {
    const pc = this.#pc;
    if (this.state !== "live" || !pc) return this.retryNow();
    const before = await bytesReceived(pc);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    if (this.#pc === pc && (await bytesReceived(pc)) === before) this.restart();
  }

  async #connect() {
    clearTimeout(this.#timer);
    this.#drop();
    if (!this.replaces) this.#leave();
    this.#say("connecting");
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.#pc = pc;
    pc.addEventListener("track", (event) => this.#take(event.track, event.transceiver === this.#slides ? "content" : "stream"));
    pc.addEventListener("connectionstatechange", () => this.#changed(pc));
    try {
      this.#slides = (await this.prepare(pc)) || null;
      const answer = await negotiate(pc, this.exchange);
      if (this.#pc === pc) this.#endpoint = answer.endpoint;
      else this.release(answer.endpoint); // given up while the answer was on its way
    } catch (error) {
      if (this.#pc === pc) this.#broken(error);
    }
  }

  #take(track, name) {
    const stream = this[name];
    for (const old of stream.getTracks()) {
      if (old.kind === track.kind) stream.removeTrack(old);
    }
    stream.addTrack(track);
    this.dispatchEvent(new CustomEvent(name, { detail: stream }));
  }

  #changed(pc) {
    if (this.#pc !== pc) return;
    if (pc.connectionState === "connected") this.#connected(pc);
    if (pc.connectionState === "failed" || pc.connectionState === "closed") this.#broken(null);
    if (pc.connectionState === "disconnected") {
      setTimeout(() => this.#pc === pc && pc.connectionState === "disconnected" && this.#broken(null), GRACE_MS);
    }
  }

  #connected(pc) {
    this.#attempt = 0;
    this.#say("live");
    clearInterval(this.#watch);
    let seen = -1;
    let since = performance.now();
    this.#watch = setInterval(async () => {
      if (this.#pc !== pc) return;
      const bytes = await bytesReceived(pc);
      const now = performance.now();
      if (bytes !== seen) [seen, since] = [bytes, now];
      else if (now - since > SILENT_MS && this.#pc === pc) this.#broken(null);
    }, WATCH_MS);
  }

  #broken(error) {
    this.#drop();
    if (error && FINAL.has(error.status)) {
      this.#say("failed", { error });
      return;
    }
    const retryMs = delayMs(this.#attempt++);
    this.#say("waiting", { error, retryMs });
    this.#timer = setTimeout(() => this.#connect(), retryMs);
  }

  #drop() {
    clearInterval(this.#watch);
    const pc = this.#pc;
    this.#pc = null;
    pc?.close();
  }

  #leave() {
    if (this.#endpoint) this.release(this.#endpoint);
    this.#endpoint = "";
  }

  #say(state, more = {}) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, error: null, retryMs: 0, ...more } }));
  }
}
