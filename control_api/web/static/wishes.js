// What the bridge wants of this page while it is in a call: share the screen, move the camera.
import { Camera } from "/static/camera.js";
import { confirmed } from "/static/dialogs.js";
import { t } from "/static/i18n.js";
import { toast } from "/static/notify.js";

export class Wishes {
  #call;
  #camera;
  #devices;
  #asking = false;

  constructor(call, devices) {
    this.#call = call;
    this.#devices = devices;
    this.#camera = new Camera(devices);
  }

  /** Browsers share a screen only after a press of the person before it. */
  async share(on) {
    if (!this.#call.running) return;
    if (!on) return this.#call.share.stop();
    if (this.#asking || this.#call.share.track) return;
    this.#asking = true;
    const yes = await confirmed({
      title: "share.asked_title", text: "share.asked_text", yes: "share.asked_yes", danger: false,
    });
    this.#asking = false;
    if (yes && this.#call.running) await this.#call.share.begin();
  }

  /** Takes another camera, by its place in the list; a camera that is off stays off. */
  async #select(k) {
    const camera = this.#devices.lists.video[k];
    if (!camera) return;
    await this.#devices.select("video", camera.deviceId);
    toast("info", t("camera.selected", { name: camera.label || k + 1 }));
  }

  async camera(wish) {
    if (!this.#call.running) return;
    if (wish.action === "select") return this.#select(wish.preset);
    if ((await this.#camera.obey(wish)) && wish.action !== "stop") toast("info", t("camera.moved"));
  }
}
