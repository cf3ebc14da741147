// The live page: one conference for people who only watch. The media comes from liveplayer.js.
import { conferencePath, get, liveUrl, recordingUrl } from "/static/api.js";
import { byId, pressed, setIcon } from "/static/dom.js";
import { Feed } from "/static/events.js";
import { label, onLanguage, say, saysPlainly, t } from "/static/i18n.js";
import { explain } from "/static/notify.js";
import { openLive } from "/static/liveplayer.js";
import { Screens } from "/static/screens.js";
import { mountBar } from "/static/shell.js";
import { openPopover } from "/static/popover.js";
import { fullscreenButton } from "/static/stage.js";
import { stillOf, stillPanel } from "/static/stillpanel.js";
import { watchLinks } from "/static/watchlinks.js";

const DELAY_MS = 1000;

const cid = decodeURIComponent(location.pathname.split("/")[2] || "");
const video = byId("video");
const content = byId("content");
const player = byId("player");
const canPush = Boolean(window.MediaSource || window.ManagedMediaSource);
const screens = new Screens({ player, content, select: byId("show") });
let live = null;
let rid = ""; // of the recording that runs
let conference = null;

function showSound() {
  const quiet = video.muted || video.volume === 0;
  setIcon(byId("mute"), quiet ? "speaker-off" : "speaker");
  label(byId("mute"), quiet ? "call.sound_on" : "call.sound_off");
  pressed(byId("mute"), !quiet);
  if (!quiet) byId("sound-on").hidden = true;
}

function showPlay() {
  setIcon(byId("play"), video.paused ? "play" : "pause");
  label(byId("play"), video.paused ? "play.play" : "live.freeze");
}

/** After a pause the newest picture is shown again, not the one that stood; after a stop all begins anew. */
function toggle() {
  if (!live && canPush) {
    watch();
    return;
  }
  if (video.paused) video.play().catch(() => {});
  else video.pause();
}

/** Nothing is fetched any more. */
function stop() {
  if (!live) return;
  live.close();
  live = null;
  delete player.dataset.waiting;
  player.dataset.state = "stopped";
  byId("notice").hidden = false;
  say(byId("notice"), "live.stopped");
  byId("sound-on").hidden = true;
  screens.presents(false);
  showDelay();
  showPlay();
}

function watch() {
  live = openLive({ url: liveUrl(cid), video, contentVideo: content });
  live.addEventListener("change", showState);
  window.livePlayer = live; // for whoever measures
  showState();
}

function hear(on) {
  video.muted = !on;
  if (on && video.volume === 0) video.volume = byId("volume").value = 1;
}

/** Nothing more comes by itself: refused, and not because of too many or a fault of the server. */
const isOver = () => live?.state === "refused" && live.problem.status !== 429 && live.problem.status < 500;
const isMissing = () => live?.state === "refused" && live.problem.status === 404;

function showState() {
  if (!live) return;
  const { state, problem } = live;
  player.dataset.state = state;
  if (state === "playing" || isOver()) delete player.dataset.waiting;
  else player.dataset.waiting = "yes";
  byId("notice").hidden = state === "playing";
  byId("badge").hidden = state === "refused";
  if (isMissing()) say(byId("notice"), "live.not_running");
  else if (state === "refused") saysPlainly(byId("notice"), explain(problem));
  else say(byId("notice"), "live.connecting");
  screens.presents(live.presents);
  byId("sound-on").hidden = state !== "playing" || !video.muted;
}

function showDelay() {
  const behind = live?.state === "playing" && !video.paused ? live.behind : null;
  byId("delay").textContent = behind === null ? "" : t("live.delay", { ms: Math.max(0, Math.round(behind * 100) * 10) });
}

function describe(now) {
  conference = now;
  saysPlainly(byId("title"), conference.name);
  if (isMissing()) {
    live.close();
    watch(); // it has begun
  }
  rid = conference.recording?.id || "";
  byId("from-start").hidden = !rid;
  byId("from-start").href = rid ? `/play/${encodeURIComponent(rid)}` : "";
  if (!canPush && rid && !video.src) playNatively();
}

/** Older iPhones: their own player follows the recording that runs, some seconds behind, and the page says so. */
function playNatively() {
  video.src = recordingUrl(rid, "hls/index.m3u8");
  video.play().catch(() => {});
  delete player.dataset.waiting;
  byId("notice").hidden = true;
  say(byId("delay"), "live.native");
}

/** What can be taken as a picture now: what viewers see, and for those who run it each site. */
function stills() {
  const title = conference?.name || cid;
  const found = [stillOf({ say: "still.main" }, cid, {}, title)];
  if (live?.presents) found.push(stillOf({ say: "still.content" }, cid, { content: true }, `${title}_content`));
  if (document.body.dataset.role === "viewer") return found;
  const here = (conference?.sites ?? []).filter((site) => site.state === "joined");
  return [...found, ...here.map((site) => stillOf({ text: site.name }, cid, { site: site.id }, `${title}_${site.name}`))];
}

const KEYS = {
  " ": toggle,
  k: toggle,
  s: stop,
  m: () => byId("mute").click(),
  c: () => byId("still").click(),
  f: () => player.querySelector("#full")?.click(),
};

function controls() {
  byId("play").addEventListener("click", toggle);
  byId("stop").addEventListener("click", stop);
  byId("mute").addEventListener("click", () => hear(video.muted));
  byId("sound-on").addEventListener("click", () => hear(true));
  byId("volume").addEventListener("input", (event) => {
    video.volume = Number(event.target.value);
    video.muted = video.volume === 0;
  });
  byId("links").addEventListener("click", () => openPopover(byId("links"), watchLinks(cid, rid), { name: "links.title" }));
  byId("still").addEventListener("click", () => openPopover(byId("still"), stillPanel(stills()), { name: "still.take" }));
  const full = fullscreenButton(player);
  full.id = "full";
  byId("controls-end").append(full);
  for (const name of ["play", "pause"]) video.addEventListener(name, showPlay);
  video.addEventListener("volumechange", showSound);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, button, a, textarea");
    if (typing || event.ctrlKey || event.metaKey || screens.key(event.key) || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
}

function begin() {
  const feed = new Feed();
  mountBar(byId("bar"), { page: "", feed });
  controls();
  feed.handle({ conference: (conference) => conference.id === cid && describe(conference) });
  feed.start();
  get(conferencePath(cid)).then(describe, () => say(byId("title"), "play.live")); // the stream itself says what is wrong
  if (!canPush) {
    byId("notice").hidden = false;
    say(byId("notice"), "live.no_mse");
    return;
  }
  watch();
  onLanguage(showDelay);
  setInterval(showDelay, DELAY_MS);
  showSound();
  showPlay();
}

begin();
