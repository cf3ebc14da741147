// The join page: lobby, call, and back; a reload goes straight back into the call.
import { get, post, put, sitePath, useInvitation } from "/static/api.js";
import { Call } from "/static/call.js";
import { chairMenu } from "/static/chairmenu.js";
import { Devices } from "/static/devices.js";
import { byId, el, pressed } from "/static/dom.js";
import { askPassword, keepToken, keptToken } from "/static/door.js";
import { Feed } from "/static/events.js";
import { clearProblems, onSubmit } from "/static/forms.js";
import { label, say, saysPlainly, t } from "/static/i18n.js";
import { readLayout } from "/static/layouts.js";
import { Lobby } from "/static/lobby.js";
import { LocalMeter } from "/static/localmeter.js";
import { attempt, explain, toast } from "/static/notify.js";
import { openPopover } from "/static/popover.js";
import { Ring } from "/static/ring.js";
import { conferenceOf, giveSeatBack, lastName, savedSeat, saveSeat, takeSeat } from "/static/seat.js";
import { seatMenu } from "/static/seatmenu.js";
import { ready, switches } from "/static/shell.js";
import { fullscreenButton } from "/static/stage.js";
import { Wishes } from "/static/wishes.js";

const cid = decodeURIComponent(location.pathname.split("/")[2] || "");
const query = new URLSearchParams(location.search);
const invited = query.get("site") || "";
const guest = query.has("invite");
const MOST_CAMERAS = 16;
if (guest) useInvitation(keptToken(cid, invited) || query.get("invite"));

let seat = null;
let conference = null;
let role = "guest";
let layouts = null;
const runs = () => ["chair", "operator", "admin"].includes(role);

const devices = new Devices();
const lobby = new Lobby(devices);
const call = new Call(devices, { left: leave, saveMedia: remember, refused });
const meter = new LocalMeter((dbov) => {
  lobby.level(dbov);
  call.heard(dbov);
});
const wishes = new Wishes(call, devices);
const feed = new Feed({ guest });

/** Whether an event is for this seat. */
const mine = (data) => data.conference === cid && Boolean(seat) && data.site === seat.site;

function remember() {
  if (seat) saveSeat(cid, { ...seat, inCall: call.running, mic: devices.wanted.audio, camera: devices.wanted.video });
}

const ownSite = () => conference?.sites.find((site) => site.id === seat?.site) || null;

function showConference() {
  if (!conference) return;
  for (const id of ["lobby-conference", "call-conference"]) saysPlainly(byId(id), conference.name);
  const seats = conference.sites.filter((site) => site.kind === "webrtc" && site.state === "away");
  byId("seats").replaceChildren(...seats.map((site) => el("option", { value: site.name })));
  const here = conference.sites.find((site) => site.id === invited);
  if (here && !call.running) byId("name").value = here.name;
  byId("lobby-recorded").hidden = byId("told-recorded").hidden = conference.recording?.state !== "recording";
  if (call.running) call.told(ownSite());
  const raised = Boolean(seat) && conference.hands.includes(seat.site);
  pressed(byId("hand"), raised);
  label(byId("hand"), raised ? "hand.down" : "hand.up");
  if (call.running) call.share.told(conference.content?.shown || null);
}

async function lookUp() {
  try {
    conference = await conferenceOf(cid, guest);
    showGone(false);
    showConference();
  } catch (error) {
    if (call.running) return;
    if (error.status === 404) showGone(true);
    else toast("bad", explain(error));
  }
}

/** There is no such conference, or not yet. */
function showGone(gone) {
  byId("lobby-gone").hidden = !gone;
  byId("join-form").hidden = gone;
}

async function enter() {
  ring.hush();
  call.told(ownSite());
  const started = call.start(cid, seat);
  call.share.told(conference?.content?.shown || null);
  await started;
  remember();
  tellInputs();
}

async function leave() {
  const left = seat;
  if (conference?.hands.includes(left.site)) raiseHand(false);
  call.stop();
  seat = null;
  document.fullscreenElement && document.exitFullscreen();
  await giveSeatBack(cid, left);
  say(byId("left-note"), "join.left");
  byId("left-note").hidden = false;
}

/** The seat is in another conference now: the page of that one goes straight into the call. */
function follow(to) {
  const address = new URL(location.href);
  address.pathname = `/join/${encodeURIComponent(to)}`;
  address.searchParams.set("site", seat.site);
  saveSeat(to, { ...seat, made: false, inCall: call.running, mic: devices.wanted.audio, camera: devices.wanted.video });
  location.replace(address);
}

/** The seat stays: one may be called again. */
function hungUp() {
  call.stop();
  remember();
  say(byId("left-note"), "join.hung_up");
  byId("left-note").hidden = false;
}

