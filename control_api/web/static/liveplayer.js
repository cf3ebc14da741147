// Plays a live conference: fragments of one frame each, pushed over one HTTP answer that never ends.
//
//   const player = openLive({ url, video, contentVideo, onChange });
//   player.close();
//
// The stream's messages are described in recorder/live.py. All tracks carry one clock; `delay` is
// how far behind the newest picture the screen is led, by bending the rate a little. It is what
// fragments were late by in the last seconds and a little more, for a stall costs far more than it
// lasts: a browser that ran out of sound wants hundreds of milliseconds of it to go on.
import { ApiError } from "/static/api.js";
import { delayMs } from "/static/backoff.js";
import { buffered, follow, HEARD, SILENT } from "/static/follow.js";
import { Phase } from "/static/phase.js";

const HEADER = 16;
const TRACK = 1;
const FRAGMENT = 2;
const SPARE_S = 0.08; // beyond what fragments are late by
const LEAST_DELAY_S = 0.12;
const MOST_DELAY_S = 0.6;
const MORE_S = 0.04; // after a stall
const LESS_S = 0.01; // each second: so slowly is a stall, or the latest fragment, forgotten
const LEAD_DECAY = 0.005; // of what a fragment is later than the earliest ones, 30 times a second
const KEPT_S = 8;
const STEER_MS = 100;
const STUCK_S = 0.05;
const ENDED_MS = 3000;
const SILENT_MS = 6000; // an answer that says nothing for so long is dead

const text = new TextDecoder();

/** A video element and what is appended to it: at most one picture track and one sound track. */
class Screen {
  constructor(video) {
    this.video = video;
    this.tracks = new Map();
    this.heard = -Infinity;
    this.begun = false;
    this.source = new (window.MediaSource ?? window.ManagedMediaSource)();
    if (!window.MediaSource) video.disableRemotePlayback = true; // ManagedMediaSource asks so
    this.url = URL.createObjectURL(this.source);
    this.opened = new Promise((resolve) => this.source.addEventListener("sourceopen", resolve, { once: true }));
    video.src = this.url;
  }

  close() {
    this.tracks.clear();
    this.video.removeAttribute("src");
    this.video.load();
    URL.revokeObjectURL(this.url);
  }

  /** A track begins, or goes on with other parameters. */
  head(number, mime, bytes) {
    let track = this.tracks.get(number);
    if (!track) {
      track = { buffer: this.source.addSourceBuffer(mime), mime, waiting: [], lead: null, late: 0 };
      track.buffer.addEventListener("updateend", () => this.pump(track));
      this.tracks.set(number, track);
    } else if (track.mime !== mime) {
      track.waiting.push({ mime });
      track.mime = mime;
    }
    track.waiting.push({ bytes });
    this.pump(track);
  }

  fragment(number, time, bytes) {
    const track = this.tracks.get(number);
    if (!track) return;
    this.heard = performance.now();
    const lead = time - performance.now() / 1000;
    track.lead = track.lead === null || lead > track.lead ? lead : track.lead - LEAD_DECAY * (track.lead - lead);
    track.late = Math.max(track.late, track.lead - lead);
    track.waiting.push({ bytes });
    if (this.begun) this.pump(track);
    else this.begin();
  }

  /** Nothing is appended before the first fragment: browsers want to know all tracks before. */
  begin() {
    this.begun = true;
    for (const track of this.tracks.values()) this.pump(track);
  }

  /** Append all that waits in one go; then forget what was shown long ago. */
  pump(track) {
    if (!this.begun || track.buffer.updating || this.source.readyState !== "open") return;
    if (track.waiting[0]?.mime) track.buffer.changeType(track.waiting.shift().mime);
    const parts = [];
    while (track.waiting.length && !track.waiting[0].mime) parts.push(track.waiting.shift().bytes);
    if (parts.length) {
      track.buffer.appendBuffer(joined(parts));
      return;
    }
    const old = this.video.currentTime - KEPT_S;
    const ranges = track.buffer.buffered;
    if (ranges.length && ranges.start(0) < old - KEPT_S) track.buffer.remove(0, old);
  }

  /** The moment that comes now, were nothing late; of the later track; null before there is one. */
  get edge() {
    const leads = [...this.tracks.values()].map((track) => track.lead);
    return leads.length && !leads.includes(null) ? Math.min(...leads) + performance.now() / 1000 : null;
  }
}

/** How late fragments came; what was the latest is forgotten slowly. */
function lateness(screen, forgotten) {
  for (const track of screen.tracks.values()) track.late = Math.max(0, track.late - forgotten);
  return Math.max(0, ...[...screen.tracks.values()].map((track) => track.late));
}

function joined(parts) {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Cuts a stream of bytes into messages: {kind, track, time, body}. */
async function* messages(reader) {
  let held = new Uint8Array(0);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held = held.length ? joined([held, value]) : value;
    let at = 0;
    while (held.length - at >= HEADER) {
      const view = new DataView(held.buffer, held.byteOffset + at, HEADER);
      const size = view.getUint32(0);
      if (held.length - at < HEADER + size) break;
      const body = held.slice(at + HEADER, at + HEADER + size);
      yield { kind: view.getUint8(4), track: view.getUint8(5), time: view.getFloat64(8), body };
      at += HEADER + size;
    }
    held = held.slice(at);
  }
}

