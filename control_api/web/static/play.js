// The player page: title, badge, buttons; the media itself comes from player.js.
import { get, post, recordingPath, recordingUrl } from "/static/api.js";
import { ContentScreen } from "/static/contentscreen.js";
import { byId, pressed, setIcon, setVar } from "/static/dom.js";
import { Span, exportPanel } from "/static/exportpanel.js";
import { duration, when } from "/static/format.js";
import { findWithin } from "/static/markfind.js";
import { MarkList } from "/static/marklist.js";
import { label, onLanguage, say, saysPlainly } from "/static/i18n.js";
import { explain } from "/static/notify.js";
import { openPlayer } from "/static/player.js";
import { openPopover } from "/static/popover.js";
import { previewsOver } from "/static/previews.js";
import { Quality } from "/static/quality.js";
import { Screens } from "/static/screens.js";
import { mountBar } from "/static/shell.js";
import { fullscreenButton } from "/static/stage.js";
import { stillName, stillPanel } from "/static/stillpanel.js";
import { TimedData } from "/static/timeddata.js";

const STEP_S = 10;
const LIVE_EDGE_S = 4;

const rid = decodeURIComponent(location.pathname.split("/")[2] || "");
const video = byId("video");
const seek = byId("seek");
const screens = new Screens({ player: byId("player"), content: byId("content"), select: byId("show") });
let recording = null;
let slides = []; // as marks; known once they were read, which is after the end
let player = null;
let seeking = false;
const marks = new MarkList(byId("marks"), byId("ticks"), { jump: (time) => jump(time), add: addMark });

/** The end that can be reached now: grows while the recording is written. */
const length = () => player?.duration || recording?.duration_s || 0;
const isLive = () => recording?.state === "recording" || recording?.state === "paused";

function showTime() {
  const whole = length();
  const now = seeking ? Number(seek.value) : video.currentTime;
  seek.max = String(whole || 1);
  if (!seeking) seek.value = String(now);
  setVar(seek, "--played", whole ? (now / whole).toFixed(4) : "0");
  seek.setAttribute("aria-valuetext", `${duration(now)} / ${duration(whole)}`);
  byId("now").textContent = duration(now);
  byId("whole").textContent = duration(whole);
  byId("to-live").hidden = !isLive();
  byId("to-live").classList.toggle("behind", whole - now > LIVE_EDGE_S);
}

function showState() {
  setIcon(byId("play"), video.paused ? "play" : "pause");
  label(byId("play"), video.paused ? "play.play" : "play.pause");
  const quiet = video.muted || video.volume === 0;
  setIcon(byId("mute"), quiet ? "speaker-off" : "speaker");
  label(byId("mute"), quiet ? "call.sound_on" : "call.sound_off");
  pressed(byId("mute"), !quiet);
}

function fail(error) {
  byId("problem").hidden = false;
  saysPlainly(byId("problem").querySelector("span"), explain(error));
  if (recording) return;
  say(byId("title"), "play.gone");
  document.body.dataset.gone = "";
}

function toggle() {
  if (video.paused) video.play().catch(() => {});
  else video.pause();
}

function jump(to) {
  player?.seek(Math.min(to, length() - 0.1));
  showTime();
}

const showMarks = () => marks.show([...(player?.marks ?? []), ...slides], length());

/** Slide changes are marks, too: by what was read on each. */
async function findSlides() {
  const found = await get(`${recordingPath(rid)}/slides`).catch(() => []);
  slides = found.map(({ at_s, text }) => ({ at_ms: at_s * 1000, kind: "slide", text, by: "" }));
  showMarks();
}

/** Back to the beginning, and nothing moves. */
function stop() {
  video.pause();
  jump(0);
}

/** A mark at the place that is shown. */
async function addMark(text) {
  const at_s = video.currentTime;
  await post(`${recordingPath(rid)}/marks`, { at_s, text });
  if (!isLive()) player.marks.push({ at_ms: at_s * 1000, kind: "operator", text, by: "" });
  showMarks(); // of a running one the manifest tells it
}

const where = {
  manifestUrl: recordingUrl(rid, "manifest"),
  trackUrl: (name) => recordingUrl(rid, `tracks/${encodeURIComponent(name)}`),
};

const span = new Span();
const exported = {
  now: () => video.currentTime,
  length,
  url: (file, query) => recordingUrl(rid, `${file}${query ? `?${query}` : ""}`),
  recording: () => recording,
  content: () => Boolean(player?.has("content")),
};

/** The picture that is shown now, and the content beside it. */
function stills() {
  const at_s = video.currentTime.toFixed(3);
  const at = new Date(new Date(recording.started_at).getTime() + at_s * 1000);
  return (exported.content() ? ["main", "content"] : ["main"]).map((track) => ({
    say: track === "main" ? "still.main" : "still.content",
    path: (kind) => `${recordingPath(rid)}/still.${kind}?${new URLSearchParams({ at_s, track })}`,
    name: (kind) => stillName(`${recording.title || rid}_${track}`, at, kind),
  }));
}

