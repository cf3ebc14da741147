// A small panel beside a button: a menu or a few controls. Escape and a click elsewhere close it.
import { el, setVar } from "/static/dom.js";
import { translate } from "/static/i18n.js";

const MARGIN = 8;
const FOCUSABLE = "button:not([disabled]), input:not([disabled]), select, textarea, a[href]";

let open = null;

function place(panel, anchor) {
  const from = anchor.getBoundingClientRect();
  const own = panel.getBoundingClientRect();
  const below = from.bottom + 6;
  const top = below + own.height + MARGIN <= innerHeight ? below : Math.max(MARGIN, from.top - own.height - 6);
  const left = Math.min(Math.max(MARGIN, from.right - own.width), innerWidth - own.width - MARGIN);
  const leftAligned = Math.min(from.left, innerWidth - own.width - MARGIN);
  const x = from.left + from.width / 2 < innerWidth / 2 ? Math.max(MARGIN, leftAligned) : left;
  setVar(panel, "left", `${x}px`);
  setVar(panel, "top", `${top}px`);
}

export function closePopover({ refocus = true } = {}) {
  if (!open) return;
  const { panel, anchor, sizes, onClose } = open;
  open = null;
  sizes.disconnect();
  const inside = panel.contains(document.activeElement);
  panel.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (refocus && inside) anchor.focus();
  onClose?.();
}

function move(panel, step) {
  const stops = [...panel.querySelectorAll(FOCUSABLE)];
  const at = stops.indexOf(document.activeElement);
  stops[(at + step + stops.length) % stops.length]?.focus();
}

/** Tab past an end leads back to where the panel was opened from, and closes it. */
function leave(event) {
  const { panel, anchor } = open;
  const stops = [...panel.querySelectorAll(FOCUSABLE)].filter((one) => one.getClientRects().length);
  if (event.target !== stops.at(event.shiftKey ? 0 : -1)) return;
  if (event.shiftKey) event.preventDefault(); // else the browser goes on from the anchor
  anchor.focus();
  closePopover({ refocus: false });
}

function onKey(event) {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key === "Tab") {
    leave(event);
  } else if (event.key === "Escape") {
    event.stopPropagation();
    event.preventDefault(); // a dialog beneath stays open
    closePopover();
  } else if (event.key in steps && event.target.tagName === "BUTTON") {
    event.preventDefault();
    move(open.panel, steps[event.key]);
  }
}

/** Opens `content` beside `anchor`; a second press on the same anchor closes it. */
export function openPopover(anchor, content, { name, wide = false, onClose } = {}) {
  const same = open?.anchor === anchor;
  closePopover();
  if (same) return null;
  const panel = el("div", { class: wide ? "popover wide" : "popover", role: "dialog", aria: name }, content);
  panel.addEventListener("keydown", onKey);
  translate(panel);
  const host = anchor.closest("dialog") || document.fullscreenElement || document.body;
  host.append(panel);
  anchor.setAttribute("aria-expanded", "true");
  const sizes = new ResizeObserver(() => place(panel, anchor)); // what unfolds must not leave the page
  sizes.observe(panel);
  open = { panel, anchor, sizes, onClose };
  place(panel, anchor);
  (panel.querySelector("[autofocus]") || panel.querySelector(FOCUSABLE))?.focus();
  return panel;
}

document.addEventListener("pointerdown", (event) => {
  if (open && !open.panel.contains(event.target) && !open.anchor.contains(event.target)) {
    closePopover({ refocus: false });
  }
});
window.addEventListener("resize", () => closePopover({ refocus: false }));
