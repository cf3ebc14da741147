// How long to wait before the next attempt.
const FIRST_MS = 500;
const LONGEST_MS = 8000;

/** Doubling from half a second to eight; `chance` (0..1) spreads many pages apart by a fifth. */
export function delayMs(attempt, chance = Math.random()) {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return Math.round(whole * (0.9 + 0.2 * chance));
}
