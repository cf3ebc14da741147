// Readings of a site's last minute: pure.

/** Stretches of seconds with the same reason, newest first, those without one left out: [{from, to, verdict}] in seconds ago. */
export function stills(seconds) {
  const found = [];
  let open = null;
  for (const { ago_s, verdict } of [...seconds].reverse()) {
    if (open?.verdict === verdict) {
      open.from = Math.round(ago_s) + 1;
    } else {
      open = { from: Math.round(ago_s) + 1, to: Math.round(ago_s), verdict };
      found.push(open);
    }
  }
  return found.filter((stretch) => stretch.verdict);
}

const sum = (seconds, field) => seconds.reduce((all, second) => all + second[field], 0);

/** The longest delay of a kind, of the seconds that had one. */
const most = (seconds, field) => Math.round(Math.max(0, ...seconds.map((second) => second[field])));

/** What the minute came to: [[name of a text, number, unit], ...]. */
export function totals(seconds) {
  return [
    ["packets", sum(seconds, "packets"), ""],
    ["lost", sum(seconds, "lost"), ""],
    ["repaired", sum(seconds, "repaired"), ""],
    ["delay", most(seconds, "delay_ms"), "ms"],
    ["wait", most(seconds, "sound_wait_ms"), "ms"],
    ["concealed", Math.round(sum(seconds, "concealed_ms")), "ms"],
  ];
}

/** How high each second's bar is, 0..1 of the most pictures that a second had. */
export function heights(seconds) {
  const full = Math.max(1, ...seconds.map((second) => second.shown));
  return seconds.map((second) => second.shown / full);
}

/** The name of the text that says a reason in the page's language. */
export const wordsOf = (verdict) => `why.${verdict.toLowerCase().replace(/[^a-z]+/g, "_")}`;
