// The seat that this tab holds in a conference; it outlives a reload of the page.
import { conferencePath, get, post, remove, sitePath } from "/static/api.js";

const key = (cid) => `mcu.seat.${cid}`;

/** {site, name, made, inCall, mic, camera} or null. `made`: this page made the site. */
export function savedSeat(cid) {
  try {
    return JSON.parse(sessionStorage.getItem(key(cid)) || "null");
  } catch {
    return null;
  }
}

export function saveSeat(cid, seat) {
  try {
    sessionStorage.setItem(key(cid), JSON.stringify(seat));
    if (seat.name) localStorage.setItem("mcu.name", seat.name);
  } catch {
    // a reload will ask again
  }
}

const forgetSeat = (cid) => sessionStorage.removeItem(key(cid));

export function lastName() {
  try {
    return localStorage.getItem("mcu.name") || "";
  } catch {
    return "";
  }
}

/** Where a guest may not look at the conference: null. */
export async function conferenceOf(cid, guest) {
  try {
    return await get(conferencePath(cid), { guest });
  } catch (error) {
    if (guest && (error.status === 401 || error.status === 403)) return null;
    throw error;
  }
}

/**
 * Finds the seat: the one named by the link, the one this tab had, an empty one of the same name, or
 * a new one. Raises ApiError.
 */
export async function takeSeat(cid, { name, invited, conference }) {
  if (invited) return { site: invited, name, made: false };
  const seats = (conference?.sites || []).filter((site) => site.kind === "webrtc");
  const saved = savedSeat(cid);
  if (saved && saved.name === name && seats.some((site) => site.id === saved.site)) return saved;
  const empty = seats.find((site) => site.name === name && site.state === "away");
  if (empty) return { site: empty.id, name, made: false };
  const site = await post(`${conferencePath(cid)}/sites`, { name, kind: "webrtc" });
  return { site: site.id, name, made: true };
}

/** Gives a seat back that this page made; others stay for whoever comes next. */
export async function giveSeatBack(cid, seat) {
  forgetSeat(cid);
  if (seat.made) await remove(sitePath(cid, seat.site)).catch(() => {});
}
