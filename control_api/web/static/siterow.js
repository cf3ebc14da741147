// One site in the list. The row stays the same node for as long as the site is there.
import { draggable } from "/static/drag.js";
import { el, icon, iconButton, pressed, setIcon } from "/static/dom.js";
import { mediaLine } from "/static/format.js";
import { label, say, saysPlainly } from "/static/i18n.js";
import { marks } from "/static/lead.js";
import { meter, setLevel } from "/static/meter.js";

const MARK_ICONS = { encrypted: "lock", readable: "unlock", broadcast: "tower", lecture: "lectern", video_off: "camera-off", watch: "eye", own: "grid", hand: "hand" };
const KIND_ICONS = { webrtc: "browser", rtp: "antenna", file: "film", pattern: "bars" };

const LOST_PERCENT = 2;
const lossy = (site) => site.line?.loss_percent >= LOST_PERCENT;

/** What stands under the name: the state in words, or what the site sends. */
function stateWords(site) {
  if (site.state !== "joined") return { key: `state.${site.state}` };
  if (site.muted && site.talks_muted) return { key: "state.talks_muted" };
  if (site.video?.stalled) return { key: "state.stalled" };
  if (lossy(site)) return { key: "state.lossy", params: { percent: site.line.loss_percent } };
  const media = mediaLine(site);
  return media ? { text: media } : { key: "state.joined" };
}

export class SiteRow {
  /** `actions`: change(sid, fields), openPanel(sid, anchor), drop(target, sid). */
  constructor(sid, actions) {
    this.sid = sid;
    this.site = null;
    this.kind = icon("browser");
    this.name = el("b", { class: "site-name" });
    this.marks = el("span", { class: "site-marks" });
    this.state = el("span", { class: "site-state" });
    this.meter = meter();
    this.mute = iconButton("mic", "site.mute", () => actions.change(sid, { muted: !this.site.muted }), { class: "icon-button mute" });
    this.quiet = iconButton("speaker", "site.quiet", () => actions.change(sid, { quiet: !this.site.quiet }), { class: "icon-button hush" });
    this.more = iconButton("more", "site.more", () => actions.openPanel(sid, this.more), { "aria-haspopup": "dialog", "aria-expanded": "false" });
    const grip = el("span", { class: "grip" }, el("span", { class: "avatar" }, this.kind),
      el("span", { class: "site-words" }, el("span", { class: "site-title" }, this.name, this.marks), this.state, this.meter));
    this.node = el("li", { class: "site", data: { site: sid } }, grip, el("span", { class: "site-buttons" }, this.mute, this.quiet, this.more));
    draggable(grip, { name: () => this.site?.name || "", dropped: (target) => actions.drop(target, sid) });
  }

  update(site, conference) {
    this.site = site;
    this.#mark(marks(site, conference));
    const { node } = this;
    node.dataset.state = site.state;
    node.classList.toggle("speaking", Boolean(site.speaking));
    setIcon(this.kind, KIND_ICONS[site.kind] || "person");
    saysPlainly(this.name, site.name);
    this.name.title = site.name;
    const words = stateWords(site);
    if (words.key) say(this.state, words.key, words.params);
    else saysPlainly(this.state, words.text);
    this.state.classList.toggle("warn", site.state === "joined" && Boolean(site.video?.stalled || lossy(site) || (site.muted && site.talks_muted)));
    this.state.title = site.reason || mediaLine(site);
    this.#toggle(this.mute, site.muted, site.muted ? "mic-off" : "mic", site.muted ? "site.unmute" : "site.mute");
    this.#toggle(this.quiet, site.quiet, site.quiet ? "speaker-off" : "speaker", site.quiet ? "site.unquiet" : "site.quiet");
    label(this.more, "site.more", { name: site.name });
    if (site.state !== "joined") this.level(-127);
  }

  level(dbov) {
    setLevel(this.meter, dbov);
  }

  #mark(names) {
    const shown = names.join(" ");
    if (this.marks.dataset.shown === shown) return;
    this.marks.dataset.shown = shown;
    this.marks.replaceChildren(...names.map((name) =>
      el("span", { class: "site-mark", role: "img", label: `mark.${name}`, data: { mark: name } }, icon(MARK_ICONS[name]))));
  }

  #toggle(button, on, iconName, words) {
    pressed(button, on);
    setIcon(button, iconName);
    label(button, words, { name: this.site.name });
  }
}
