// What a slow line is spared: stills stand in for moving pictures, and levels come once a second.
const KEY = "mcu.stills";
const SLOW_MBPS = 0.4;
const LOST = 0.1;
const LOOKS = 4;

/** Whether the browser knows the line as one that carries no video (Network Information API). */
export const slowLine = (connection) => Boolean(connection?.saveData || connection?.downlink < SLOW_MBPS);

/** What was chosen by hand before, else what the line is like. */
export function sparing() {
  try {
    const chosen = localStorage.getItem(KEY);
    if (chosen) return chosen === "true";
  } catch {
    // not remembered: as the line is
  }
  return slowLine(navigator.connection);
}

export function choose(on) {
  try {
    localStorage.setItem(KEY, String(on));
  } catch {
    // for this page alone
  }
}

/** Tells when moving pictures make no sense: LOOKS times one after another a tenth was lost. */
export class Losses {
  #before = null;
  #bad = 0;

  /** `sums`: packets that came and were lost so far. */
  look({ packets, lost }) {
    const before = this.#before;
    this.#before = { packets, lost };
    if (!before) return false;
    const gone = lost - before.lost;
    const all = packets - before.packets + gone;
    this.#bad = all > 0 && gone / all >= LOST ? this.#bad + 1 : 0;
    return this.#bad >= LOOKS;
  }
}