onSubmit(byId("join-form"), async (data) => {
  clearProblems(byId("join-form"));
  byId("left-note").hidden = true;
  conference = await conferenceOf(cid, guest);
  seat = await takeSeat(cid, { name: data.get("name").trim(), invited, conference });
  await enter();
});

// ------------------------------------------------------------------ the door, the bell, the chair

/** What the door gave opens it from now on, also after a reload. */
function takeEntry(entry) {
  keepToken(entry);
  useInvitation(entry.token);
  feed.start(); // as who one is now
}

async function refused(error) {
  if (error.door !== "password") return;
  const entry = await askPassword("password", { title: "enter.password", text: "enter.password_text" });
  if (!entry) return;
  takeEntry(entry);
  await call.retry();
}

const ring = new Ring({
  accept: () => !call.running && byId("join-form").requestSubmit(),
  decline: () => attempt(() => post(`${sitePath(cid, ringing())}/declined`)),
});

/** The seat whose bell rings here: the link's, or the one that this tab had. */
const ringing = () => invited || savedSeat(cid)?.site || "";

async function modes() {
  layouts ??= new Map((await get("/layouts")).map((mode) => [mode.id, readLayout(mode)]));
  return layouts;
}

async function runConference() {
  if (!runs()) {
    const entry = await askPassword("chair_password", { title: "chair.password", text: "chair.text" });
    if (!entry) return;
    takeEntry(entry);
    role = "chair";
  }
  const known = await modes();
  const whole = await conferenceOf(cid, guest); // with the access code, which events do not tell
  openPopover(byId("chair"), chairMenu({ ...conference, rules: whole?.rules || conference.rules }, cid, known), { name: "chair.title" });
}

const raiseHand = (raised) => attempt(() => put(`${sitePath(cid, seat.site)}/hand`, { raised }));
byId("hand").addEventListener("click", () => raiseHand(!conference.hands.includes(seat.site)));
byId("seat-view").addEventListener("click", () => attempt(async () => {
  const known = await modes();
  openPopover(byId("seat-view"), seatMenu(conference, { cid, site: seat.site }, known), { name: "seat.title" });
}));
byId("chair").addEventListener("click", () => attempt(runConference));

function siteChanged(data) {
  if (data.conference !== cid || !conference) return;
  conference.sites = conference.sites.map((site) => (site.id === data.site.id ? { ...site, ...data.site } : site));
  showConference();
}

feed.handle({
  hello: (data) => (role = data.role),
  ring: (data) => data.conference === cid && !call.running && data.site === ringing() && ring.show(data.name),
  hangup: (data) => mine(data) && call.running && hungUp(),
  declined: (data) => {
    if (data.conference !== cid) return;
    if (data.site === ringing()) ring.hush();
    else if (runs() && call.running) toast("info", t("ring.declined", { name: conference.sites.find((site) => site.id === data.site)?.name || "" }));
  },
  conference: (data) => {
    if (data.id !== cid) return;
    conference = data;
    showGone(false);
    showConference();
  },
  gone: (data) => data.conference === cid && !call.running && showGone(true),
  site: siteChanged,
  content: (data) => {
    if (data.conference !== cid || !conference) return;
    conference.content = { ...conference.content, shown: data.content };
    showConference();
  },
  moved: (data) => mine(data) && follow(data.to),
  rejoin: (data) => {
    if (mine(data)) call.rejoin();
  },
  share: (data) => mine(data) && wishes.share(data.on),
  camera: (data) => mine(data) && wishes.camera(data),
});
feed.addEventListener("state", (event) => event.detail === "open" && lookUp());

let heard = null;
let told = "";
/** Which cameras there are: who controls the bridge may choose among them. */
function tellInputs() {
  const cameras = devices.lists.video.map((device) => device.label.slice(0, 100)).slice(0, MOST_CAMERAS);
  if (!call.running || !seat || told === seat.site + cameras.join()) return;
  told = seat.site + cameras.join();
  put(`${sitePath(cid, seat.site)}/inputs`, { cameras }).catch(() => (told = ""));
}

devices.addEventListener("change", () => {
  tellInputs();
  if (devices.tracks.audio === heard) return;
  heard = devices.tracks.audio;
  meter.listen(heard);
});

async function begin() {
  byId("lobby-switches").append(switches());
  byId("call-end").append(fullscreenButton(document.documentElement));
  byId("name").value = lastName();
  byId("name").readOnly = Boolean(invited);
  ready();
  lobby.show();
  feed.start();
  const saved = savedSeat(cid);
  if (saved?.inCall) devices.wanted = { audio: saved.mic, video: saved.camera };
  await Promise.all([devices.open(), lookUp()]);
  const stillThere = !conference || conference.sites.some((site) => site.id === saved?.site);
  if (saved?.inCall && stillThere) {
    seat = saved;
    await enter();
  }
}

await begin();
