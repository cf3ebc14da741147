// The dialog that adds a site: by browser link, RTP (SDP in, SDP out), test pattern or file.
import { conferencePath, post, request, sitePath } from "/static/api.js";
import { openDialog } from "/static/dialogs.js";
import { el, icon } from "/static/dom.js";
import { copyable, field, input, onSubmit } from "/static/forms.js";
import { translate } from "/static/i18n.js";
import { groupJoins } from "/static/presets.js";
import { doneFooter, linkPage, swap } from "/static/invite.js";

const KINDS = [
  { id: "webrtc", icon: "browser" },
  { id: "rtp", icon: "antenna" },
  { id: "pattern", icon: "bars" },
  { id: "file", icon: "film" },
];

const COLORS = ["#206080", "#1f7a5c", "#7a4b1f", "#6b2f6f", "#8a2f3a"];

function kindCards(onChange) {
  const cards = KINDS.map(({ id, icon: name }, k) =>
    el("label", { class: "kind-card" },
      el("input", { type: "radio", name: "kind", value: id, checked: k === 0, on: { change: () => onChange(id) } }),
      icon(name), el("b", { say: `kind.${id}` }), el("span", { say: `kind.${id}_hint` })));
  return el("fieldset", { class: "kinds" }, el("legend", { class: "sr-only", say: "add.kind" }), cards);
}

const sdpArea = () => el("textarea", { name: "sdp", rows: 7, spellcheck: "false", placeholder: "add.sdp_placeholder", autocomplete: "off" });

/** The fields of each kind beside the name. */
const EXTRA = {
  webrtc: () => [],
  rtp: () => [field("add.sdp", sdpArea(), "add.sdp_hint")],
  pattern: () => [
    el("div", { class: "row" },
      field("add.color", input("color", { type: "color", value: COLORS[Math.floor(Math.random() * COLORS.length)] })),
      field("add.tone", input("tone_hz", { type: "number", min: 50, max: 8000, value: 440 }))),
  ],
  file: () => [field("add.path", input("path", { required: true }), "add.path_hint")],
};

/** The request body by kind. */
const BODY = {
  webrtc: () => ({}),
  rtp: () => ({}),
  pattern: (data) => ({ pattern: { color: data.get("color"), tone_hz: Number(data.get("tone_hz")) } }),
  file: (data) => ({ file: { path: data.get("path") } }),
};

const sendOffer = (cid, site, sdp) =>
  request("POST", `${sitePath(cid, site.id)}/rtp`, sdp, { type: "application/sdp" });

function answerPage(answer, close) {
  return el("div", { class: "dialog-body" },
    el("p", { class: "good-line" }, icon("check"), el("span", { say: "add.answer_hint" })),
    copyable("add.answer", answer, { tall: true }),
    doneFooter(close));
}

/** Takes the SDP offer of an RTP site that is there already, and shows the answer. */
export function openRtpDialog(cid, site) {
  const form = el("form", { class: "dialog-body" },
    field("add.sdp", sdpArea(), "add.sdp_hint"),
    el("footer", { class: "actions" }, el("button", { type: "submit", class: "primary", say: "add.connect" })));
  const box = openDialog(["site.rtp_of", { name: site.name }], form, { wide: true });
  onSubmit(form, async (data) => swap(box.dialog, answerPage(await sendOffer(cid, site, data.get("sdp")), box.close)));
}

/** Opens the dialog for a conference; `made(site)` is called when the site stands. */
export async function openAddSite(cid, made) {
  const groups = await groupJoins(cid, () => (box.close(), made()));
  const extra = el("div", { class: "stack" });
  const show = (kind) => {
    extra.replaceChildren(...EXTRA[kind]());
    translate(extra);
  };
  const form = el("form", { class: "dialog-body" },
    groups,
    kindCards(show),
    field("add.name", input("name", { required: true, maxlength: 64, autofocus: true, placeholder: "add.name_placeholder" })),
    extra,
    el("footer", { class: "actions" },
      el("button", { type: "button", class: "plain", say: "common.cancel", on: { click: () => box.close() } }),
      el("button", { type: "submit", class: "primary", say: "add.submit" })));
  const box = openDialog("add.title", form, { wide: true });
  let site = null; // kept, so that a wrong SDP does not make a second site
  onSubmit(form, async (data) => {
    const kind = data.get("kind");
    const name = data.get("name").trim();
    site = site?.kind === kind && site.name === name ? site : await post(`${conferencePath(cid)}/sites`, { name, kind, ...BODY[kind](data) });
    made(site);
    if (kind === "webrtc") swap(box.dialog, await linkPage(cid, site, box.close));
    else if (kind === "rtp" && data.get("sdp").trim()) swap(box.dialog, answerPage(await sendOffer(cid, site, data.get("sdp")), box.close));
    else box.close();
  });
}