/** The same place in another coding of the picture. */
async function goOnWith(name, beside) {
  const { currentTime: start, paused, playbackRate } = video;
  player.close();
  player = await openPlayer({ video, ...where, onChange: changed, tracks: [name, "sound"], start });
  beside.leader = player;
  video.playbackRate = playbackRate;
  if (!paused) await video.play().catch(() => {});
}

const KEYS = {
  " ": toggle,
  k: toggle,
  s: stop,
  n: () => marks.next(video.currentTime),
  p: () => marks.previous(video.currentTime),
  ArrowLeft: () => jump(video.currentTime - STEP_S),
  ArrowRight: () => jump(video.currentTime + STEP_S),
  c: () => byId("still").click(),
  d: () => byId("data").click(),
  f: () => byId("controls").querySelector("#full")?.click(),
  m: () => byId("mute").click(),
};

function controls() {
  byId("play").addEventListener("click", toggle);
  byId("stop").addEventListener("click", stop);
  video.addEventListener("click", toggle);
  byId("back").addEventListener("click", () => jump(video.currentTime - STEP_S));
  byId("ahead").addEventListener("click", () => jump(video.currentTime + STEP_S));
  byId("to-live").addEventListener("click", () => player?.goLive());
  byId("speed").addEventListener("change", (event) => (video.playbackRate = Number(event.target.value)));
  byId("mute").addEventListener("click", () => (video.muted = !video.muted));
  byId("volume").addEventListener("input", (event) => {
    video.volume = Number(event.target.value);
    video.muted = video.volume === 0;
  });
  seek.addEventListener("input", () => {
    seeking = true;
    showTime();
  });
  seek.addEventListener("change", () => {
    seeking = false;
    jump(Number(seek.value));
  });
  byId("clip").addEventListener("click", () => {
    const panel = exportPanel(exported, span);
    if (!openPopover(byId("clip"), panel.node, { name: "export.title", onClose: panel.stop })) panel.stop();
  });
  byId("still").addEventListener("click", () => openPopover(byId("still"), stillPanel(stills()), { name: "still.take" }));
  previewsOver(seek, length, () => (recording && !isLive() ? recordingUrl(rid, "previews.jpg") : ""));
  const full = fullscreenButton(byId("player"));
  full.id = "full";
  byId("controls-end").append(full);
  for (const name of ["play", "pause", "volumechange"]) video.addEventListener(name, showState);
  for (const name of ["timeupdate", "durationchange", "progress", "seeked"]) video.addEventListener(name, showTime);
  for (const name of ["waiting", "seeking"]) video.addEventListener(name, () => (byId("player").dataset.waiting = "yes"));
  for (const name of ["playing", "canplay", "seeked"]) video.addEventListener(name, () => delete byId("player").dataset.waiting);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, button, a, textarea");
    if (typing || event.ctrlKey || event.metaKey || screens.key(event.key) || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
}

function describe() {
  saysPlainly(byId("title"), recording.title || recording.id);
  byId("date").textContent = when(recording.started_at);
  byId("live").hidden = !isLive();
  const download = byId("download");
  const takes = recording.may !== "watch";
  download.hidden = isLive() || !takes;
  byId("still").hidden = !length();
  byId("clip").hidden = !length() || !takes;
  byId("marks").classList.toggle("read-only", recording.may !== "manage");
  download.href = recordingUrl(rid, "download.mp4");
  say(byId("live"), "play.live");
  showTime();
}

async function refresh() {
  recording = await get(recordingPath(rid));
  describe();
}

/** The player found out something: the length, the end of the recording, a failure. */
function changed(now) {
  if (now.error) fail(new Error(now.error));
  else byId("problem").hidden = true;
  if (isLive() && !now.live) refresh().catch(() => {});
  showTime();
  showMarks();
}

async function begin() {
  mountBar(byId("bar"), { page: "recordings" });
  const query = new URLSearchParams(location.search); // where a search led to
  findWithin(byId("marks"), { recording: rid, jump, words: query.get("q") ?? "" });
  controls();
  onLanguage(() => recording && describe());
  try {
    await refresh();
    new TimedData({ rid, video, panel: byId("vitals"), button: byId("data"), live: isLive });
    player = await openPlayer({
      video,
      ...where,
      onChange: changed,
    });
    showMarks();
    if (!isLive()) findSlides();
    const beside = new ContentScreen({ main: video, video: byId("content"), player, ...where, shown: (on) => screens.presents(on) });
    new Quality({ select: byId("quality"), player: () => player, reopen: (name) => goOnWith(name, beside) });
    const at = Number(query.get("at"));
    if (at > 0) jump(at);
    await video.play().catch(() => {}); // the person presses play where the browser asks for it
  } catch (error) {
    fail(error);
  }
  showState();
  video.addEventListener("timeupdate", () => marks.at(video.currentTime));
  setInterval(() => isLive() && refresh().catch(() => {}), 5000);
}

await begin();
