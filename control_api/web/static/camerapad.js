// A far camera by hand: what is pressed moves it for as long as it is pressed, by pointer or keys.
import { el } from "/static/dom.js";

/** Label, sign, and the movement: right, up and in are 1. */
export const PAD = [
  ["cam.left", "←", { pan: -1 }],
  ["cam.right", "→", { pan: 1 }],
  ["cam.up", "↑", { tilt: 1 }],
  ["cam.down", "↓", { tilt: -1 }],
  ["cam.near", "+", { zoom: 1 }],
  ["cam.far", "−", { zoom: -1 }],
];
const KEYS = [" ", "Enter"];

/** Calls `order` when `node` is pressed, and once more when it is let go, however that comes about. */
function held(node, order, move) {
  let moving = false;
  const begin = () => {
    if (moving) return;
    moving = true;
    order({ what: "move", ...move });
  };
  const end = () => {
    if (!moving) return;
    moving = false;
    order({ what: "stop" });
  };
  node.addEventListener("pointerdown", (event) => (node.setPointerCapture(event.pointerId), begin()));
  for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) node.addEventListener(name, end);
  node.addEventListener("keydown", (event) => KEYS.includes(event.key) && (event.preventDefault(), begin()));
  node.addEventListener("keyup", (event) => KEYS.includes(event.key) && end());
  return node;
}

/** `order` takes what POST /sites/{sid}/camera takes. */
export function cameraPad(order) {
  return el("div", { class: "camera-pad", role: "group", aria: "cam.title" },
    ...PAD.map(([words, sign, move]) => held(el("button", { type: "button", class: "plain", label: words, text: sign }), order, move)));
}
