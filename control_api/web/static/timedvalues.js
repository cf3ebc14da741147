// Timed data of a recording, as it came: which values hold at a moment, and in which words they are shown.

const FRESH_MS = 5000; // an older value says nothing about now: monitors tell theirs each second or two
const MOST = 200_000; // of each kind: two days of one a second
const ROWS = 12;
const LONGEST = 40;

/** Where a value of that time belongs in a list that is in order. */
function place(list, atMs) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].at_ms <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Values {
  #kinds = new Map();
  /** The newest time of all, ms; -1 without any. */
  newest = -1;

  /** `items`: [{at_ms, kind, value}], nearly in order. */
  add(items) {
    for (const { at_ms, kind, value } of items) {
      const list = this.#kinds.get(kind) ?? [];
      this.#kinds.set(kind, list);
      list.splice(place(list, at_ms), 0, { at_ms, value });
      if (list.length > MOST) list.shift();
      this.newest = Math.max(this.newest, at_ms);
    }
  }

  /** What holds then, as [kind, value]: the newest of each kind, unless that is too old. */
  at(ms) {
    const found = [...this.#kinds].map(([kind, list]) => [kind, list[place(list, ms) - 1]]);
    return found.filter(([, one]) => one && ms - one.at_ms <= FRESH_MS).map(([kind, { value }]) => [kind, value]);
  }
}

function short(value) {
  const text = typeof value === "string" ? value : typeof value === "number" ? String(Math.round(value * 100) / 100) : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Rows [name, text] of what holds: one for each member of an object, one for anything else; ROWS at most. */
export function rowsOf(held) {
  const rows = held.flatMap(([kind, value]) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.entries(value).map(([name, part]) => [name, short(part)])
      : [[kind, short(value)]]);
  return rows.slice(0, ROWS);
}
