// The one door to the server: JSON in and out, problem+json as errors, an ended session leads to login.
const BASE = "/api/v1";
/** What a conference's door says no by; behind it stands what is missing. */
const DOOR = "urn:mcu:door:";

let bearer = "";

/** A guest's invitation stands in for a session. */
export function useInvitation(token) {
  bearer = token;
}

/** What the server (or the way to it) refused. `status` 0: it could not be reached; `door`: why a conference let nobody in. */
export class ApiError extends Error {
  constructor(status, problem = {}) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.kind = problem.type || "";
    this.door = (problem.type || "").startsWith(DOOR) ? problem.type.slice(DOOR.length) : "";
    this.field = problem.field || "";
    this.detail = withoutField(problem.detail || "", this.field);
  }
}

/** "panes[2].w: expected …" without the name that the page shows by itself. */
const withoutField = (detail, field) => (field && detail.startsWith(`${field}: `) ? detail.slice(field.length + 2) : detail);

function toLogin() {
  const here = location.pathname + location.search;
  if (location.pathname !== "/login") location.assign(`/login?next=${encodeURIComponent(here)}`);
}

async function problemOf(response) {
  try {
    const body = await response.json();
    return Array.isArray(body.detail) ? { detail: body.detail.map((item) => item.msg).join("; ") } : body;
  } catch {
    return { detail: response.statusText };
  }
}

/** Sends one request; `body` is JSON unless `type` says otherwise, `as` how another answer is read, `seen` is shown a good response. Raises ApiError. */
export async function request(method, path, body, { type = "application/json", as = "text", guest = false, seen, ...rest } = {}) {
  const headers = { Accept: "application/json, application/sdp, application/problem+json" };
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  if (body !== undefined) headers["Content-Type"] = type;
  const payload = body === undefined || type !== "application/json" ? body : JSON.stringify(body);
  let response;
  try {
    response = await fetch(BASE + path, { method, headers, body: payload, ...rest });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0);
  }
  if (response.ok) {
    seen?.(response);
    if (response.status === 204) return null;
    const isJson = (response.headers.get("Content-Type") || "").includes("json");
    return isJson ? response.json() : response[as]();
  }
  if (response.status === 401 && !guest && !bearer) toLogin();
  throw new ApiError(response.status, await problemOf(response));
}

export const get = (path, options) => request("GET", path, undefined, options);
export const post = (path, body, options) => request("POST", path, body ?? {}, options);
export const put = (path, body, options) => request("PUT", path, body, options);
export const patch = (path, body, options) => request("PATCH", path, body, options);
export const remove = (path, options) => request("DELETE", path, undefined, options);

const name = encodeURIComponent;
export const conferencePath = (cid) => `/conferences/${name(cid)}`;
export const sitePath = (cid, sid) => `${conferencePath(cid)}/sites/${name(sid)}`;
export const recordingPath = (rid) => `/recordings/${name(rid)}`;
export const endpointPath = (cid, eid) => `${conferencePath(cid)}/endpoints/${name(eid)}`;
export const recordingUrl = (rid, part) => `${BASE}${recordingPath(rid)}/${part}`;
export const eventsUrl = (levelsHz) =>
  `${BASE}/events?levels_hz=${levelsHz}${bearer ? `&invite=${name(bearer)}` : ""}`;
export const stillsUrl = (cid, width, everyS) =>
  `${BASE}${conferencePath(cid)}/stills?width=${width}&every_s=${everyS}&begun=${Date.now()}`;
export const liveUrl = (cid) => `${BASE}${conferencePath(cid)}/live`;
