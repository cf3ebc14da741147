// One track of a recording as a player sees it: what the manifest told, and what to fetch next.
const AHEAD_S = 20; // what is loaded before it is needed
const REQUEST_S = 4; // fragments that lie side by side are fetched together, this much at most

export const HOLE_S = 0.1; // shorter holes are left to the browser

/** One track: what the manifest told of it, and its source buffer. */
export class Track {
  constructor(entry, url) {
    this.name = entry.name;
    this.kind = entry.kind;
    this.url = url;
    this.inits = new Map();
    this.fragments = []; // {offset, size, start, end, keyframe, init}, times in seconds
    this.buffer = null;
    this.cursor = 0; // the next fragment to append
    this.initShown = null;
    this.turn = 0; // grows with every seek: answers to older requests are thrown away
    this.take(entry);
  }

  take(entry) {
    for (const init of entry.inits) this.inits.set(init.id, { ...init, bytes: null });
    for (const [offset, size, start, duration, keyframe, init] of entry.fragments) {
      const begin = start / 1000;
      this.fragments.push({
        offset, size, start: begin, end: begin + duration / 1000, keyframe, init,
      });
    }
  }

  mime(init) {
    return `${this.kind}/mp4; codecs="${this.inits.get(init).codec}"`;
  }

  /** The index of the last fragment that starts at `time` or before; -1 if all start later. */
  at(time) {
    let low = 0;
    let high = this.fragments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.fragments[middle].start <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** From where to append so that `time` can be shown: pictures need their keyframe. */
  entry(time) {
    let index = this.at(time + 0.001);
    if (index < 0) return 0;
    while (index > 0 && !this.fragments[index].keyframe) index -= 1;
    return index;
  }

  /** The earliest time from `time` on for which there is something; null if there is not, yet. */
  next(time) {
    const index = this.at(time);
    if (index >= 0 && this.fragments[index].end > time) return time;
    const following = this.fragments[index + 1];
    return following ? following.start : null;
  }

  get end() {
    return this.fragments.length ? this.fragments[this.fragments.length - 1].end : 0;
  }

  /** The end of the buffered range around `time`, or null. */
  bufferedEnd(time) {
    const ranges = this.buffer.buffered;
    for (let i = 0; i < ranges.length; i += 1) {
      if (ranges.start(i) <= time + HOLE_S && time < ranges.end(i)) return ranges.end(i);
    }
    return null;
  }

  /** Go on from `time`: behind what is buffered there, or anew. */
  moveTo(time) {
    this.turn += 1;
    const end = this.bufferedEnd(time);
    if (end === null) {
      this.cursor = this.entry(time);
      return;
    }
    this.cursor = this.at(end - 0.01) + 1;
  }

  /** The next fragments to fetch in one request: side by side, of one init segment. */
  wanted(time) {
    const first = this.fragments[this.cursor];
    if (!first || first.start > time + AHEAD_S) return null;
    let last = this.cursor;
    while (last + 1 < this.fragments.length) {
      const [here, then] = [this.fragments[last], this.fragments[last + 1]];
      const apart = then.offset !== here.offset + here.size || then.init !== first.init;
      if (apart || then.end - first.start > REQUEST_S) break;
      last += 1;
    }
    const { offset, size } = this.fragments[last];
    return { init: first.init, from: first.offset, to: offset + size, next: last + 1 };
  }
}
