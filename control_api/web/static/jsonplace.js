// Where in a JSON text a value stands: pure scanning, so that an error can point at its place.
const SPACE = /\s/;

/** "layout.panes[2].w" as ["panes", 2, "w"]; the first name may be the body's own. */
export function steps(path, root = "layout") {
  const parts = [...path.matchAll(/[^.[\]]+/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
  return parts[0] === root || parts[0] === "own" || parts[0] === "body" ? steps(parts.slice(1).join("."), root) : parts;
}

/** Reads one value at `at` and tells `visit(path, start, end)` of it and of all inside. */
class Scanner {
  constructor(text, visit) {
    this.text = text;
    this.visit = visit;
    this.at = 0;
  }

  space() {
    while (SPACE.test(this.text[this.at] || "")) this.at += 1;
  }

  string() {
    const start = this.at;
    this.at += 1;
    while (this.at < this.text.length && this.text[this.at] !== '"') this.at += this.text[this.at] === "\\" ? 2 : 1;
    this.at += 1;
    return this.text.slice(start + 1, this.at - 1);
  }

  members(path, close, keyOf) {
    this.at += 1;
    for (let k = 0; this.at < this.text.length; k += 1) {
      this.space();
      if (this.text[this.at] === close) break;
      const before = this.at;
      const key = keyOf(k);
      this.value([...path, key]);
      this.space();
      if (this.text[this.at] === "," || this.at === before) this.at += 1; // never stand still
    }
    this.at += 1;
  }

  value(path) {
    this.space();
    const start = this.at;
    const first = this.text[this.at];
    if (first === "{") {
      this.members(path, "}", () => {
        const key = this.string();
        this.space();
        this.at += 1; // the colon
        return key;
      });
    } else if (first === "[") this.members(path, "]", (k) => k);
    else if (first === '"') this.string();
    else while (this.at < this.text.length && !/[\s,\]}]/.test(this.text[this.at])) this.at += 1;
    this.visit(path, start, this.at);
  }
}

/**
 * The place {start, end, line} of a path in valid JSON; of the nearest enclosing value when the path
 * itself is missing (a field that should be there).
 */
export function placeOf(text, path) {
  const wanted = steps(path);
  let best = { depth: -1, start: 0, end: text.length };
  const scanner = new Scanner(text, (at, start, end) => {
    const inside = at.length <= wanted.length && at.every((part, k) => part === wanted[k]);
    if (inside && at.length > best.depth) best = { depth: at.length, start, end };
  });
  scanner.value([]);
  return { start: best.start, end: best.end, line: text.slice(0, best.start).split("\n").length };
}

/** The pane that a path speaks of, or -1. */
export const paneOf = (path) => {
  const parts = steps(path);
  return parts[0] === "panes" && typeof parts[1] === "number" ? parts[1] : -1;
};
