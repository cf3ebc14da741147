// A recording, or a part of it, taken out: as a file, as a film side by side, into the hospital's archive.
import { post, recordingPath } from "/static/api.js";
import { openDicom } from "/static/dicomdialog.js";
import { el, icon } from "/static/dom.js";
import { duration } from "/static/format.js";
import { say } from "/static/i18n.js";
import { attempt } from "/static/notify.js";
import { segments } from "/static/widgets.js";
import { WorkList } from "/static/worklist.js";

const FIRST_S = 30;

/** The two ends, kept while the panel is closed and another place is looked for. */
export class Span {
  part = false;
  from = null;
  to = null;

  /** Both ends where they were set, else the half minute before `now`. */
  within(now, length) {
    this.to ??= Math.min(length, Math.max(1, now));
    this.from ??= Math.max(0, this.to - FIRST_S);
    return this;
  }

  get good() {
    return !this.part || this.to > this.from;
  }

  /** As the server's bodies and queries want it; nothing for the whole. */
  get asked() {
    return this.part ? { from_s: Number(this.from.toFixed(2)), to_s: Number(this.to.toFixed(2)) } : {};
  }
}

/** `player`: now(), length(), url(file, query), recording(), content() (whether there is any). Gives {node, stop}. */
export function exportPanel(player, span) {
  span.within(player.now(), player.length());
  const { id } = player.recording();
  const works = new WorkList({ recording: id });
  const begin = el("b", { class: "number" });
  const end = el("b", { class: "number" });
  const words = el("p", { class: "note", role: "status" });
  const link = el("a", { class: "button primary", download: "" }, icon("download"), el("span", { say: "recordings.download" }));
  const pack = el("a", { class: "button plain", download: "" }, icon("download"), el("span", { say: "export.package" }));
  const film = el("button", { type: "button", class: "plain", hidden: !player.content(), on: { click: makeFilm } }, icon("film"), el("span", { say: "export.film" }));
  const archive = el("button", { type: "button", class: "plain operator", hidden: player.recording().may !== "manage", on: { click: () => openDicom(player.recording(), span.asked, () => works.look()) } },
    icon("tower"), el("span", { say: "export.archive" }));

  async function makeFilm() {
    await attempt(() => post(`${recordingPath(id)}/films`, span.asked));
    await works.look();
  }

  const line = (name, node, set) =>
    el("div", { class: "clip-line" }, el("span", { say: name }), node,
      el("button", { type: "button", class: "plain", say: "clip.here", on: { click: () => (set(player.now()), show()) } }));
  const ends = el("div", { class: "clip-ends" },
    line("clip.from", begin, (time) => (span.from = time)), line("clip.to", end, (time) => (span.to = time)));

  function show() {
    begin.textContent = duration(span.from);
    end.textContent = duration(span.to);
    ends.hidden = !span.part;
    film.disabled = archive.disabled = !span.good;
    const query = new URLSearchParams(span.asked).toString();
    for (const [node, file] of [[link, "download.mp4"], [pack, "package.zip"]]) {
      node.classList.toggle("disabled", !span.good);
      if (span.good) node.href = player.url(file, query);
      else node.removeAttribute("href");
    }
    const long = span.part ? span.to - span.from : player.length();
    say(words, !span.good ? "clip.wrong" : span.part ? "clip.length" : "export.whole_length", { length: duration(long) });
  }

  show();
  works.start();
  const node = el("div", { class: "clip" },
    segments("export.extent", [["whole", "export.whole"], ["part", "export.part"]], span.part ? "part" : "whole", (value) => {
      span.part = value === "part";
      show();
    }),
    ends, words, el("div", { class: "export-ways" }, link, pack, film, archive), works.node);
  return { node, stop: () => works.stop() };
}
