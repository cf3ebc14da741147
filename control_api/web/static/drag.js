// Dragging by pointer (mouse, pen, finger) onto nodes that carry data-drop.
import { el, setVar } from "/static/dom.js";

const START_PX = 6;

const targetAt = (x, y) => document.elementFromPoint(x, y)?.closest("[data-drop]") || null;

/** One drag from press to release. */
class Drag {
  constructor(name) {
    this.ghost = el("div", { class: "drag-ghost", text: name, "aria-hidden": "true" });
    (document.fullscreenElement || document.body).append(this.ghost);
    document.documentElement.classList.add("dragging");
    this.over = null;
  }

  move(x, y) {
    setVar(this.ghost, "transform", `translate(${x + 12}px, ${y + 12}px)`);
    const next = targetAt(x, y);
    if (next === this.over) return;
    this.over?.classList.remove("drop-over");
    next?.classList.add("drop-over");
    this.over = next;
  }

  end() {
    this.ghost.remove();
    this.over?.classList.remove("drop-over");
    document.documentElement.classList.remove("dragging");
    return this.over;
  }
}

/** Swallows the click that a browser sends after the button is released over the start. */
function noClickAfter(node) {
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  node.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => node.removeEventListener("click", swallow, { capture: true }), 0);
}

/**
 * Makes `handle` draggable. `name()` is the text that follows the pointer (empty: no drag now);
 * `dropped(target)` gets the node with data-drop.
 */
export function draggable(handle, { name, dropped }) {
  handle.addEventListener("pointerdown", (down) => {
    if (down.button !== 0 || !name()) return;
    let drag = null;
    const stop = new AbortController();
    const finish = (event, wanted) => {
      stop.abort();
      const target = drag?.end();
      if (drag) noClickAfter(handle);
      if (wanted && target) dropped(target);
    };
    const moved = (event) => {
      if (!drag && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < START_PX) return;
      drag ??= new Drag(name());
      drag.move(event.clientX, event.clientY);
    };
    const options = { signal: stop.signal };
    window.addEventListener("pointermove", moved, options);
    window.addEventListener("pointerup", (event) => finish(event, true), options);
    window.addEventListener("pointercancel", (event) => finish(event, false), options);
    window.addEventListener("keydown", (event) => event.key === "Escape" && finish(event, false), options);
  });
}
