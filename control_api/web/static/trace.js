// The dialog that answers why a site's picture stood still: its last minute, second by second.
import { get, sitePath } from "/static/api.js";
import { openDialog } from "/static/dialogs.js";
import { el, icon, setVar } from "/static/dom.js";
import { hasText } from "/static/i18n.js";
import { heights, stills, totals, wordsOf } from "/static/lastminute.js";
import { explain } from "/static/notify.js";

function bars(seconds) {
  const high = heights(seconds);
  return el("div", { class: "trace-bars", role: "img", aria: "trace.bars" }, seconds.map((second, k) => {
    const bar = el("i", { class: second.verdict ? "still" : "" });
    setVar(bar, "--high", high[k].toFixed(3));
    return bar;
  }));
}

function reasons(seconds) {
  const found = stills(seconds);
  if (!found.length) return el("p", { class: "note", say: seconds.length ? "trace.moved" : "trace.nothing" });
  return el("ul", { class: "trace-reasons" }, found.map(({ from, to, verdict }) => {
    const key = wordsOf(verdict);
    return el("li", {},
      el("span", { class: "trace-when", say: ["trace.when", { from, to }] }),
      el("span", hasText(key) ? { say: key } : { text: verdict }));
  }));
}

const numbers = (seconds) => el("dl", { class: "trace-numbers" }, totals(seconds).map(([name, count, unit]) =>
  el("div", {}, el("dt", { say: `trace.${name}` }), el("dd", { text: `${count} ${unit}`.trim() }))));

/** Opens the dialog and fills it with what the server knows now. */
export function openTrace(conference, site) {
  const body = el("div", { class: "trace", "aria-live": "polite" });
  const look = async () => {
    again.disabled = true;
    try {
      const { seconds } = await get(`${sitePath(conference, site.id)}/trace`);
      body.replaceChildren(bars(seconds), reasons(seconds), numbers(seconds));
    } catch (error) {
      body.replaceChildren(el("p", { class: "form-problem", role: "alert" }, icon("alert"), el("span", { text: explain(error) })));
    } finally {
      again.disabled = false;
    }
  };
  const again = el("button", { type: "button", class: "plain", say: "trace.again", on: { click: look } });
  const close = el("button", { type: "button", class: "primary", autofocus: true, say: "common.close", on: { click: () => box.close() } });
  const box = openDialog(["trace.title", { name: site.name }], el("div", { class: "dialog-body" }, body, el("footer", { class: "actions" }, again, close)));
  look();
}
