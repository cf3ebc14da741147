// What can be done with one site: volume, a pane (by keyboard as well), name, link, removal.
import { cameraPad } from "/static/camerapad.js";
import { el, icon, setVar } from "/static/dom.js";
import { mediaLine, rate } from "/static/format.js";
import { copyLink } from "/static/invite.js";
import { CALLED, sees } from "/static/lead.js";
import { closePopover } from "/static/popover.js";
import { check, choose } from "/static/widgets.js";

const GAIN_DB = { min: -40, max: 20, step: 1 };

const gainText = (db) => `${db > 0 ? "+" : ""}${db} dB`;

function gain(site, change) {
  const value = el("output", { text: gainText(site.gain_db) });
  const slider = el("input", { type: "range", ...GAIN_DB, value: site.gain_db, label: "site.gain" });
  slider.addEventListener("input", () => (value.textContent = gainText(Number(slider.value))));
  slider.addEventListener("change", () => change({ gain_db: Number(slider.value) }));
  return el("div", { class: "gain" }, el("span", { say: "site.gain" }), slider, value);
}

/** The layout as a small map of buttons: press one to put the site there. */
function paneMap(site, layout, aspect, shown, place) {
  const map = el("div", { class: "pane-map", role: "group", aria: "site.place" });
  setVar(map, "--aspect", aspect);
  layout.panes.forEach((pane, k) => {
    const button = el("button", {
      type: "button",
      class: "pane-spot",
      label: ["site.place_in", { number: k + 1 }],
      "aria-pressed": String(shown[k] === site.id),
      text: String(k + 1),
      on: { click: () => (closePopover(), place(k)) },
    });
    for (const [property, part] of [["left", pane.x], ["top", pane.y], ["width", pane.w], ["height", pane.h]]) {
      setVar(button, property, `${part * 100}%`);
    }
    setVar(button, "z-index", pane.z + 1);
    map.append(button);
  });
  return map;
}

function item(iconName, words, run, kind = "item") {
  return el("button", { type: "button", class: kind, on: { click: () => (closePopover(), run()) } }, icon(iconName), el("span", { say: words }));
}

function rename(site, change) {
  const name = el("input", { name: "name", value: site.name, maxlength: 64, label: "site.name" });
  const form = el("form", { class: "rename" }, name, el("button", { type: "submit", class: "plain", say: "common.save" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    closePopover();
    change({ name: name.value.trim() });
  });
  return form;
}

/** What the site sees: the same as the others, another site in full, or a picture of its own. */
function eyes(conference, site, act) {
  const others = conference.sites.filter((other) => other.id !== site.id);
  const options = [
    ["", { say: "site.sees_all" }],
    ["own", { say: "site.sees_own" }],
    ...others.map((other) => [other.id, { text: other.name }]),
  ];
  const decide = (value) => {
    if (value === "own") {
      closePopover();
      act.own();
    } else if (value) {
      act.change({ watch: value });
    } else {
      act.release();
    }
  };
  const list = choose("site.sees", options, sees(site), decide);
  if (sees(site) !== "own") return list;
  return el("div", {}, list, item("grid", "site.own_edit", act.own));
}

const SIZES = [[0, 0], [1920, 1080], [1280, 720], [960, 540], [640, 360], [320, 180]];

/** The largest picture that the site is sent; a limit set elsewhere is shown as it is. */
function limit(site, change) {
  const now = `${site.limit.width}x${site.limit.height}`;
  const sizes = SIZES.map((size) => size.join("x"));
  const known = sizes.includes(now) ? sizes : [...sizes, now];
  const options = known.map((size) => [size, size === "0x0" ? { say: "site.limit_none" } : { text: size.replace("x", " × ") }]);
  return choose("site.limit", options, now, (size) => {
    const [width, height] = size.split("x").map(Number);
    change({ limit: { ...site.limit, width, height } });
  });
}

/** The other conferences, one of which the site may move to. */
function movePlace(others, move) {
  if (!others.length) return null;
  const options = [["", { say: "site.stays" }], ...others.map((one) => [one.id, { text: one.name }])];
  return choose("site.move", options, "", (to) => to && (closePopover(), move(to)));
}

/** What comes from the site: codecs and size, rate, loss, whether encrypted. */
function facts(site) {
  if (site.state !== "joined") return null;
  const fact = (words, value) => el("div", {}, el("dt", { say: words }), el("dd", value));
  return el("dl", { class: "site-facts" },
    fact("fact.media", { text: mediaLine({ ...site, line: null }) || "–" }),
    site.line ? fact("fact.rate", { text: rate(site.line.rate_kbps) }) : null,
    site.line ? fact("fact.loss", { text: `${site.line.loss_percent} %` }) : null,
    CALLED.includes(site.kind) ? fact("fact.encrypted", { say: site.encrypted ? "fact.yes" : "fact.no" }) : null);
}

/** `act` = {change(fields), direct(fields), camera(order), place(k), own(), release(), ring(), lower(), rtp(), trace(), still(), others, move(to), remove()}. */
export function sitePanel(conference, site, layout, act) {
  const aspect = conference.width / conference.height;
  return el("div", { class: "menu site-panel" },
    el("h3", { text: site.name }),
    site.reason && site.state !== "joined" ? el("p", { class: "note", text: site.reason }) : null,
    facts(site),
    el("div", { class: "checks" },
      check("site.broadcast", conference.broadcast === site.id, (on) => act.direct({ broadcast: on ? site.id : "" })),
      check("site.lecture", conference.lecturer === site.id, (on) => act.direct({ lecturer: on ? site.id : "" })),
      check("site.video_off", site.video_off, (video_off) => act.change({ video_off })),
      check("site.source_locked", site.source_locked, (source_locked) => act.change({ source_locked }))),
    eyes(conference, site, act),
    limit(site, act.change),
    gain(site, act.change),
    el("div", { class: "checks" },
      check("site.auto_gain", site.auto_gain, (auto_gain) => act.change({ auto_gain })),
      check("site.noise_gate", site.noise_gate, (noise_gate) => act.change({ noise_gate }))),
    ...(site.state === "joined" && CALLED.includes(site.kind) ? [el("h4", { say: "cam.title" }), cameraPad(act.camera)] : []),
    el("h4", { say: "site.place" }),
    paneMap(site, layout, aspect, conference.shown?.panes || [], act.place),
    el("h4", { say: "site.name" }),
    rename(site, act.change),
    site.state === "away" && CALLED.includes(site.kind) ? item("bell", "site.ring", act.ring) : null,
    conference.hands.includes(site.id) ? item("hand", ["chair.lower", { name: site.name }], act.lower) : null,
    site.state === "joined" ? item("still", "still.take", act.still) : null,
    item("wave", "site.trace", act.trace),
    movePlace(act.others, act.move),
    site.kind === "webrtc" ? item("link", "site.copy_link", () => copyLink(conference.id, site)) : null,
    site.kind === "rtp" ? item("antenna", "site.rtp", act.rtp) : null,
    item("trash", "site.remove", act.remove, "item danger-text"));
}
