// Ways to a live conference besides this page: its address, WHEP for players, HLS while it is recorded.
import { recordingUrl } from "/static/api.js";
import { el } from "/static/dom.js";
import { copyable } from "/static/forms.js";

/** What stands in the panel; `rid` is the recording that runs, or empty. */
export function watchLinks(cid, rid) {
  const here = (path) => new URL(path, location.origin).href;
  return el("div", { class: "watch-links" },
    copyable("links.page", here(`/live/${encodeURIComponent(cid)}`), { hint: "links.page_hint" }),
    copyable("links.whep", here(`/whep/${encodeURIComponent(cid)}`), { hint: "links.whep_hint" }),
    rid ? copyable("links.hls", here(recordingUrl(rid, "hls/index.m3u8")), { hint: "links.hls_hint" }) : null);
}
