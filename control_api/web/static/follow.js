// Keeps a video element on a clock: by its rate, and by a seek where that is too far.
const FAR_S = 0.7; // further off than this, jump
const LEAST_STEP = 0.004;
const STILL_S = 0.015; // so near is a picture that stands

/**
 * Nearer than `near` seconds the rate is left alone, and then as long as it is nearer than `calm`: each change
 * of the rate may cost a browser a picture that comes late. With sound it is bent as far as speech stays speech,
 * and unheard where little is to be made up; without, 300 ms are made up within a quarter of a second.
 */
export const HEARD = { near: 0.015, calm: 0.015, least: -0.1, most: 0.2, gain: 0.8 };
export const SILENT = { near: 0.003, calm: 0.01, least: -0.9, most: 2, gain: 5 };

/** Bend the rate of `video` so that it comes to `target` seconds; `pace` is the rate to go at. `holds(time)`: may one seek there? */
export function follow(video, target, pace, { near, calm, least, most, gain }, holds) {
  const off = target - video.currentTime;
  if (Math.abs(off) > FAR_S || (video.paused && Math.abs(off) > STILL_S)) {
    if (!video.seeking && holds(target)) video.currentTime = target;
    return;
  }
  const enough = video.playbackRate === pace ? calm : near;
  const bend = Math.abs(off) < enough ? 0 : Math.max(least, Math.min(most, off * gain));
  const step = Math.abs(video.playbackRate - pace - bend);
  if (bend ? step > LEAST_STEP : step > 0) video.playbackRate = pace + bend;
}

/** Whether a time is buffered in an element. */
export function buffered(video, time) {
  const ranges = video.buffered;
  for (let i = 0; i < ranges.length; i += 1) if (ranges.start(i) <= time && time < ranges.end(i)) return true;
  return false;
}
