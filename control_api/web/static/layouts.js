// Layouts as drawings. A layout is {id, name, main, panes: [{x, y, w, h, z}]} in fractions of the canvas.
import { svg } from "/static/dom.js";

const UNIT = 100;
const GAP = 5;

/** 0.25, "0.25" or "1/4" as a number. */
function fraction(value) {
  if (typeof value === "number") return value;
  const [top, bottom = "1"] = String(value).split("/");
  return Number(top) / Number(bottom);
}

/** A layout of the server, or an own one, with plain numbers. */
export function readLayout(layout) {
  const panes = (layout.panes || []).map((pane) => ({
    x: fraction(pane.x), y: fraction(pane.y), w: fraction(pane.w), h: fraction(pane.h),
    z: Number(pane.z ?? pane.layer ?? 0),
  }));
  return { id: layout.id ?? null, name: layout.name || "", main: layout.main ?? 0, panes: panes.length ? panes : [FULL] };
}

const FULL = { x: 0, y: 0, w: 1, h: 1, z: 0 };
const SINGLE = { id: 0, name: "CP_None", main: 0, panes: [FULL] };

/** Indexes of the panes from the lowest to the highest. */
export const drawingOrder = (panes) => panes.map((_, k) => k).sort((a, b) => panes[a].z - panes[b].z || a - b);

/** The modes that share a number of panes, fewest panes first: [[count, [layout, ...]], ...]. */
export function grouped(layouts) {
  const groups = new Map();
  for (const layout of layouts) {
    const count = layout.panes.length;
    groups.set(count, [...(groups.get(count) || []), layout]);
  }
  return [...groups.entries()].sort((a, b) => a[0] - b[0]);
}

/** Which layout stands on the canvas of a conference now. */
export function shownLayout(conference, modes) {
  const shown = conference?.shown?.mode ?? null;
  if (shown !== null && modes.has(shown)) return modes.get(shown);
  const own = conference?.layout?.own;
  if (own) return readLayout(own);
  return modes.get(conference?.layout?.mode) || SINGLE;
}

/** The name by which a choice is marked: "mode-12", "own", "auto" or "auto-speaker". */
export function choiceOf(conference) {
  if (conference?.layout?.own) return "own";
  const mode = conference?.layout?.mode ?? null;
  if (mode !== null) return `mode-${mode}`;
  return conference?.layout?.policy === "speaker" ? "auto-speaker" : "auto";
}

function paneRect(pane, { width, height, names }) {
  return svg("rect", {
    class: names.join(" "),
    x: pane.x * width + GAP / 2, y: pane.y * height + GAP / 2,
    width: Math.max(0, pane.w * width - GAP), height: Math.max(0, pane.h * height - GAP), rx: 2,
  });
}

/** An SVG of the panes; `wrong` marks panes by index, `numbers` writes their numbers. */
export function drawing(layout, { aspect = 16 / 9, wrong = new Set(), numbers = false } = {}) {
  const width = UNIT * aspect;
  const height = UNIT;
  const root = svg("svg", { class: "layout-drawing", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", focusable: "false" },
    svg("rect", { class: "canvas", x: 0, y: 0, width, height, rx: 4 }));
  for (const k of drawingOrder(layout.panes)) {
    const pane = layout.panes[k];
    const names = ["pane-rect", k === layout.main && "main", wrong.has(k) && "wrong", pane.z > 0 && "above"].filter(Boolean);
    root.append(paneRect(pane, { width, height, names }));
    if (numbers) {
      root.append(svg("text", { x: (pane.x + pane.w / 2) * width, y: (pane.y + pane.h / 2) * height, text: String(k + 1) }));
    }
  }
  return root;
}

/** The automatic choices: a letter on a canvas, or in the large pane among small ones. */
export function automaticDrawing(speaker = false) {
  const small = speaker ? [0, 1, 2].map((k) => svg("rect", { class: "pane-rect", x: 122, y: 3 + k * 32, width: 53, height: 29, rx: 2 })) : [];
  return svg("svg", { class: "layout-drawing automatic", viewBox: "0 0 178 100", "aria-hidden": "true", focusable: "false" },
    svg("rect", { class: "canvas", x: 0, y: 0, width: 178, height: 100, rx: 4 }),
    small,
    svg("text", { x: speaker ? 60 : 89, y: 52, text: "A" }));
}
