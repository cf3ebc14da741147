// Start, pause and stop of the recording, with its running time, and marks in it.
import { conferencePath, get, post, recordingPath, remove } from "/static/api.js";
import { el, iconButton, pressed, setIcon } from "/static/dom.js";
import { duration } from "/static/format.js";
import { field, input, onSubmit } from "/static/forms.js";
import { label, say, t } from "/static/i18n.js";
import { attempt, toast } from "/static/notify.js";
import { closePopover, openPopover } from "/static/popover.js";
import { RecordChoice } from "/static/recordchoice.js";

export class RecordButton {
  #rid = "";
  #since = 0;
  #timer = 0;
  #cid = "";
  #paused = false;

  constructor() {
    this.words = el("span", { class: "record-words" });
    this.time = el("span", { class: "record-time", text: "0:00", hidden: true });
    this.node = el("button", { type: "button", id: "record", class: "record", on: { click: () => this.#press() } },
      el("i", { class: "record-dot" }), this.words, this.time);
    this.pause = iconButton("pause", "record.pause", () => this.#hold(), { id: "record-pause" });
    this.mark = iconButton("flag", "record.mark", () => this.#mark(), { id: "record-mark", "aria-haspopup": "dialog", "aria-expanded": "false" });
    this.choice = new RecordChoice();
    this.group = el("span", { class: "record-group" }, this.choice.node, this.mark, this.pause, this.node);
    this.update(null);
  }

  update(conference) {
    this.#cid = conference?.id || "";
    this.choice.update(conference);
    this.node.disabled = !conference;
    const rid = conference?.recording?.id || "";
    if (rid !== this.#rid) this.#switch(rid);
    this.#paused = conference?.recording?.state === "paused";
    this.pause.hidden = this.mark.hidden = !rid;
    this.node.classList.toggle("paused", this.#paused);
    this.node.classList.toggle("failed", conference?.recording?.state === "failed");
    setIcon(this.pause, this.#paused ? "play" : "pause");
    label(this.pause, this.#paused ? "record.continue" : "record.pause");
    pressed(this.node, Boolean(rid));
    label(this.node, rid ? "record.stop" : "record.start");
    const failed = conference?.recording?.state === "failed";
    if (!this.node.classList.contains("busy")) say(this.words, failed ? "record.failed" : rid ? "record.stop" : "record.start");
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

  async #hold() {
    const step = this.#paused ? "continue" : "pause";
    this.pause.disabled = true;
    await attempt(() => post(`${conferencePath(this.#cid)}/recording/${step}`));
    this.pause.disabled = false;
  }

  /** The mark stands where the recording was when the button was pressed, however long one writes. */
  #mark() {
    const at_s = Math.max(0, (performance.now() - this.#since) / 1000);
    const path = `${recordingPath(this.#rid)}/marks`;
    const form = el("form", { class: "mark-form" },
      field("record.mark_text", input("text", { maxlength: 64, autofocus: true })),
      el("button", { type: "submit", class: "primary", say: "record.mark_set" }));
    onSubmit(form, async (data) => {
      await post(path, { at_s, text: data.get("text").trim() });
      closePopover();
      toast("good", t("record.marked", { time: duration(at_s) }));
    });
    openPopover(this.mark, form, { name: "record.mark" });
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
