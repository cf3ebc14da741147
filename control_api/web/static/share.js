// Content in a call: sharing the own screen, and the picture of what others share beside the people.
import { remove, sitePath } from "/static/api.js";
import { byId, pressed } from "/static/dom.js";
import { label, say, t } from "/static/i18n.js";
import { toast } from "/static/notify.js";

const SCREEN = { video: { frameRate: { max: 15 }, width: { max: 1920 }, height: { max: 1200 } }, audio: false };
/** How content and people share the window, in the order in which the button goes through them. */
const SHAPES = ["large", "even", "small"];

/** Marks the second video section of an offer as slides (RFC 4796): browsers do not. */
export function withSlides(sdp) {
  const [head, ...sections] = sdp.split(/^(?=m=)/m);
  let videos = 0;
  const marked = sections.map((section) =>
    section.startsWith("m=video") && ++videos === 2 ? `${section.trimEnd()}\r\na=content:slides\r\n` : section);
  return [head, ...marked].join("");
}

export class Share {
  track = null;
  #sender = null;
  #place = null;
  #shown = null;
  #shape = 0;

  constructor() {
    this.button = byId("share");
    this.video = byId("content");
    this.button.hidden = !navigator.mediaDevices?.getDisplayMedia;
    this.button.addEventListener("click", () => (this.track ? this.stop() : this.begin()));
    byId("content-shape").addEventListener("click", () => {
      this.#shape = (this.#shape + 1) % SHAPES.length;
      this.#draw();
    });
    this.#draw();
  }

  /** A call begins in this seat, or (null) has ended. */
  sit(place) {
    if (!place) this.stop();
    this.#place = place;
    this.#shown = null;
    this.#draw();
  }

  /** A new connection's sender for content; goes on with what is being shared. */
  async use(sender) {
    this.#sender = sender;
    if (this.track) await sender.replaceTrack(this.track);
  }

  /** Another's content as it arrives. */
  play(stream) {
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    this.video.play().catch(() => {});
  }

  /** What the conference shows as content now, or null. */
  told(shown) {
    this.#shown = shown;
    this.#draw();
  }

  async begin() {
    if (this.track) return;
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia(SCREEN);
      [this.track] = stream.getVideoTracks();
    } catch (error) {
      if (error.name !== "NotAllowedError") toast("bad", t("share.failed"));
      return;
    }
    this.track.contentHint = "detail";
    this.track.addEventListener("ended", () => this.stop());
    await this.#sender?.replaceTrack(this.track).catch(() => {});
    this.#draw();
  }

  stop() {
    const track = this.track;
    if (!track) return;
    this.track = null;
    track.stop();
    this.#sender?.replaceTrack(null).catch(() => {});
    if (this.#place) remove(`${sitePath(this.#place.cid, this.#place.site)}/content`).catch(() => {});
    this.#draw();
  }

  #draw() {
    const seen = Boolean(this.#shown && this.#place && this.#shown.site !== this.#place.site);
    this.video.hidden = byId("content-shape").hidden = !seen;
    if (seen) byId("call").dataset.content = SHAPES[this.#shape];
    else delete byId("call").dataset.content;
    pressed(this.button, Boolean(this.track));
    label(this.button, this.track ? "share.stop" : "share.start");
    byId("told-sharing").hidden = !this.track;
    const other = this.track && this.#shown && this.#shown.site !== this.#place?.site;
    say(byId("told-sharing-words"), other ? "share.other" : "share.on");
  }
}
