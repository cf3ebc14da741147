// The browser's own camera and microphone: opened one by one, so that one missing leaves the other.
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
/** Without these a page may not move a camera that can be moved. */
const MOVABLE = { pan: true, tilt: true, zoom: true };

const PROBLEMS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

const constraints = (kind, id) => {
  const base = kind === "audio" ? AUDIO : { ...VIDEO, ...MOVABLE };
  return { [kind]: id ? { ...base, deviceId: { exact: id } } : base };
};

/** Events: "change" whenever a track, a problem or the list of devices changed. */
export class Devices extends EventTarget {
  tracks = { audio: null, video: null };
  /** "", denied, missing, busy or insecure, by kind. */
  problems = { audio: "", video: "" };
  wanted = { audio: true, video: true };
  ids = { audio: "", video: "" };
  lists = { audio: [], video: [] };

  constructor() {
    super();
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.#list());
  }

  async open() {
    await this.#openBoth();
    await this.#list();
  }

  /** Takes another device, or opens the kind again. */
  async select(kind, id) {
    this.ids[kind] = id;
    if (this.wanted[kind]) await this.#open(kind);
    this.#tell();
  }

  /** Camera off gives the camera back (its light goes out); the microphone only sends silence. */
  async turn(kind, on) {
    this.wanted[kind] = on;
    if (kind === "audio" && this.tracks.audio) this.tracks.audio.enabled = on;
    else if (!on) this.#close(kind);
    else await this.#open(kind);
    this.#tell();
  }

  close() {
    this.#close("audio");
    this.#close("video");
    this.#tell();
  }

  /** One question to the person where both are to be had, two where that fails. */
  async #openBoth() {
    if (!navigator.mediaDevices?.getUserMedia) {
      this.problems = { audio: "insecure", video: "insecure" };
      return this.#tell();
    }
    if (this.wanted.audio && this.wanted.video && !this.ids.audio && !this.ids.video) {
      try {
        const stream = await navigator.mediaDevices.getUserMedia({ audio: AUDIO, video: { ...VIDEO, ...MOVABLE } });
        this.#take("audio", stream.getAudioTracks()[0]);
        this.#take("video", stream.getVideoTracks()[0]);
        return this.#tell();
      } catch {
        // one of them is missing or refused: ask for each alone to learn which
      }
    }
    if (this.wanted.audio) await this.#open("audio");
    if (this.wanted.video) await this.#open("video");
    return this.#tell();
  }

  async #open(kind) {
    this.#close(kind);
    try {
      const stream = await navigator.mediaDevices.getUserMedia(constraints(kind, this.ids[kind]));
      this.#take(kind, stream.getTracks()[0]);
    } catch (error) {
      this.problems[kind] = navigator.mediaDevices ? PROBLEMS[error.name] || "busy" : "insecure";
    }
  }

  #take(kind, track) {
    this.tracks[kind] = track;
    this.problems[kind] = "";
    if (kind === "audio") track.enabled = this.wanted.audio;
    track.addEventListener("ended", () => {
      if (this.tracks[kind] !== track) return;
      this.tracks[kind] = null; // unplugged
      this.problems[kind] = "missing";
      this.#tell();
    });
  }

  #close(kind) {
    const track = this.tracks[kind];
    this.tracks[kind] = null;
    track?.stop();
  }

  async #list() {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) || [];
    this.lists.audio = all.filter((device) => device.kind === "audioinput" && device.deviceId);
    this.lists.video = all.filter((device) => device.kind === "videoinput" && device.deviceId);
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
