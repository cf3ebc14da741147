// Keeps a second video element on the clock of a first: by its rate, and by a seek where that is too far.
const FAR_S = 0.7; // further off than this, jump
const NEAR_S = 0.015; // nearer than this, leave the rate alone
const MOST_BEND = 0.06;
const LEAST_STEP = 0.004;

/** Bend the rate of `video` so that it comes to `target` seconds; `pace` is the rate to go at. `holds(time)`: can it be shown? */
export function follow(video, target, pace, holds) {
  const off = target - video.currentTime;
  if (Math.abs(off) > FAR_S || (video.readyState < 3 && off > NEAR_S) || (video.paused && Math.abs(off) > NEAR_S)) {
    if (!video.seeking && holds(target)) video.currentTime = target;
    return;
  }
  const bend = Math.abs(off) < NEAR_S ? 0 : Math.max(-MOST_BEND, Math.min(MOST_BEND, off));
  if (Math.abs(video.playbackRate - pace - bend) > LEAST_STEP) video.playbackRate = pace + bend;
}

/** Whether a time is buffered in an element. */
export function buffered(video, time) {
  const ranges = video.buffered;
  for (let i = 0; i < ranges.length; i += 1) if (ranges.start(i) <= time && time < ranges.end(i)) return true;
  return false;
}
