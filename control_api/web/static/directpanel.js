// Whom the conference shows: broadcast, lecture, voice switching, polling, and how many are heard.
import { el } from "/static/dom.js";
import { check, choose, seconds, segments, slide } from "/static/widgets.js";

const LOUDEST = [1, 2, 3, 4, 6, 8, 12];
const inSeconds = (value) => `${value.toFixed(1)} s`;

const nobodyOr = (sites) => [["", { say: "direct.nobody" }], ...sites.map((site) => [site.id, { text: site.name }])];

function loudest(value, change) {
  const counts = [...new Set([...LOUDEST, value])].filter((count) => count > 0).sort((a, b) => a - b);
  const options = [["0", { say: "direct.loudest_all" }], ...counts.map((count) => [String(count), { say: ["direct.loudest_some", { count }] }])];
  return choose("direct.loudest", options, value, (text) => change({ loudest: Number(text) }));
}

/** `change(fields)` sends what has changed of the conference. */
export function directPanel(conference, change) {
  const { voice } = conference;
  const sites = nobodyOr(conference.sites);
  const speech = (fields) => change({ voice: fields });
  return el("div", { class: "menu direct-panel" },
    el("h3", { say: "direct.title" }),
    choose("direct.broadcast", sites, conference.broadcast, (site) => change({ broadcast: site })),
    choose("direct.lecturer", sites, conference.lecturer, (site) => change({ lecturer: site })),
    seconds("direct.poll", conference.poll_s, (poll_s) => change({ poll_s }), { off: true }),
    el("h4", { say: "voice.title" }),
    check("voice.enabled", voice.enabled, (enabled) => speech({ enabled })),
    segments("voice.to", [["panes", "voice.to_panes"], ["broadcast", "voice.to_broadcast"]], voice.to, (to) => speech({ to })),
    slide("voice.gate", { min: 0, max: 100, step: 1 }, voice.gate, String, (gate) => speech({ gate })),
    slide("voice.attack", { min: 0.3, max: 5, step: 0.1 }, voice.attack_s, inSeconds, (attack_s) => speech({ attack_s })),
    slide("voice.hold", { min: 0, max: 10, step: 0.5 }, voice.hold_s, inSeconds, (hold_s) => speech({ hold_s })),
    el("h4", { say: "direct.sound" }),
    loudest(conference.loudest, change),
    check("direct.pan", conference.pan_by_pane, (pan_by_pane) => change({ pan_by_pane })));
}
