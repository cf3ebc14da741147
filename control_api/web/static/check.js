// The check page: devices, reachability, rate, loss and delay against a test conference; a report of it.
import { conferencePath, post, remove, sitePath } from "/static/api.js";
import { Devices } from "/static/devices.js";
import { byId, el } from "/static/dom.js";
import { t, translate } from "/static/i18n.js";
import { isBad, measured, totals } from "/static/measure.js";
import { attempt } from "/static/notify.js";
import { mountBar } from "/static/shell.js";
import { negotiate, preferH264 } from "/static/webrtc.js";

const SETTLES_MS = 4000;
const MEASURES_MS = 6000;
const CONNECTS_MS = 15_000;
const UNITS = { rate_there: "kbit/s", rate_back: "kbit/s", loss_there: "%", loss_back: "%", round_trip: "ms", jitter: "ms", pictures: "fps" };

const devices = new Devices();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let results = [];

/** A line: a name of a text, its value in words, and whether somebody would mind. */
function note(name, words, bad = false) {
  results.push({ name, words, bad });
  byId("results").append(el("dt", { say: `check.${name}` }), el("dd", { class: bad ? "bad" : "", text: words }));
  translate(byId("results"));
}

async function testConference() {
  const conference = await post("/conferences", { name: t("check.title"), layout: { mode: 2 } });
  const path = `${conferencePath(conference.id)}/sites`;
  await post(path, { name: t("check.pattern"), kind: "pattern", pattern: {} });
  const seat = await post(path, { name: t("check.seat"), kind: "webrtc" });
  return { cid: conference.id, site: seat.id };
}

function connected(pc) {
  return new Promise((resolve) => {
    const done = (ok) => (clearTimeout(timer), resolve(ok));
    const timer = setTimeout(() => done(false), CONNECTS_MS);
    pc.addEventListener("connectionstatechange", () => {
      if (pc.connectionState === "connected") done(true);
      if (pc.connectionState === "failed") done(false);
    });
  });
}

async function connect({ cid, site }) {
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  const stream = new MediaStream();
  byId("remote").srcObject = stream;
  pc.addEventListener("track", (event) => stream.addTrack(event.track));
  for (const kind of ["video", "audio"]) {
    const transceiver = pc.addTransceiver(kind, { direction: "sendrecv" });
    if (kind === "video") preferH264(transceiver);
    await transceiver.sender.replaceTrack(devices.tracks[kind]);
  }
  const stands = connected(pc);
  await negotiate(pc, (offer) => post(`${sitePath(cid, site)}/webrtc`, offer));
  return { pc, reached: await stands };
}

const now = async (pc) => totals([...(await pc.getStats()).values()]);

async function measure() {
  await devices.open();
  for (const kind of ["audio", "video"]) {
    const problem = devices.problems[kind];
    note(kind, problem ? t(`device.${kind}_${problem}`) : devices.tracks[kind]?.label || t("check.ok"), Boolean(problem));
  }
  const place = await testConference();
  let pc = null;
  try {
    const link = await connect(place);
    pc = link.pc;
    note("reached", t(link.reached ? "check.ok" : "check.not_reached"), !link.reached);
    if (!link.reached) return;
    await pause(SETTLES_MS);
    const before = await now(pc);
    await pause(MEASURES_MS);
    const found = measured(before, await now(pc), MEASURES_MS / 1000);
    for (const [name, value] of Object.entries(found)) {
      note(name, value === null ? "–" : `${value} ${UNITS[name]}`, isBad(name, value));
    }
  } finally {
    pc?.close();
    await remove(conferencePath(place.cid)).catch(() => {});
  }
}

/** What can be sent to whoever looks after the network. */
function report() {
  const lines = results.map(({ name, words, bad }) => `${bad ? "!" : " "} ${t(`check.${name}`)}: ${words}`);
  const head = [t("check.title"), new Date().toISOString(), location.origin, navigator.userAgent, ""];
  const link = el("a", { href: URL.createObjectURL(new Blob([[...head, ...lines, ""].join("\n")], { type: "text/plain" })), download: "mcu-check.txt" });
  link.click();
  URL.revokeObjectURL(link.href);
}

byId("begin").addEventListener("click", async () => {
  byId("begin").disabled = true;
  byId("report").hidden = true;
  results = [];
  byId("results").replaceChildren();
  await attempt(measure);
  devices.close();
  byId("report").hidden = !results.length;
  byId("begin").disabled = false;
});
byId("report").addEventListener("click", report);
mountBar(byId("bar"), { page: "check" });
