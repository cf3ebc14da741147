// A media connection that heals itself: makes a peer connection, watches it, makes a new one when it breaks.
import { delayMs } from "/static/backoff.js";
import { bytesReceived, negotiate } from "/static/webrtc.js";

const WATCH_MS = 2000;
const SILENT_MS = 6000;
const GRACE_MS = 3000;
const FINAL = new Set([401, 403, 404]);

/**
 * `prepare(pc)` adds the transceivers; `exchange(offer)` answers {sdp, endpoint}; `release(endpoint)`
 * tells the server that we go. Events: "state" with {state, error, retryMs}; state is idle,
 * connecting, live, waiting (for the next attempt) or failed (no sense in trying again).
 */
export class MediaLink extends EventTarget {
  #pc = null;
  #timer = 0;
  #watch = 0;
  #attempt = 0;
  #endpoint = "";
  state = "idle";

  constructor({ prepare, exchange, release }) {
    super();
    this.prepare = prepare;
    this.exchange = exchange;
    this.release = release;
    this.stream = new MediaStream();
    window.addEventListener("online", () => this.retryNow());
    window.addEventListener("pagehide", () => this.#leave());
    navigator.connection?.addEventListener?.("change", () => this.suspect());
  }

  get endpoint() {
    return this.#endpoint;
  }

  start() {
    this.#attempt = 0;
    return this.#connect();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#drop();
    this.#leave();
    this.#say("idle");
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
    this.#say("connecting");
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.#pc = pc;
    pc.addEventListener("track", (event) => this.#take(event.track));
    pc.addEventListener("connectionstatechange", () => this.#changed(pc));
    try {
      await this.prepare(pc);
      const answer = await negotiate(pc, this.exchange);
      if (this.#pc !== pc) return;
      this.#endpoint = answer.endpoint || "";
    } catch (error) {
      if (this.#pc === pc) this.#broken(error);
    }
  }

  #take(track) {
    for (const old of this.stream.getTracks()) {
      if (old.kind === track.kind) this.stream.removeTrack(old);
    }
    this.stream.addTrack(track);
    this.dispatchEvent(new CustomEvent("stream", { detail: this.stream }));
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
