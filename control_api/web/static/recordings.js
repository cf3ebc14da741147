// The library: recordings newest first, searched by the server, kept up to date by its events.
import { get, recordingPath, recordingUrl, remove } from "/static/api.js";
import { confirmed } from "/static/dialogs.js";
import { byId, el, icon, iconButton } from "/static/dom.js";
import { Feed } from "/static/events.js";
import { duration, size, when } from "/static/format.js";
import { label, onLanguage, say, saysPlainly, translate } from "/static/i18n.js";
import { MomentList } from "/static/momentlist.js";
import { attempt } from "/static/notify.js";
import { openPopover } from "/static/popover.js";
import { mountBar } from "/static/shell.js";
import { openTags } from "/static/tagdialog.js";
import { WorkList } from "/static/worklist.js";

const REFRESH_MS = 5000;
const TYPING_MS = 250;
const PAGE = 100;

const recordings = new Map();
const rows = new Map();
const feed = new Feed();
const moments = new MomentList(byId("moments"));
let loaded = false;
let wanted = PAGE; // how many are shown at most
let total = 0;
let bytes = 0;
let turn = 0; // answers to older questions are thrown away

const isRunning = (recording) => recording.state === "recording" || recording.state === "paused";
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

function tag(rid) {
  openTags(recordings.get(rid), (recording) => {
    recordings.set(rid, recording);
    show();
  });
}

/** Date, doctor, department, group and keywords in one line. */
const about = (recording) =>
  [when(recording.started_at), recording.doctor, recording.department, recording.group, ...recording.keywords, recording.patient]
    .filter(Boolean).join(" · ");

/** One recording; the node stays, its words change. */
class Row {
  constructor(rid) {
    this.title = el("a", { class: "recording-title", href: playUrl(rid) });
    this.about = el("span", { class: "recording-date" });
    this.state = el("span", { class: "badge" });
    this.length = el("span", { class: "number" });
    this.bytes = el("span", { class: "number" });
    this.tags = iconButton("tag", "tags.title", () => tag(rid), { class: "icon-button operator" });
    this.download = el("a", { class: "button icon-button", role: "link", href: recordingUrl(rid, "download.mp4"), download: "", label: "recordings.download" }, icon("download"));
    this.erase = iconButton("trash", "recordings.delete", () => erase(recordings.get(rid)), { class: "icon-button operator" });
    this.thumb = el("a", { class: "thumb", href: playUrl(rid), tabindex: "-1", "aria-hidden": "true" }, icon("play"));
    this.node = el("li", { class: "recording", data: { recording: rid } },
      this.thumb,
      el("span", { class: "recording-words" }, this.title, this.about),
      this.state, this.length, this.bytes,
      el("span", { class: "recording-buttons" }, this.tags, this.download, this.erase));
  }

  update(recording) {
    const live = isRunning(recording);
    saysPlainly(this.title, recording.title || recording.id);
    this.about.textContent = this.about.title = about(recording);
    this.node.dataset.state = recording.state;
    say(this.state, `recordings.state_${recording.state}`);
    this.state.title = recording.reason || "";
    this.length.textContent = duration(recording.duration_s);
    this.bytes.textContent = size(recording.size_bytes);
    label(this.tags, "tags.title_of", { title: recording.title });
    label(this.download, "recordings.download_of", { title: recording.title });
    const kept = live ? "recordings.delete_not_yet" : recording.hold ? "recordings.delete_held" : "recordings.delete_of";
    label(this.erase, kept, { title: recording.title });
    this.erase.disabled = live || recording.hold;
    this.tags.hidden = this.erase.hidden = recording.may !== "manage";
    this.download.hidden = recording.may === "watch";
    this.download.classList.toggle("disabled", live);
    this.download.setAttribute("aria-disabled", String(live));
    if (live) this.download.removeAttribute("href");
    else this.download.setAttribute("href", recordingUrl(recording.id, "download.mp4"));
    if (!live) this.#picture(recordingUrl(recording.id, "poster.jpg"));
  }

