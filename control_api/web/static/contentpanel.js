// Content (辅流): what is shown, an image to show, whose screen goes before the others', and who may send.
import { conferencePath, put, remove, sitePath } from "/static/api.js";
import { el, icon } from "/static/dom.js";
import { t } from "/static/i18n.js";
import { attempt, toast } from "/static/notify.js";
import { closePopover } from "/static/popover.js";
import { check, choose, segments, slide } from "/static/widgets.js";

const LARGEST = 20_000_000;
const TYPES = ["image/png", "image/jpeg", "application/pdf", "application/dicom"];
const inPercent = (value) => `${value} %`;

/** A file's media type; browsers know none for DICOM. */
export const typeOf = (file) => (/\.(dcm|dicom)$/i.test(file.name) ? "application/dicom" : file.type);

const stillPath = (conference) => `${conferencePath(conference.id)}/content/still`;

/** Shows a file as content; `page` of a document, from 1 on. */
export async function showFile(conference, file, page = 1) {
  const type = typeOf(file);
  if (!TYPES.includes(type)) return toast("bad", t("content.wrong_type"));
  if (file.size > LARGEST) return toast("bad", t("content.too_large"));
  const query = new URLSearchParams({ name: file.name.slice(0, 60), page: String(page) });
  return attempt(() => put(`${stillPath(conference)}?${query}`, file, { type }));
}

function withdraw(conference) {
  const { kind, site } = conference.content.shown;
  return attempt(() => remove(kind === "still" ? stillPath(conference) : `${sitePath(conference.id, site)}/content`));
}

function now(conference) {
  const { shown } = conference.content;
  if (!shown) return el("p", { class: "note", say: "content.nothing" });
  const size = shown.width ? ` · ${shown.width} × ${shown.height}` : "";
  const run = () => (closePopover(), withdraw(conference));
  return el("div", { class: "content-now" },
    icon("screen"), el("b", { text: `${shown.name || t("content.image")}${size}` }),
    el("button", { type: "button", class: "plain", id: "content-end", say: "content.end", on: { click: run } }));
}

/** An image or document to show, and which page of it. */
function push(conference) {
  const page = el("input", { type: "number", min: 1, max: 9999, value: 1, aria: "content.page" });
  const file = el("input", { type: "file", class: "sr-only", id: "content-file", accept: `${TYPES.join(",")},.dcm`, aria: "content.push" });
  const send = () => file.files[0] && showFile(conference, file.files[0], Number(page.value) || 1);
  file.addEventListener("change", send);
  page.addEventListener("change", send);
  return el("div", { class: "content-push" },
    el("button", { type: "button", class: "primary", on: { click: () => file.click() } }, icon("plus"), el("span", { say: "content.push" })),
    file,
    el("label", { class: "content-page" }, el("span", { say: "content.page" }), page));
}

const siteRow = (conference, site) =>
  el("button", {
    type: "button", class: "item",
    on: { click: () => (closePopover(), attempt(() => put(`${sitePath(conference.id, site.id)}/content`))) },
  }, icon("screen"), el("span", { text: site.name }));

/** `change(fields)` sends what has changed of the conference. */
export function contentPanel(conference, change) {
  const { content } = conference;
  const send = (fields) => change({ content: fields });
  const joined = conference.sites.filter((site) => site.state === "joined");
  const named = [["", { say: "direct.nobody" }], ...conference.sites.map((site) => [site.id, { text: site.name }])];
  const who = choose("content.site", named, content.site, (site) => (site ? send({ senders: "site", site }) : send({ senders: "anybody", site })));
  const chair = choose("content.the_chair", named, conference.chair, (site) => change({ chair: site }));
  const fold = (senders) => ((who.hidden = senders !== "site"), (chair.hidden = senders !== "chair"));
  fold(content.senders);
  return el("div", { class: "menu direct-panel content-panel" },
    el("h3", { say: "content.title" }),
    now(conference),
    push(conference),
    el("h4", { say: "content.take" }),
    el("div", { class: "menu-sites", role: "group", aria: "content.take" }, joined.map((site) => siteRow(conference, site))),
    el("h4", { say: "content.who" }),
    segments("content.who", [["anybody", "content.anybody"], ["chair", "content.chair"], ["site", "content.one"], ["nobody", "content.nobody"]], content.senders, (senders) => {
      fold(senders);
      if (senders !== "site") send({ senders });
    }),
    who, chair,
    check("content.locked", content.locked, (locked) => send({ locked })),
    check("content.several", content.several, (several) => send({ several })),
    check("content.motion", content.motion, (motion) => send({ motion })),
    slide("content.share", { min: 10, max: 90, step: 5 }, Math.round(content.share * 100), inPercent, (share) => send({ share: share / 100 })));
}
