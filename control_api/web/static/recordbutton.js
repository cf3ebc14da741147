// Start and stop of the recording, with its running time.
import { conferencePath, get, post, recordingPath, remove } from "/static/api.js";
import { el, pressed } from "/static/dom.js";
import { duration } from "/static/format.js";
import { label, say, t } from "/static/i18n.js";
import { attempt, toast } from "/static/notify.js";

export class RecordButton {
  #rid = "";
  #since = 0;
  #timer = 0;
  #cid = "";

  constructor() {
    this.words = el("span", { class: "record-words" });
    this.time = el("span", { class: "record-time", text: "0:00", hidden: true });
    this.node = el("button", { type: "button", id: "record", class: "record", on: { click: () => this.#press() } },
      el("i", { class: "record-dot" }), this.words, this.time);
    this.update(null);
  }

  update(conference) {
    this.#cid = conference?.id || "";
    this.node.disabled = !conference;
    const rid = conference?.recording?.id || "";
    if (rid !== this.#rid) this.#switch(rid);
    pressed(this.node, Boolean(rid));
    label(this.node, rid ? "record.stop" : "record.start");
    if (!this.node.classList.contains("busy")) say(this.words, rid ? "record.stop" : "record.start");
  }

  async #switch(rid) {
    this.#rid = rid;
    clearInterval(this.#timer);
    this.#since = performance.now();
    this.time.hidden = !rid;
    if (!rid) return;
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), 500);
    const recording = await get(recordingPath(rid)).catch(() => null);
    if (recording && this.#rid === rid) this.#since = performance.now() - (recording.duration_s || 0) * 1000;
  }

  #tick() {
    this.time.textContent = duration((performance.now() - this.#since) / 1000);
  }

  async #press() {
    const stopping = Boolean(this.#rid);
    this.node.classList.add("busy");
    this.node.disabled = true;
    say(this.words, stopping ? "record.stopping" : "record.starting");
    const path = `${conferencePath(this.#cid)}/recording`;
    const recording = await attempt(() => (stopping ? remove(path) : post(path)));
    this.node.classList.remove("busy");
    this.node.disabled = false;
    say(this.words, this.#rid ? "record.stop" : "record.start");
    if (recording && stopping) {
      toast("good", t("record.saved"), { words: t("record.watch"), run: () => location.assign(`/play/${encodeURIComponent(recording.id)}`) });
    }
  }
}