  /** Fetched when the row comes into sight; where there is none, the sign alone stays. */
  #picture(src) {
    if (this.thumb.dataset.picture) return;
    this.thumb.dataset.picture = "asked";
    const shown = el("img", { alt: "", width: 320, height: 180, loading: "lazy", decoding: "async",
      on: { load: () => (this.thumb.dataset.picture = "there"), error: () => shown.remove() } });
    this.thumb.prepend(shown);
    shown.src = src; // last: a browser begins as soon as it has the address
  }
}

const stamp = (recording) => Date.parse(recording.started_at);

/** What was typed and chosen, as the server wants it. */
function question() {
  const query = new URLSearchParams({ limit: String(wanted) });
  const words = byId("search").value.trim();
  if (words) query.set("q", words);
  const [since, until] = [byId("since").value, byId("until").value];
  if (since) query.set("since", new Date(`${since}T00:00`).toISOString());
  if (until) query.set("until", new Date(new Date(`${until}T00:00`).getTime() + 86400000).toISOString());
  return query;
}

const isAsked = () => Boolean(byId("search").value.trim() || byId("since").value || byId("until").value);

function show() {
  const found = [...recordings.values()].sort((a, b) => stamp(b) - stamp(a));
  const list = byId("recordings");
  for (const [rid, row] of rows) {
    if (recordings.has(rid)) continue;
    row.node.remove();
    rows.delete(rid);
  }
  found.forEach((recording, k) => {
    if (!rows.has(recording.id)) rows.set(recording.id, new Row(recording.id));
    const row = rows.get(recording.id);
    row.update(recording);
    if (list.children[k] !== row.node) list.insertBefore(row.node, list.children[k] || null);
  });
  say(byId("total"), "recordings.total", { count: Math.max(total, found.length), size: size(bytes) });
  byId("none").hidden = !loaded || found.length > 0;
  byId("table-head").hidden = found.length === 0;
  byId("more").hidden = total <= found.length;
  say(byId("none-words"), isAsked() ? "recordings.none_found" : "recordings.none");
  translate(list);
}

async function load() {
  const mine = (turn += 1);
  const sums = (answer) => {
    total = Number(answer.headers.get("X-Total-Count"));
    bytes = Number(answer.headers.get("X-Total-Bytes"));
  };
  const list = await get(`/recordings?${question()}`, { seen: (answer) => mine === turn && sums(answer) });
  if (mine !== turn) return;
  loaded = true;
  recordings.clear();
  for (const recording of list) recordings.set(recording.id, recording);
  show();
}

const again = () => attempt(load);
const within = () => attempt(() => moments.ask(byId("search").value.trim()));
let typing = 0;

function asked() {
  clearTimeout(typing);
  wanted = PAGE;
  typing = setTimeout(() => {
    again();
    within();
  }, TYPING_MS);
}

/** Films and jobs of all recordings; how many are under way stands on the button as long as it is open. */
function openWorks() {
  const works = new WorkList({ told: (open) => say(byId("works-words"), open ? "work.open" : "work.title", { count: open }) });
  if (openPopover(byId("works"), works.node, { name: "work.title", onClose: () => works.stop() })) works.start();
}

feed.handle({
  recording: (data) => {
    if (data.state === "deleted") recordings.delete(data.id);
    else if (recordings.has(data.id)) recordings.set(data.id, { ...recordings.get(data.id), ...data, patient: recordings.get(data.id).patient });
    else again(); // whether it is among those asked for, the server knows
    show();
  },
});
feed.addEventListener("state", (event) => event.detail === "open" && again());
for (const id of ["search", "since", "until"]) byId(id).addEventListener("input", asked);
byId("works").addEventListener("click", openWorks);
byId("more").addEventListener("click", () => {
  wanted = Math.min(1000, wanted + PAGE);
  again();
});
onLanguage(show);

mountBar(byId("bar"), { page: "recordings", feed });
feed.start();
again();
setInterval(() => {
  const running = [...recordings.values()].some(isRunning);
  if (running && document.visibilityState === "visible") load().catch(() => {}); // sizes grow
}, REFRESH_MS);
