// Level meters: dBov (0 is full scale, -127 silence) to a bar.
import { el, setVar } from "/static/dom.js";

const FLOOR_DB = -60;

/** 0..1 of the bar. */
export const share = (dbov) => (Number.isFinite(dbov) ? Math.min(1, Math.max(0, (dbov - FLOOR_DB) / -FLOOR_DB)) : 0);

/** The bar is for eyes only; who speaks is said in words elsewhere. */
export const meter = () => el("div", { class: "meter", "aria-hidden": "true" }, el("i", {}));

export function setLevel(node, dbov) {
  setVar(node.firstElementChild, "--level", share(dbov).toFixed(3));
  node.classList.toggle("hot", dbov > -6);
}
