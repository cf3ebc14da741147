// Watching a conference: picture and sound of the whole, received only (WHEP-like).
import { conferencePath, endpointPath, post, remove } from "/static/api.js";
import { MediaLink } from "/static/link.js";
import { preferH264 } from "/static/webrtc.js";

/** `video` false: the sound alone. */
export function watchLink(cid, { video = true } = {}) {
  return new MediaLink({
    prepare: (pc) => {
      if (video) preferH264(pc.addTransceiver("video", { direction: "recvonly" }));
      pc.addTransceiver("audio", { direction: "recvonly" });
    },
    exchange: (offer) => post(`${conferencePath(cid)}/watch`, offer),
    release: (endpoint) => remove(endpointPath(cid, endpoint), { keepalive: true }).catch(() => {}),
  });
}
