// The console: puts the picture, the sites, the layouts and the server's events together.
import { conferencePath, patch, post, put, remove, sitePath } from "/static/api.js";
import { openAddSite, openRtpDialog } from "/static/addsite.js";
import { conferencePicker } from "/static/conferencemenu.js";
import { confirmed } from "/static/dialogs.js";
import { Directing } from "/static/directing.js";
import { doorPanel } from "/static/doorpanel.js";
import { byId, el, icon, iconButton, pressed } from "/static/dom.js";
import { Feed } from "/static/events.js";
import { openInvite } from "/static/invite.js";
import { LayoutPicker } from "/static/layoutpicker.js";
import { label, t } from "/static/i18n.js";
import { CONTENT, leader } from "/static/lead.js";
import { attempt, toast } from "/static/notify.js";
import { openOwnLayout } from "/static/ownlayout.js";
import { openOwnView } from "/static/ownview.js";
import { paneMenu } from "/static/panemenu.js";
import { padded, withFit, withKind, withPoll, withSite } from "/static/panes.js";
import { openPopover } from "/static/popover.js";
import { pushButton } from "/static/pushpanel.js";
import { RecordButton } from "/static/recordbutton.js";
import { reducedMark } from "/static/reduced.js";
import { mountBar, ready } from "/static/shell.js";
import { sitePanel } from "/static/sitepanel.js";
import { SiteList } from "/static/sites.js";
import { choose, sparing } from "/static/sparing.js";
import { fullscreenButton, speakerLine, Stage } from "/static/stage.js";
import { stillOf, stillPanel } from "/static/stillpanel.js";
import { Store } from "/static/store.js";
import { openTrace } from "/static/trace.js";

const store = new Store();
const feed = new Feed({ levelsHz: levelsHz() });
/** Levels in a second: a slow line is told fewer. */
function levelsHz() {
  return sparing() ? 1 : 10;
}

const path = () => conferencePath(store.currentId);

/** Takes the conference that the server answers with, if it does. */
const take = (answer) => answer?.sites && store.put(answer);

const direct = (fields) => attempt(async () => take(await patch(path(), fields)));
const sendPanes = (panes) => attempt(async () => take(await put(`${path()}/panes`, panes)));
const count = () => store.layout.panes.length;

function place(site, k, from = -1) {
  sendPanes(withSite(store.current.panes, count(), k, site, from));
}

function dropped(target, site, from = -1) {
  const k = Number(target.dataset.pane);
  if (!site || !Number.isInteger(k) || k === from) return;
  const lead = leader(store.current);
  if (lead) direct(lead.by === "lecture" ? { lecturer: site } : { broadcast: site });
  else place(site, k, from);
}

function openPane(k, anchor) {
  const conference = store.current;
  if (leader(conference)) {
    directing.direct.click();
    return;
  }
  const wanted = padded(conference.panes, count())[k];
  const panes = () => store.current.panes;
  openPopover(anchor, paneMenu(k, wanted, conference.sites, {
    site: (sid) => place(sid, k),
    kind: (kind) => sendPanes(withKind(panes(), count(), k, kind)),
    poll: (sites, interval_s) => sendPanes(withPoll(panes(), count(), k, sites, interval_s)),
    fit: (fit) => sendPanes(withFit(panes(), count(), k, fit)),
  }), { name: ["pane.title", { number: k + 1 }] });
}

/** Changes a site at once on the page, and takes it back when the server refuses. */
async function changeSite(sid, fields) {
  const cid = store.currentId;
  const before = store.site(sid);
  store.handlers().site({ conference: cid, site: { id: sid, ...fields } });
  const answer = await attempt(() => patch(sitePath(cid, sid), fields));
  const now = answer?.id === sid ? answer : answer === undefined ? before : null;
  if (now) store.handlers().site({ conference: cid, site: now });
}

async function removeSite(sid) {
  const cid = store.currentId;
  const { name } = store.site(sid);
  if (!(await confirmed({ title: "site.remove", text: ["site.remove_text", { name }], yes: "site.remove_yes" }))) return;
  await attempt(async () => {
    await remove(sitePath(cid, sid));
    await store.reload(cid);
  });
}

/** A site sees what the others see again: neither whom it watched nor its own picture. */
async function release(sid) {
  const { watch, view } = store.site(sid);
  if (watch) await changeSite(sid, { watch: "" });
  if (view) await attempt(() => ownView(sid, null));
}

/** Gives a site its own picture, or (null) takes it. Raises ApiError. */
async function ownView(sid, view) {
  const cid = store.currentId;
  const address = `${sitePath(cid, sid)}/view`;
  const answer = await (view ? put(address, view) : remove(address));
  if (answer?.id) store.handlers().site({ conference: cid, site: answer });
  if (view && store.site(sid)?.watch) await changeSite(sid, { watch: "" });
}

/** A picture of what a site sends: its camera, and its content while that is shown. */
function takeStill(sid, anchor) {
  const { id, content } = store.current;
  const { name } = store.site(sid);
  const sources = [stillOf({ say: "still.camera" }, id, { site: sid }, name)];
  if (content.shown?.site === sid) sources.push(stillOf({ say: "still.content" }, id, { site: sid, content: true }, `${name}_content`));
  openPopover(anchor, stillPanel(sources, name), { name: ["still.take_of", { name }] });
}

