// What stands in which pane: pure changes to the list [{kind, site, fit}, ...].
const AUTO = { kind: "auto", site: "", fit: "auto" };
export const FITS = ["auto", "fit", "fill", "crop"];

const clean = (pane) => ({ kind: pane.kind, site: pane.site || "", fit: pane.fit || "auto" });

/** The wanted panes, exactly `count` of them. */
export const padded = (panes, count) => Array.from({ length: count }, (_, k) => clean(panes?.[k] || AUTO));

/**
 * Puts a site into pane k. If it was fixed in another pane, or dragged out of pane `from`, the two
 * panes change places, so that no site is shown twice and none is lost.
 */
export function withSite(panes, count, k, site, from = -1) {
  const next = padded(panes, count);
  const fixed = next.findIndex((pane, j) => j !== k && pane.kind === "site" && pane.site === site);
  const other = fixed >= 0 ? fixed : from;
  if (other >= 0 && other !== k) {
    const displaced = next[k].kind === "site" ? next[k] : AUTO;
    next[other] = { ...displaced, fit: next[other].fit };
  }
  next[k] = { kind: "site", site, fit: next[k].fit };
  return next;
}

export function withKind(panes, count, k, kind) {
  const next = padded(panes, count);
  next[k] = { kind, site: "", fit: next[k].fit };
  return next;
}

export function withFit(panes, count, k, fit) {
  const next = padded(panes, count);
  next[k] = { ...next[k], fit };
  return next;
}
