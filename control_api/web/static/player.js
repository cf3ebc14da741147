// Plays a recording in a <video> element with Media Source Extensions, finished or still growing.
//
//   import { openPlayer } from "/static/player.js";
//   const player = await openPlayer({
//     video: document.querySelector("video"),
//     manifestUrl: "/api/v1/recordings/R/manifest",
//     trackUrl: (name) => `/api/v1/recordings/R/tracks/${name}`,
//     onChange: (player) => { … },          // duration, live or error changed; optional
//   });
//   player.goLive(); player.seek(12.5); player.close();
//
// Picture and sound carry one clock, so a single MediaSource keeps them in step. The manifest says
// where every fragment stands and when it plays; seeking is a look-up, and a place where the
// recording has nothing is jumped over instead of waited for.

import { HOLE_S, Track } from "/static/track.js";

const SHOWN = ["main", "sound"]; // one element shows one picture: content has a player of its own
const BEHIND_S = 30; // what is kept after it was shown
const LIVE_EDGE_S = 1; // how far behind the newest fragment live playing starts
const POLL_MS = 500;
const IDLE_MS = 100;
const RETRY_MS = 500;
const STUCK_MS = 1500;
const LEAST_JUDGED = 50_000; // bytes: smaller answers say more of the way than of its width
const KEPT = 0.6; // of what came before an answer, and of the time that it took

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Player {
  constructor(video, manifestUrl, trackUrl, onChange, shown = SHOWN, start = 0) {
    this.video = video;
    this.shown = shown;
    this.start = start;
    this.names = new Set();
    this.told = new Map(); // name of a track: its {bytes, seconds}, as far as told
    this.bps = 0; // what came a second while something was fetched
    this.came = { bits: 0, ms: 0 };
    this.manifestUrl = manifestUrl;
    this.trackUrl = typeof trackUrl === "function" ? trackUrl : (name) => `${trackUrl}/${name}`;
    this.onChange = onChange;
    this.tracks = new Map();
    this.gaps = [];
    this.marks = []; // {at_ms, kind, text, by}
    this.live = true;
    this.error = null;
    this.closed = false;
    this.next = 0;
    this.aborting = new AbortController();
    this.stuckSince = null;
    this.onSeeking = () => {
      for (const track of this.ready()) track.moveTo(this.video.currentTime);
    };
  }

  /** Seconds that are recorded so far. */
  get duration() {
    return Math.max(0, ...[...this.tracks.values()].map((track) => track.end));
  }

  /** Whether the recording has that track, played here or not. */
  has(name) {
    return this.names.has(name);
  }

  /** What a track takes, bits a second; 0 while nothing is known. */
  rateOf(name) {
    const { bytes, seconds } = this.told.get(name) ?? { bytes: 0, seconds: 0 };
    return seconds ? (bytes * 8) / seconds : 0;
  }

  /** Whether a track that is played here has something at that time. */
  covers(name, time) {
    return this.tracks.get(name)?.next(time) === time;
  }

  /** What can be sought to, seconds. */
  get seekable() {
    return { start: 0, end: this.duration };
  }

  seek(time) {
    this.video.currentTime = Math.min(Math.max(0, time), this.duration);
  }

  goLive() {
    this.seek(this.duration - LIVE_EDGE_S);
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    this.aborting.abort();
    this.video.removeEventListener("seeking", this.onSeeking);
    this.video.removeAttribute("src");
    this.video.load();
    URL.revokeObjectURL(this.objectUrl);
  }

  async open() {
    await this.poll();
    const Source = window.MediaSource ?? window.ManagedMediaSource;
    if (!Source) return this.playNatively();
    if (!window.MediaSource) this.video.disableRemotePlayback = true; // ManagedMediaSource asks so
    this.source = new Source();
    this.objectUrl = URL.createObjectURL(this.source);
    const opened = new Promise((resolve) => {
      this.source.addEventListener("sourceopen", resolve, { once: true });
    });
    this.video.src = this.objectUrl;
    await opened;
    while (!this.closed && (this.tracks.size === 0 || (this.live && this.duration < 0.2))) {
      await pause(IDLE_MS); // all tracks must be known before the first byte is appended
      await this.poll();
    }
    for (const track of this.tracks.values()) {
      track.buffer = this.source.addSourceBuffer(track.mime(track.fragments[0].init));
      track.buffer.mode = "segments";
    }
    this.stretch();
    if (this.start) this.begin();
    this.video.addEventListener("seeking", this.onSeeking);
    for (const track of this.ready()) this.feed(track);
    this.watch();
  }

  /** Playing begins in the middle. */
  begin() {
    for (const track of this.ready()) track.moveTo(this.start);
    this.video.currentTime = this.start;
  }

  /** A browser without Media Source Extensions (older iPhones) plays HLS by itself. */
  playNatively() {
    this.video.src = new URL("hls/index.m3u8", new URL(this.manifestUrl, document.baseURI)).href;
    this.watch();
  }

  ready() {
    return [...this.tracks.values()].filter((track) => track.buffer);
  }

  /** Ask for what is new, and take it. */
  async poll() {
    const url = new URL(this.manifestUrl, document.baseURI);
    if (this.next) url.searchParams.set("after", this.next);
    const answer = await fetch(url, { signal: this.aborting.signal, cache: "no-store" });
    if (!answer.ok) throw new Error(`The manifest cannot be read (${answer.status}).`);
    const manifest = await answer.json();
    for (const { name, fragments } of manifest.tracks) {
      if (fragments.length) this.names.add(name);
      const told = this.told.get(name) ?? { bytes: 0, seconds: 0 };
      for (const [, size, , duration] of fragments) {
        told.bytes += size;
        told.seconds += duration / 1000;
      }
      this.told.set(name, told);
    }
    for (const entry of manifest.tracks.filter(({ name }) => this.shown.includes(name))) {
      const track = this.tracks.get(entry.name);
      if (track) track.take(entry);
      else if (entry.fragments.length) {
        this.tracks.set(entry.name, new Track(entry, this.trackUrl(entry.name)));
      }
    }
    this.gaps.push(...manifest.gaps);
    this.marks.push(...manifest.marks);
    this.next = manifest.next;
    const news = manifest.tracks.length + manifest.marks.length > 0;
    const changed = this.live !== manifest.live || news;
    this.live = manifest.live;
    return changed;
  }

  /** The element's duration follows the recording. */
  stretch() {
    if (this.source?.readyState !== "open") return;
    if (this.ready().some((track) => track.buffer.updating)) return;
    if (!(this.source.duration >= this.duration)) this.source.duration = this.duration;
  }

  /** One loop for each track: fetch, append, throw away. */
  async feed(track) {
    while (!this.closed) {
      const turn = track.turn;
      const wanted = track.wanted(this.video.currentTime);
      if (!wanted) {
        this.finish();
        await pause(IDLE_MS);
        continue;
      }
      try {
        const init = track.inits.get(wanted.init);
        init.bytes ??= await this.bytes(track, init.offset, init.offset + init.size);
        const media = await this.bytes(track, wanted.from, wanted.to);
        if (turn !== track.turn || this.closed) continue;
        if (track.initShown !== wanted.init) {
          track.buffer.changeType(track.mime(wanted.init));
          await this.append(track, init.bytes);
          track.initShown = wanted.init;
        }
        await this.append(track, media);
        if (turn === track.turn) track.cursor = wanted.next;
        this.stretch();
        await this.discard(track);
        this.setError(null);
      } catch (error) {
        if (this.closed) return;
        if (error.name === "QuotaExceededError") await this.discard(track, 5);
        else this.setError(error);
        await pause(RETRY_MS);
      }
    }
  }

  async bytes(track, from, to) {
    const asked = performance.now();
    const answer = await fetch(track.url, {
      headers: { Range: `bytes=${from}-${to - 1}` },
      signal: this.aborting.signal,
    });
    if (answer.status !== 206) throw new Error(`The recording cannot be read (${answer.status}).`);
    const body = await answer.arrayBuffer();
    if (body.byteLength > LEAST_JUDGED) {
      this.came.bits = this.came.bits * KEPT + body.byteLength * 8;
      this.came.ms = this.came.ms * KEPT + Math.max(1, performance.now() - asked);
      this.bps = (this.came.bits * 1000) / this.came.ms;
    }
    return body;
  }

  append(track, bytes) {
    return this.update(track, () => track.buffer.appendBuffer(bytes));
  }

  /** Let go of what was shown long ago. */
  async discard(track, behind = BEHIND_S) {
    const before = this.video.currentTime - behind;
    const ranges = track.buffer.buffered;
    if (before <= 0 || ranges.length === 0 || ranges.start(0) > before - 10) return;
    await this.update(track, () => track.buffer.remove(0, before));
  }

  update(track, action) {
    return new Promise((resolve, reject) => {
      const settle = (event) => {
        for (const name of ["updateend", "error"]) track.buffer.removeEventListener(name, settle);
        if (event.type === "error") reject(new Error("The browser cannot play this recording."));
        else resolve();
      };
      for (const name of ["updateend", "error"]) track.buffer.addEventListener(name, settle);
      try {
        action();
      } catch (error) {
        settle({ type: "updateend" });
        reject(error);
      }
    });
  }

  /** Tell the element that there will be no more, once a finished recording is all appended. */
  finish() {
    if (this.live || this.source?.readyState !== "open") return;
    const busy = (track) => track.buffer.updating || track.cursor < track.fragments.length;
    if (!this.ready().some(busy)) this.source.endOfStream();
  }

  /** Follow a growing recording, and never stand still where there is nothing to wait for. */
  async watch() {
    let polled = performance.now();
    while (!this.closed) {
      await pause(IDLE_MS);
      if (this.closed) return;
      this.jump();
      if (!this.live || performance.now() - polled < POLL_MS) continue;
      polled = performance.now();
      try {
        if (await this.poll()) {
          this.stretch();
          this.onChange?.(this);
        }
      } catch (error) {
        if (!this.closed) this.setError(error);
      }
    }
  }

  jump() {
    if (!this.source) return; // the browser's own player sees to it
    const time = this.video.currentTime;
    if (this.video.readyState >= 3 || this.video.ended) {
      this.stuckSince = null;
      return;
    }
    let target = time;
    for (let round = 0; round < 8; round += 1) {
      const next = this.ready().map((track) => track.next(target));
      if (next.includes(null)) break; // the end, or not recorded yet
      const latest = Math.max(...next);
      if (latest === target) break;
      target = latest;
    }
    const complete = this.ready().every((track) => track.next(target) === target);
    if (complete && target - time > HOLE_S) {
      this.video.currentTime = target;
      return;
    }
    this.unstick(time);
  }

  /** A hole that the manifest does not know, however it came about: go on behind it. */
  unstick(time) {
    const ranges = this.video.buffered;
    let following = null;
    for (let i = 0; i < ranges.length; i += 1) {
      if (ranges.start(i) > time && following === null) following = ranges.start(i);
    }
    if (following === null) {
      this.stuckSince = null;
      return;
    }
    this.stuckSince ??= performance.now();
    if (performance.now() - this.stuckSince < STUCK_MS) return;
    this.stuckSince = null;
    this.video.currentTime = following + 0.001;
  }

  setError(error) {
    const before = this.error;
    this.error = error ? error.message : null;
    if (before !== this.error) this.onChange?.(this);
  }
}

/**
 * Begin to play into `video`; resolves when the first fragment can be loaded. `trackUrl` is a
 * function of the track's name, or the address under which the tracks lie; `start`: seconds.
 */
export async function openPlayer({ video, manifestUrl, trackUrl, onChange, tracks, start }) {
  const player = new Player(video, manifestUrl, trackUrl, onChange, tracks, start);
  try {
    await player.open();
  } catch (error) {
    player.close();
    throw error;
  }
  return player;
}
