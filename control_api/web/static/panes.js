// What stands in which pane: pure changes to the list [{kind, site, fit, sites, interval_s}, ...].
const AUTO = { kind: "auto", site: "", fit: "auto", sites: [], interval_s: 10 };
export const FITS = ["auto", "fit", "fill", "crop"];

const clean = (pane) => ({
  kind: pane.kind, site: pane.site || "", fit: pane.fit || "auto",
  sites: pane.sites || [], interval_s: pane.interval_s || 10,
});

/** The wanted panes, at least `count` of them: what a smaller layout hides is kept. */
export const padded = (panes, count) =>
  Array.from({ length: Math.max(count, panes?.length || 0) }, (_, k) => clean(panes?.[k] || AUTO));

/**
 * Puts a site into pane k of `count`. If it was fixed in another pane, or dragged out of pane
 * `from`, the two panes change places, so that no site is shown twice and none is lost; a pane that
 * is not to be seen becomes automatic.
 */
export function withSite(panes, count, k, site, from = -1) {
  const next = padded(panes, count);
  const fixed = next.findIndex((pane, j) => j !== k && pane.kind === "site" && pane.site === site);
  const other = fixed >= 0 ? fixed : from;
  if (other >= 0 && other !== k) {
    const displaced = next[k].kind === "site" && other < count ? next[k] : AUTO;
    next[other] = { ...displaced, fit: next[other].fit };
  }
  next[k] = { ...AUTO, kind: "site", site, fit: next[k].fit };
  return next;
}

export function withKind(panes, count, k, kind) {
  const next = padded(panes, count);
  next[k] = { ...AUTO, kind, fit: next[k].fit };
  return next;
}

/** Lets these sites (none: all others) take turns in pane k. */
export function withPoll(panes, count, k, sites, interval_s) {
  const next = padded(panes, count);
  next[k] = { ...AUTO, kind: "poll", fit: next[k].fit, sites, interval_s };
  return next;
}

export function withFit(panes, count, k, fit) {
  const next = padded(panes, count);
  next[k] = { ...next[k], fit };
  return next;
}

/** The panes with no place for a site: its fixed panes become automatic, its turns are given up. */
export function withoutSite(panes, site) {
  return panes.map((pane) => {
    if (pane.kind === "site" && pane.site === site) return { ...AUTO, fit: pane.fit };
    const sites = (pane.sites || []).filter((other) => other !== site);
    return pane.sites?.length && !sites.length ? { ...AUTO, fit: pane.fit } : { ...pane, sites };
  });
}