class LivePlayer extends EventTarget {
  constructor(url, video, contentVideo) {
    super();
    this.url = url;
    this.video = video;
    this.contentVideo = contentVideo;
    this.phase = contentVideo && new Phase(video, contentVideo);
    this.delay = LEAST_DELAY_S + SPARE_S;
    this.more = 0; // for the stalls there were
    this.stalls = 0;
    this.state = "connecting";
    this.main = null;
    this.content = null;
    this.presented = false;
    this.closed = false;
    this.heard = 0;
    this.aborting = null;
    this.video.addEventListener("waiting", () => this.stalled());
    this.steering = setInterval(() => this.steer(), STEER_MS);
    this.run();
  }

  close() {
    this.closed = true;
    clearInterval(this.steering);
    this.aborting?.abort();
    this.drop();
  }

  /** Whether content is shown now; it has ended when nothing more comes. */
  get presents() {
    return Boolean(this.content) && performance.now() - this.content.heard < ENDED_MS;
  }

  /** Seconds between what comes now and what is on the screen; null before the first picture. */
  get behind() {
    const edge = this.main?.edge;
    return edge === null || edge === undefined ? null : edge - this.video.currentTime;
  }

  show(state, problem = null) {
    this.state = state;
    this.problem = problem;
    this.dispatchEvent(new Event("change"));
  }

  async run() {
    for (let attempt = 0; !this.closed; attempt += 1) {
      try {
        await this.watch(() => (attempt = 0));
        if (!this.closed) this.show("connecting");
      } catch (error) {
        if (this.closed) return;
        this.show(error.status ? "refused" : "connecting", error);
        if (error.status && error.status !== 429 && error.status < 500) return;
      }
      this.drop();
      await new Promise((resolve) => setTimeout(resolve, delayMs(attempt)));
    }
  }

  async watch(came) {
    this.aborting = new AbortController();
    this.heard = performance.now();
    const answer = await fetch(this.url, { signal: this.aborting.signal, cache: "no-store" });
    if (!answer.ok) {
      throw new ApiError(answer.status, await answer.json().catch(() => ({})));
    }
    this.main = new Screen(this.video);
    await this.main.opened;
    const where = new Map();
    for await (const { kind, track, time, body } of messages(answer.body.getReader())) {
      this.heard = performance.now();
      came();
      if (kind === TRACK) where.set(track, await this.open(track, body));
      else if (kind === FRAGMENT) where.get(track)?.fragment(track, time, body);
      if (kind === FRAGMENT && this.state !== "playing") this.begin();
    }
  }

  async open(number, body) {
    const end = body.indexOf(10);
    const track = JSON.parse(text.decode(body.subarray(0, end)));
    const screen = { main: this.main, sound: this.main, content: await this.contentScreen(track.name) }[track.name];
    screen?.head(number, `${track.kind}/mp4; codecs="${track.codec}"`, body.subarray(end + 1));
    return screen;
  }

  async contentScreen(name) {
    if (!this.contentVideo || name !== "content") return null;
    this.content ??= new Screen(this.contentVideo);
    await this.content.opened;
    return this.content;
  }

  /** The first picture can be shown: go to the newest. */
  begin() {
    const edge = this.main.edge;
    if (edge === null || !buffered(this.video, edge - this.delay)) return;
    this.video.currentTime = edge - this.delay;
    this.video.play().catch(() => {});
    this.show("playing");
  }

  stalled() {
    if (this.state !== "playing" || this.video.seeking) return;
    this.stalls += 1;
    this.more = Math.min(MOST_DELAY_S, this.more + MORE_S);
  }

  /** Ten times a second: lead the main picture behind the edge, and content behind the main one. */
  steer() {
    if (performance.now() - this.heard > SILENT_MS) this.aborting?.abort();
    if (this.state !== "playing" || !this.main) return;
    if (this.presents !== this.presented) {
      this.presented = this.presents;
      this.dispatchEvent(new Event("change"));
    }
    if (this.video.paused) return;
    const forgotten = (LESS_S * STEER_MS) / 1000;
    this.more = Math.max(0, this.more - forgotten);
    const wanted = lateness(this.main, forgotten) + SPARE_S + this.more;
    this.delay = Math.min(MOST_DELAY_S, Math.max(LEAST_DELAY_S, wanted));
    this.lead(this.main, this.main.edge - this.delay, 1);
    if (this.presents && this.content.edge) {
      this.lead(this.content, this.video.currentTime + this.phase.look(), this.video.playbackRate);
    }
    if (this.content?.video.paused) this.content.video.play().catch(() => {});
  }

  lead(screen, target, pace) {
    const { video } = screen;
    const there = (time) => buffered(video, time);
    const stuck = video.readyState < 3 && target > video.currentTime && !there(video.currentTime + STUCK_S);
    if (stuck && !video.seeking && there(target)) video.currentTime = target; // a hole that nothing will fill
    else follow(video, target, pace, screen === this.main ? HEARD : SILENT, there);
  }

  drop() {
    this.main?.close();
    this.content?.close();
    this.main = this.content = null;
  }
}

/** Begin to watch; `contentVideo` may be left out. Events `change`: read `state`, `presents`, `problem`. */
export const openLive = ({ url, video, contentVideo = null }) => new LivePlayer(url, video, contentVideo);
