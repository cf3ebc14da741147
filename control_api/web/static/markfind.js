// Words looked for within the recording that is played: slides and marks that have them, to jump by.
import { get } from "/static/api.js";
import { el } from "/static/dom.js";
import { say, translate } from "/static/i18n.js";
import { momentRow, momentUrl } from "/static/momentlist.js";

const TYPING_MS = 250;
const MOST = 100;

/** Puts a field below the panel's header; `words` are those that led here. While there are any, what is found stands in the list's place. */
export function findWithin(panel, { recording, jump, words }) {
  let turn = 0;
  let typing = 0;
  const box = el("input", { type: "search", aria: "moments.here", placeholder: "moments.here", maxlength: 200 });
  const count = el("p", { class: "note", role: "status", hidden: true });
  const list = el("ul", { class: "moment-rows mark-found", hidden: true });

  function show(found, asked) {
    panel.toggleAttribute("data-finding", Boolean(asked));
    list.hidden = count.hidden = !asked;
    say(count, found.length ? "moments.count" : "moments.none", { count: found.length });
    list.replaceChildren(...found.map((moment) => {
      const row = momentRow(moment, asked, momentUrl(asked), false);
      row.firstChild.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        jump(moment.at_s);
      });
      return row;
    }));
    translate(panel);
  }

  async function ask() {
    const mine = (turn += 1);
    const asked = box.value.trim();
    if (!asked) {
      show([], "");
      return;
    }
    const answer = await get(`/moments?${new URLSearchParams({ q: asked, recording, limit: String(MOST) })}`).catch(() => ({ moments: [] }));
    const found = answer.moments.filter((moment) => moment.kind !== "title").sort((a, b) => a.at_s - b.at_s);
    if (mine === turn) show(found, asked);
  }

  box.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(ask, TYPING_MS);
  });
  panel.querySelector("header").after(el("div", { class: "mark-find" }, box), count, list);
  box.value = words;
  if (words) ask();
}