function openSite(sid, anchor) {
  const site = store.site(sid);
  openPopover(anchor, sitePanel(store.current, site, store.layout, {
    change: (fields) => changeSite(sid, fields),
    direct,
    camera: (order) => attempt(() => post(`${sitePath(store.currentId, sid)}/camera`, order)),
    place: (k) => place(sid, k),
    own: () => openOwnView(store.current, store.site(sid), store.modes, {
      save: (view) => ownView(sid, view),
      release: () => ownView(sid, null),
    }),
    release: () => release(sid),
    ring: () => attempt(() => post(`${sitePath(store.currentId, sid)}/ring`)),
    lower: () => attempt(() => put(`${sitePath(store.currentId, sid)}/hand`, { raised: false })),
    rtp: () => openRtpDialog(store.currentId, site),
    trace: () => openTrace(store.currentId, site),
    still: () => takeStill(sid, anchor),
    others: [...store.conferences.values()].filter((one) => one.id !== store.currentId),
    move: (to) => attempt(() => post(`${sitePath(store.currentId, sid)}/move`, { to })),
    remove: () => removeSite(sid),
  }), { name: ["site.more", { name: site.name }], wide: true });
}

const setLayout = (body) => attempt(async () => take(await put(`${path()}/layout`, body)));

function namesButton() {
  const button = iconButton("tag", "stage.names", () => {
    const show = !store.current.show_names;
    pressed(button, show);
    direct({ show_names: show });
  });
  return button;
}

/** Stills and few levels, or moving pictures and many. */
function spare(on) {
  pressed(stills, on);
  label(stills, on ? "stage.moving" : "stage.stills");
  stage.spare(on);
  const hz = on ? 1 : 10;
  if (feed.levelsHz === hz) return;
  feed.levelsHz = hz;
  feed.start();
}

/** The same, by hand: it stays so. */
function decide(on) {
  choose(on);
  spare(on);
}

const stills = iconButton("image", "stage.stills", () => decide(stills.getAttribute("aria-pressed") !== "true"), { id: "stills-button" });

/** The page for people who only watch. */
const livePage = el("a", { class: "icon-button button", id: "live-page", target: "_blank", label: "live.page" }, icon("tower"));

const door = iconButton("lock", "rules.title", () => openPopover(door, doorPanel(store.current, take), { name: "rules.title", wide: true }),
  { id: "door", class: "icon-button operator", "aria-haspopup": "dialog", "aria-expanded": "false" });

const reload = () => store.reload(store.currentId);

const picker = conferencePicker(store);
const stage = new Stage(byId("stage"), {
  openPane,
  drop: dropped,
  siteName: (sid) => (sid === CONTENT ? t("pane.content") : store.site(sid)?.name || ""),
  lossy: () => {
    spare(true);
    toast("info", t("stage.lossy"), { words: t("stage.moving"), run: () => decide(false) });
  },
});
const sites = new SiteList(byId("sites"), byId("site-count"), {
  change: changeSite,
  openPanel: openSite,
  drop: dropped,
});
const layouts = new LayoutPicker(byId("layouts"), {
  choose: setLayout,
  editOwn: () => openOwnLayout(store.current, store.layout, take),
});
const speaker = speakerLine();
const names = namesButton();
const directing = new Directing(() => store.current, direct);
const record = new RecordButton();
const reduced = reducedMark();

byId("strip").append(
  speaker.node,
  reduced.node,
  directing.chip,
  el("span", { class: "strip-buttons" }, directing.direct, directing.content, directing.texts, door, stage.sound, stills, names, livePage, pushButton(() => store.currentId), fullscreenButton(byId("stage-frame"))),
  record.group);
byId("site-actions").append(
  el("button", { type: "button", class: "plain", id: "invite", on: { click: () => openInvite(store.current, reload) } }, icon("link"), el("span", { say: "invite.button" })),
  el("button", {
    type: "button", class: "primary", id: "add-site",
    on: { click: () => attempt(() => openAddSite(store.currentId, reload)) },
  }, icon("plus"), el("span", { say: "add.button" })));
byId("create-first").addEventListener("click", picker.create);

function remember(cid) {
  const url = new URL(location.href);
  if (cid && url.searchParams.get("conference") !== cid) {
    url.searchParams.set("conference", cid);
    history.replaceState(null, "", url);
  }
}

function show() {
  const conference = store.current;
  document.body.dataset.conference = conference ? "some" : store.loaded ? "none" : "loading";
  stage.watch(conference?.id || "");
  remember(conference?.id);
  stage.update(conference, store.layout);
  sites.update(conference);
  layouts.mark(conference);
  record.update(conference);
  directing.update(conference);
  door.disabled = !conference;
  pressed(door, conference?.rules.locked);
  livePage.hidden = conference?.rules.live === false;
  livePage.href = conference ? `/live/${encodeURIComponent(conference.id)}` : "/";
  reduced.show(conference?.reduced || 0);
  pressed(names, conference?.show_names);
  speaker.show(store.site(conference?.speaker)?.name || "");
}

store.addEventListener("conference", show);
store.addEventListener("levels", (event) => sites.levels(event.detail));
store.addEventListener("modes", () => {
  layouts.build(store.modes);
  ready();
});

feed.handle(store.handlers()).handle({
  recording: ({ conference, state, reason }) => conference === store.currentId && state === "failed" && reason && toast("bad", reason),
  declined: ({ conference, site }) => conference === store.currentId && toast("info", t("ring.declined", { name: store.site(site)?.name || "" })),
  rejoin: (data) => data.conference === store.currentId && !data.site && stage.rejoin(),
});
let opened = false;
feed.addEventListener("state", (event) => {
  if (event.detail !== "open") return;
  if (opened) {
    attempt(() => store.load()); // events missed meanwhile are in the whole
    if (sparing()) stage.rejoin();
  }
  opened = true;
});

mountBar(byId("bar"), { page: "console", feed, middle: picker.button });
spare(sparing());
store.currentId = new URLSearchParams(location.search).get("conference") || "";
feed.start();
await attempt(() => Promise.all([store.load(), store.loadModes()]));
