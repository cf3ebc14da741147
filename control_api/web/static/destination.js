// Where a login leads: only to an address of this site, whatever a link says.

/** The absolute address of `next`, or of the first page when it would lead away from `origin`. */
export function destination(next, origin) {
  const start = `${origin}/`;
  try {
    // Read as the browser will: it drops tabs and line breaks and takes a backslash for a slash.
    const address = new URL(next || "/", start);
    return address.origin === origin ? address.href : start;
  } catch {
    return start;
  }
}
