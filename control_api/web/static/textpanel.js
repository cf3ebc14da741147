// What is written over the picture: banner, caption, logo.
import { el } from "/static/dom.js";
import { choose, color, line, segments, slide } from "/static/widgets.js";

const CORNERS = ["top-left", "top-right", "bottom-left", "bottom-right"];
const LONGEST = 500;
const inPercent = (value) => `${value} %`;

function strip(name, words, now, change) {
  const send = (fields) => change({ [name]: fields });
  const alpha = now.background.slice(7);
  return el("section", { class: "text-strip" },
    line(words, now.text, (text) => send({ text }), { maxlength: LONGEST }),
    el("div", { class: "text-row" },
      segments("text.position", [["top", "text.top"], ["bottom", "text.bottom"]], now.position, (position) => send({ position })),
      color("text.color", now.color, (value) => send({ color: value })),
      color("text.background", now.background.slice(0, 7), (value) => send({ background: value + alpha }))),
    slide("text.size", { min: 2, max: 20, step: 1 }, Math.round(now.size * 100), inPercent, (size) => send({ size: size / 100 })));
}

function logo(now, change) {
  const current = { corner: "top-right", size: 0.08, ...now };
  const send = (fields) => {
    Object.assign(current, fields);
    change({ logo: current.path ? { path: current.path, corner: current.corner, size: current.size } : null });
  };
  return el("section", { class: "text-strip" },
    line("text.logo", now?.path || "", (path) => send({ path }), { maxlength: 255, placeholder: "text.logo_placeholder" }),
    choose("text.corner", CORNERS.map((corner) => [corner, { say: `corner.${corner.replace("-", "_")}` }]), current.corner,
      (corner) => (current.path ? send({ corner }) : (current.corner = corner))));
}

/** `change(fields)` sends what has changed of the conference. */
export function textPanel(conference, change) {
  return el("div", { class: "menu text-panel" },
    el("h3", { say: "text.title" }),
    strip("banner", "text.banner", conference.banner, change),
    strip("caption", "text.caption", conference.caption, change),
    logo(conference.logo, change));
}
