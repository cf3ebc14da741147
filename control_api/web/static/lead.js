// Who is shown in full to everybody, and what one site sees: pure readings of a conference.

/** What stands in a pane where the content does. */
export const CONTENT = "%AUX1";

/** Whether the picture is that of content with people around it, not one of the panes set by hand. */
export const withContent = (conference) =>
  conference?.shown?.panes?.[0] === CONTENT && !conference.panes.some((pane) => pane.kind === "content");

const joined = (conference, sid) => Boolean(sid) && conference.sites.some((site) => site.id === sid && site.state === "joined");

/** {by: "broadcast" | "lecture" | "voice", site} of the site that the conference shows in full, or null. */
export function leader(conference) {
  if (!conference) return null;
  if (joined(conference, conference.broadcast)) return { by: "broadcast", site: conference.broadcast };
  if (joined(conference, conference.lecturer)) return { by: "lecture", site: conference.lecturer };
  const { shown, voice, layout } = conference;
  const others = conference.sites.filter((site) => site.state === "joined").length > 1;
  const full = shown?.mode === 1 && shown.panes.length === 1 && shown.panes[0];
  if (voice?.enabled && voice.to === "broadcast" && full && others && layout.mode !== 1) return { by: "voice", site: full };
  return null;
}

/** What a site has chosen to see: "" the same as others, "own" its own picture, or a site's id. */
export const sees = (site) => site.watch || (site.view ? "own" : "");

/** Kinds whose media comes over a network: of these it can be said whether it is encrypted. */
export const CALLED = ["webrtc", "rtp"];

/** The marks that stand beside a site's name: names of texts `mark.*`. */
export function marks(site, conference) {
  const called = site.state === "joined" && CALLED.includes(site.kind);
  const on = {
    encrypted: called && site.encrypted,
    readable: called && !site.encrypted,
    broadcast: conference.broadcast === site.id,
    lecture: conference.lecturer === site.id,
    video_off: site.video_off,
    watch: Boolean(site.watch),
    own: !site.watch && Boolean(site.view),
    hand: conference.hands.includes(site.id),
  };
  return Object.keys(on).filter((name) => on[name]);
}

/** A picture of its own as a site gets it first. */
export const NEW_VIEW = { layout: { mode: null, own: null, policy: "equal" }, panes: [], sources: [], show_self: false, poll_s: 0 };
