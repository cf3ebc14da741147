// How far two video elements are apart on the screen, told by the pictures that they put there.
// Their clocks may agree while one still shows each picture later than the other: browsers keep the
// beat in which they began to show pictures, as long as it is not a whole picture off.

const FEW = 6; // pictures of each that are looked at
const SAME_S = 0.006; // nearer than this is the same refresh of the screen
const PART = 0.5; // of what is measured, corrected at a time
const MOST_S = 0.06;

/** The newest pictures that an element has shown: [media time, when it was seen], in seconds. */
class Shown {
  pictures = [];

  constructor(video) {
    const note = (_, { mediaTime, expectedDisplayTime }) => {
      this.pictures.push([mediaTime, expectedDisplayTime / 1000]);
      if (this.pictures.length > FEW) this.pictures.shift();
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback?.(note);
  }

  /** How far media time is ahead of the clock at that rate: of the middle one of the pictures. */
  lead(rate) {
    const leads = this.pictures.map(([media, seen]) => media - rate * seen).sort((a, b) => a - b);
    return leads.length < FEW ? null : leads[FEW >> 1];
  }
}

/** What to add to the time of `leader` so that `follower` shows the same picture at the same moment. */
export class Phase {
  correction = 0;

  constructor(leader, follower) {
    Object.assign(this, { leader, follower });
    this.shown = [new Shown(leader), new Shown(follower)];
  }

  /** What was shown says nothing any more: of either a place or a rate has changed. */
  forget() {
    for (const one of this.shown) one.pictures = [];
  }

  /** Measure again, where enough was shown since the last time; the correction in seconds. */
  look() {
    const { playbackRate: rate } = this.leader;
    if (this.follower.playbackRate !== rate) this.forget();
    const [leads, follows] = this.shown.map((one) => one.lead(rate));
    if (leads === null || follows === null) return this.correction;
    const apart = leads - follows;
    this.forget();
    if (Math.abs(apart) > SAME_S && Math.abs(apart) < MOST_S) {
      this.correction = Math.max(-MOST_S, Math.min(MOST_S, this.correction + apart * PART));
    }
    return this.correction;
  }
}
