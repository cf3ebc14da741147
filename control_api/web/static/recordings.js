// The library: all recordings, newest first, kept up to date by the server's events.
import { get, recordingPath, recordingUrl, remove } from "/static/api.js";
import { confirmed } from "/static/dialogs.js";
import { byId, el, icon, iconButton } from "/static/dom.js";
import { Feed } from "/static/events.js";
import { duration, size, when } from "/static/format.js";
import { label, onLanguage, say, saysPlainly, translate } from "/static/i18n.js";
import { attempt } from "/static/notify.js";
import { mountBar } from "/static/shell.js";

const REFRESH_MS = 5000;

const recordings = new Map();
const rows = new Map();
const feed = new Feed();
let loaded = false;

const playUrl = (rid) => `/play/${encodeURIComponent(rid)}`;

async function erase(recording) {
  const sure = await confirmed({
    title: "recordings.delete", text: ["recordings.delete_text", { title: recording.title }], yes: "recordings.delete_yes",
  });
  if (!sure) return;
  await attempt(async () => {
    await remove(recordingPath(recording.id));
    recordings.delete(recording.id);
    show();
  });
}

/** One recording; the node stays, its words change. */
class Row {
  constructor(rid) {
    this.title = el("a", { class: "recording-title", href: playUrl(rid) });
    this.date = el("span", { class: "recording-date" });
    this.state = el("span", { class: "badge" });
    this.length = el("span", { class: "number" });
    this.bytes = el("span", { class: "number" });
    this.download = el("a", { class: "button icon-button", href: recordingUrl(rid, "download.mp4"), download: "", label: "recordings.download" }, icon("download"));
    this.erase = iconButton("trash", "recordings.delete", () => erase(recordings.get(rid)));
    this.node = el("li", { class: "recording", data: { recording: rid } },
      el("a", { class: "thumb", href: playUrl(rid), tabindex: "-1", "aria-hidden": "true" }, icon("play")),
      el("span", { class: "recording-words" }, this.title, this.date),
      this.state, this.length, this.bytes,
      el("span", { class: "recording-buttons" }, this.download, this.erase));
  }

  update(recording) {
    const live = recording.state === "recording";
    saysPlainly(this.title, recording.title || recording.id);
    this.date.textContent = when(recording.started_at);
    this.node.dataset.state = recording.state;
    say(this.state, `recordings.state_${recording.state}`);
    this.state.title = recording.reason || "";
    this.length.textContent = duration(recording.duration_s);
    this.bytes.textContent = size(recording.size_bytes);
    label(this.download, "recordings.download_of", { title: recording.title });
    label(this.erase, live ? "recordings.delete_not_yet" : "recordings.delete_of", { title: recording.title });
    this.erase.disabled = live;
    this.download.classList.toggle("disabled", live);
    this.download.setAttribute("aria-disabled", String(live));
    if (live) this.download.removeAttribute("href");
    else this.download.setAttribute("href", recordingUrl(recording.id, "download.mp4"));
  }
}

const sought = () => byId("search").value.trim().toLowerCase();
const fits = (recording, text) => `${recording.title} ${recording.conference} ${when(recording.started_at)}`.toLowerCase().includes(text);
const stamp = (recording) => (typeof recording.started_at === "number" ? recording.started_at : Date.parse(recording.started_at) / 1000);

function show() {
  const text = sought();
  const all = [...recordings.values()].sort((a, b) => stamp(b) - stamp(a));
  const found = all.filter((recording) => fits(recording, text));
  const list = byId("recordings");
  for (const [rid, row] of rows) {
    if (!recordings.has(rid)) rows.delete(rid);
    if (!found.some((recording) => recording.id === rid)) row.node.remove();
  }
  found.forEach((recording, k) => {
    if (!rows.has(recording.id)) rows.set(recording.id, new Row(recording.id));
    const row = rows.get(recording.id);
    row.update(recording);
    if (list.children[k] !== row.node) list.insertBefore(row.node, list.children[k] || null);
  });
  say(byId("total"), "recordings.total", {
    count: found.length, size: size(found.reduce((sum, recording) => sum + (recording.size_bytes || 0), 0)),
  });
  byId("none").hidden = !loaded || found.length > 0;
  byId("table-head").hidden = found.length === 0;
  say(byId("none-words"), all.length ? "recordings.none_found" : "recordings.none");
  translate(list);
}

async function load() {
  const list = await get("/recordings");
  loaded = true;
  recordings.clear();
  for (const recording of list) recordings.set(recording.id, recording);
  show();
}

feed.handle({
  recording: (data) => {
    if (data.state === "deleted") recordings.delete(data.id);
    else recordings.set(data.id, { ...recordings.get(data.id), ...data });
    show();
  },
});
feed.addEventListener("state", (event) => event.detail === "open" && attempt(load));
byId("search").addEventListener("input", show);
onLanguage(show);

mountBar(byId("bar"), { page: "recordings", feed });
feed.start();
attempt(load);
setInterval(() => {
  const running = [...recordings.values()].some((recording) => recording.state === "recording");
  if (running && document.visibilityState === "visible") load().catch(() => {}); // sizes grow
}, REFRESH_MS);
