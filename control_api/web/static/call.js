// The call: the picture made for this site, the own view, the buttons; mends its connection by itself.
import { endpointPath, post, remove, sitePath } from "/static/api.js";
import { byId, pressed, setIcon } from "/static/dom.js";
import { duration } from "/static/format.js";
import { label, say, saysPlainly } from "/static/i18n.js";
import { MediaLink } from "/static/link.js";
import { showSwitch } from "/static/lobby.js";
import { explain } from "/static/notify.js";
import { Share, withSlides } from "/static/share.js";
import { preferH264, sizesOf } from "/static/webrtc.js";

const MIC = { icons: ["mic-off", "mic"], words: ["call.mic_on", "call.mic_off"] };
const CAMERA = { icons: ["camera-off", "camera"], words: ["call.camera_on", "call.camera_off"] };
const TALKING_DB = -38;
const TALKING_TIMES = 8;
const IDLE_MS = 4000;

/** Both directions from the start, so that a camera switched on later needs no new offer. */
function siteLink(cid, sid, devices, senders, share) {
  return new MediaLink({
    replaces: true,
    prepare: async (pc) => {
      for (const kind of ["video", "audio"]) {
        const sendEncodings = kind === "video" ? sizesOf(devices.tracks.video) : undefined;
        const transceiver = pc.addTransceiver(kind, { direction: "sendrecv", sendEncodings });
        if (kind === "video") preferH264(transceiver);
        senders[kind] = transceiver.sender;
        await transceiver.sender.replaceTrack(devices.tracks[kind]);
      }
      const slides = pc.addTransceiver("video", { direction: "sendrecv" });
      preferH264(slides);
      await share.use(slides.sender);
      return slides;
    },
    exchange: (offer) => post(`${sitePath(cid, sid)}/webrtc`, { ...offer, sdp: withSlides(offer.sdp) }),
    release: (endpoint) => remove(endpointPath(cid, endpoint), { keepalive: true }).catch(() => {}),
  });
}

/** In full screen the bars go away while nobody moves. */
function restsWhenIdle() {
  let timer = 0;
  const wake = () => {
    delete document.body.dataset.idle;
    clearTimeout(timer);
    timer = setTimeout(() => (document.body.dataset.idle = ""), IDLE_MS);
  };
  for (const event of ["pointermove", "pointerdown", "keydown", "focusin"]) document.addEventListener(event, wake);
}

export class Call {
  #link = null;
  #senders = {};
  #since = 0;
  #clock = 0;
  #talking = 0;
  #saveMedia;

  #refused;

  /** `refused(error)`: the door of the conference did not let this seat in. */
  constructor(devices, { left, saveMedia, refused }) {
    this.devices = devices;
    this.video = byId("remote");
    this.self = byId("self");
    this.share = new Share();
    this.#saveMedia = saveMedia;
    this.#refused = refused;
    byId("mic").addEventListener("click", () => this.#turn("audio"));
    byId("camera").addEventListener("click", () => this.#turn("video"));
    byId("leave").addEventListener("click", left);
    byId("volume").addEventListener("input", (event) => this.#volume(Number(event.target.value)));
    byId("sound").addEventListener("click", () => this.#volume(this.video.volume > 0 && !this.video.muted ? 0 : 1));
    byId("try-again").addEventListener("click", () => this.#link?.start());
    byId("hear").addEventListener("click", () => this.#hear());
    devices.addEventListener("change", () => this.#devicesChanged());
    restsWhenIdle();
  }

  start(cid, seat) {
    document.body.dataset.view = "call";
    this.#since = performance.now();
    this.#clock = setInterval(() => (byId("call-time").textContent = duration((performance.now() - this.#since) / 1000)), 500);
    saysPlainly(byId("own-name"), seat.name);
    this.share.sit({ cid, site: seat.site });
    this.#link = siteLink(cid, seat.site, this.devices, this.#senders, this.share);
    this.#link.addEventListener("content", (event) => this.share.play(event.detail));
    this.#link.addEventListener("state", (event) => this.#show(event.detail));
    this.#link.addEventListener("stream", (event) => this.#play(event.detail));
    this.#devicesChanged();
    return this.#link.start();
  }

  stop() {
    clearInterval(this.#clock);
    this.share.sit(null);
    this.#link?.stop();
    this.#link = null;
    this.#senders = {};
    this.video.srcObject = null;
    document.body.dataset.view = "lobby";
  }

  get running() {
    return this.#link !== null;
  }

  /** What kept the connection from coming about is out of the way. */
  retry() {
    return this.#link?.start();
  }

  /** The server asked for a new connection. */
  rejoin() {
    this.#link?.restart();
  }

  /** The operator's will about this site (闭音 muted, 静音 quiet), told in words. */
  told(site) {
    byId("told-muted").hidden = !site?.muted;
    byId("told-quiet").hidden = !site?.quiet;
    if (site) saysPlainly(byId("own-name"), site.name);
  }

  /** The own microphone's level: a person who talks with the microphone off is told. */
  heard(dbov) {
    const off = !this.devices.wanted.audio && this.running;
    this.#talking = off && dbov > TALKING_DB ? Math.min(TALKING_TIMES * 3, this.#talking + 1) : Math.max(0, this.#talking - 0.25);
    byId("told-talking").hidden = this.#talking < TALKING_TIMES;
  }

  async #turn(kind) {
    await this.devices.turn(kind, !this.devices.wanted[kind]);
    this.#saveMedia();
  }

  #devicesChanged() {
    const { tracks, wanted, problems } = this.devices;
    showSwitch(byId("mic"), MIC, wanted.audio, !problems.audio);
    showSwitch(byId("camera"), CAMERA, wanted.video, !problems.video);
    for (const kind of ["audio", "video"]) this.#senders[kind]?.replaceTrack(tracks[kind]).catch(() => {});
    const shown = this.self.srcObject?.getVideoTracks()[0] || null;
    if (shown !== tracks.video) this.self.srcObject = tracks.video ? new MediaStream([tracks.video]) : null;
    byId("self-box").hidden = !tracks.video;
  }

  #volume(value) {
    this.video.volume = value;
    this.video.muted = value === 0;
    byId("volume").value = String(value);
    setIcon(byId("sound"), value ? "speaker" : "speaker-off");
    label(byId("sound"), value ? "call.sound_off" : "call.sound_on");
    pressed(byId("sound"), value > 0);
    if (value) this.#hear();
  }

  #play(stream) {
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    this.#hear();
  }

  /** Plays with sound; where the browser wants a click first, a button asks for it. */
  async #hear() {
    try {
      await this.video.play();
      byId("hear").hidden = true;
    } catch (error) {
      byId("hear").hidden = error.name !== "NotAllowedError";
    }
  }

  #show({ state, error }) {
    const box = byId("call-notice");
    box.dataset.state = state;
    byId("try-again").hidden = state !== "failed" && state !== "waiting";
    const gone = error?.status === 404;
    say(byId("call-words"), error?.status === 0 ? "call.server_gone" : gone ? "call.ended" : `call.${state}`);
    const detail = byId("call-detail");
    detail.hidden = !error || !error.detail;
    if (error?.detail) saysPlainly(detail, explain(error));
    if (state === "failed" && error?.door) this.#refused(error);
  }
}
