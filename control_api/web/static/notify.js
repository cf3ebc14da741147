// Short messages at the foot of the page, read out by screen readers.
import { ApiError } from "/static/api.js";
import { el, icon, iconButton } from "/static/dom.js";
import { hasText, t } from "/static/i18n.js";

const SHOWN_MS = { info: 5000, good: 5000, bad: 9000 };
const ICONS = { info: "info", good: "check", bad: "alert" };

let region = null;

function shelf() {
  if (!region) {
    region = el("div", { class: "toasts", role: "status", "aria-live": "polite" });
    document.body.append(region);
  }
  return region;
}

/** Shows `text`; `action` = {words, run} adds a button. Returns a function that takes it away. */
export function toast(kind, text, action = null) {
  const close = () => node.remove();
  const node = el("div", { class: `toast ${kind}` }, icon(ICONS[kind]), el("p", { text }));
  if (action) {
    node.append(el("button", { type: "button", class: "quiet", text: action.words, on: { click: () => (close(), action.run()) } }));
  }
  node.append(iconButton("close", "common.dismiss", close));
  shelf().append(node);
  setTimeout(close, SHOWN_MS[kind]);
  return close;
}

/** An error in words for people: what happened by its status, then what the server said. */
export function explain(error) {
  if (!(error instanceof ApiError)) return error?.message || t("error.unknown");
  if (error.door) return t(`door.${error.door}`);
  const key = `error.${error.status}`;
  const what = hasText(key) ? t(key) : t("error.unknown");
  return error.detail ? t("error.with_detail", { what, detail: error.detail }) : what;
}

/** Runs an action and shows its failure; answers what it gave, or undefined. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    if (error.status !== 401) toast("bad", explain(error));
    return undefined;
  }
}
