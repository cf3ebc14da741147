// Small pictures over the time bar: where the pointer is, or the thumb while it is moved.
import { el, setVar } from "/static/dom.js";
import { duration } from "/static/format.js";

const COLUMNS = 10;
const COUNT = 100;

/** Which preview stands for a time: column and row of the sheet. */
export function cell(time, length) {
  const k = Math.max(0, Math.min(COUNT - 1, Math.floor((time / length) * COUNT)));
  return { column: k % COLUMNS, row: Math.floor(k / COLUMNS) };
}

/** `bar` is the range input, `length()` the seconds that it spans, `url()` the sheet or "". */
export function previewsOver(bar, length, url) {
  const picture = el("i", {});
  const time = el("span", {});
  const node = el("div", { class: "preview", "aria-hidden": "true", hidden: true }, picture, time);
  bar.before(node);
  let sheet = "";

  const show = (share) => {
    const whole = length();
    const wanted = url();
    if (!whole) return;
    if (wanted && wanted !== sheet) setVar(picture, "background-image", `url("${(sheet = wanted)}")`);
    picture.hidden = !wanted;
    const { column, row } = cell(share * whole, whole);
    setVar(node, "--at", Math.max(0, Math.min(1, share)).toFixed(4));
    setVar(picture, "--column", column);
    setVar(picture, "--row", row);
    time.textContent = duration(share * whole);
    node.hidden = false;
  };
  const hide = () => (node.hidden = true);
  bar.addEventListener("pointermove", (event) => {
    const box = bar.getBoundingClientRect();
    show((event.clientX - box.left) / box.width);
  });
  bar.addEventListener("input", () => show(Number(bar.value) / Number(bar.max)));
  for (const name of ["pointerleave", "change", "blur"]) bar.addEventListener(name, hide);
}
