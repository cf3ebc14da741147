// The mark that says that the engine has reduced its pictures to carry its load; a press tells how far.
import { el, icon } from "/static/dom.js";
import { label, t } from "/static/i18n.js";
import { toast } from "/static/notify.js";

/** {node, show(step)}; step 0 hides it. */
export function reducedMark() {
  let words = "";
  const node = el("button", { type: "button", class: "reduced-chip", id: "reduced", hidden: true, on: { click: () => toast("info", t(words)) } },
    icon("info"), el("span", { say: "reduced.title" }));
  const show = (step) => {
    node.hidden = !step;
    if (!step) return;
    words = `reduced.step_${Math.min(step, 5)}`;
    label(node, words);
  };
  return { node, show };
}
