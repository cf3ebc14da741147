// Single pictures, taken away as files in their full size: of what a page shows, or of one site.
import { conferencePath, get } from "/static/api.js";
import { el } from "/static/dom.js";
import { attempt } from "/static/notify.js";
import { closePopover } from "/static/popover.js";

const KEPT_MS = 60_000; // until the browser has surely begun to write it

function keep(picture, name) {
  const address = URL.createObjectURL(picture);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}

/** A name that sorts by time and that every disk takes. */
export const stillName = (title, at, kind) => {
  const day = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return `${title.replace(/[\\/:*?"<>|\s]+/g, "_").slice(0, 60)}_${day.replaceAll(":", "-")}.${kind}`;
};

/** A row of the panel: a conference now, one of its sites or its content as `query` says, under `title`. */
export const stillOf = (words, cid, query, title) => ({
  ...words,
  path: (kind) => `${conferencePath(cid)}/still.${kind}?${new URLSearchParams(query)}`,
  name: (kind) => stillName(title, new Date(), kind),
});

/**
 * What stands in the panel. Each of `sources` has the words of its row (`say` or `text`), and
 * `path(kind)`, where its picture is as jpg or png; `name(kind)` names the file. `title` stands above.
 */
export function stillPanel(sources, title = "") {
  async function take(source, kind, button) {
    button.disabled = true; // what nobody saw before takes a moment
    const picture = await attempt(() => get(source.path(kind), { as: "blob" }));
    button.disabled = false;
    if (!picture) return;
    keep(picture, source.name(kind));
    closePopover();
  }

  const way = (source, kind) =>
    el("button", { type: "button", class: "plain", text: kind === "jpg" ? "JPEG" : "PNG",
      on: { click: (event) => take(source, kind, event.currentTarget) } });
  const row = (source) =>
    el("div", { class: "still-line", role: "group" },
      el("span", source.say ? { say: source.say } : { text: source.text }), way(source, "jpg"), way(source, "png"));
  return el("div", { class: "still-list" }, title && el("h3", { text: title }), sources.map(row));
}
