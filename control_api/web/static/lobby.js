// Before the call: who joins, with which camera and microphone.
import { byId, el, pressed, setIcon } from "/static/dom.js";
import { label, onLanguage, say, t } from "/static/i18n.js";
import { setLevel } from "/static/meter.js";

const SWITCHES = {
  audio: { id: "lobby-mic", icons: ["mic-off", "mic"], words: ["call.mic_on", "call.mic_off"] },
  video: { id: "lobby-camera", icons: ["camera-off", "camera"], words: ["call.camera_on", "call.camera_off"] },
};

/** Draws a switch of a kind of device: on, off, or not to be had. */
export function showSwitch(button, { icons, words }, on, usable) {
  pressed(button, on && usable);
  button.classList.toggle("off", !on || !usable);
  setIcon(button, icons[on && usable ? 1 : 0]);
  label(button, words[on ? 1 : 0]);
}

const deviceName = (device, k) => device.label || t("join.device", { number: k + 1 });

function fillSelect(select, devices, chosen) {
  const options = devices.map((device, k) => el("option", { value: device.deviceId, text: deviceName(device, k) }));
  if (!options.length) options.push(el("option", { value: "", say: "join.no_device" }));
  select.replaceChildren(...options);
  select.disabled = !devices.length;
  const value = devices.some((device) => device.deviceId === chosen) ? chosen : devices[0]?.deviceId || "";
  select.value = value;
}

export class Lobby {
  constructor(devices) {
    this.devices = devices;
    this.video = byId("preview");
    this.empty = byId("preview-empty");
    this.selects = { audio: byId("mic-select"), video: byId("camera-select") };
    for (const kind of ["audio", "video"]) {
      this.selects[kind].addEventListener("change", () => devices.select(kind, this.selects[kind].value));
      byId(SWITCHES[kind].id).addEventListener("click", () => devices.turn(kind, !devices.wanted[kind]));
    }
    devices.addEventListener("change", () => this.show());
    onLanguage(() => this.show());
  }

  show() {
    const { tracks, problems, wanted, lists } = this.devices;
    for (const kind of ["audio", "video"]) {
      const used = tracks[kind]?.getSettings().deviceId || this.devices.ids[kind];
      fillSelect(this.selects[kind], lists[kind], used);
      showSwitch(byId(SWITCHES[kind].id), SWITCHES[kind], wanted[kind], !problems[kind]);
      const note = byId(kind === "audio" ? "mic-problem" : "camera-problem");
      note.hidden = !problems[kind];
      if (problems[kind]) say(note.querySelector("span"), `device.${kind}_${problems[kind]}`);
    }
    this.#picture(tracks.video);
    const watchOnly = !tracks.audio && !tracks.video;
    say(byId("join-button").querySelector("span"), watchOnly ? "join.watch_only" : tracks.video ? "join.join" : "join.sound_only");
  }

  level(dbov) {
    setLevel(byId("preview-meter"), dbov);
  }

  #picture(track) {
    const shown = this.video.srcObject?.getVideoTracks()[0] || null;
    if (shown !== track) this.video.srcObject = track ? new MediaStream([track]) : null;
    this.empty.hidden = Boolean(track);
    say(this.empty.querySelector("p"), this.devices.problems.video ? "join.no_camera" : "join.camera_is_off");
  }
}
