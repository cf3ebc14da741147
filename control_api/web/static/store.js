// What the console knows: the conferences, the modes, and which conference is looked at. Fed by REST and events.
import { conferencePath, get } from "/static/api.js";
import { readLayout, shownLayout } from "/static/layouts.js";

/** Events: "list" (which conferences there are), "conference" (the current one changed), "levels", "modes". */
export class Store extends EventTarget {
  conferences = new Map();
  modes = new Map();
  currentId = "";
  loaded = false;

  get current() {
    return this.conferences.get(this.currentId) || null;
  }

  get layout() {
    return shownLayout(this.current, this.modes);
  }

  site(sid) {
    return this.current?.sites.find((site) => site.id === sid) || null;
  }

  async loadModes() {
    const modes = await get("/layouts");
    this.modes = new Map(modes.map((mode) => [mode.id, readLayout(mode)]));
    this.#tell("modes");
    this.#tell("conference");
  }

  async load() {
    const list = await get("/conferences");
    this.loaded = true;
    this.conferences = new Map(list.map((conference) => [conference.id, conference]));
    if (!this.current) this.currentId = list[0]?.id || "";
    this.#tell("list");
    this.#tell("conference");
  }

  async reload(cid) {
    this.put(await get(conferencePath(cid)));
  }

  choose(cid) {
    this.currentId = cid;
    this.#tell("list");
    this.#tell("conference");
  }

  /** Takes a whole conference; an older revision than the known one is old news. */
  put(conference) {
    const known = this.conferences.get(conference.id);
    if (known && conference.revision < known.revision) return;
    this.conferences.set(conference.id, conference);
    // One that was asked for by address may come later than others: it is waited for.
    if (!this.currentId) this.currentId = conference.id;
    this.#tell("list");
    if (conference.id === this.currentId) this.#tell("conference");
  }

  drop(cid) {
    this.conferences.delete(cid);
    if (cid === this.currentId) this.currentId = [...this.conferences.keys()][0] || "";
    this.#tell("list");
    this.#tell("conference");
  }

  /** The handlers for the server's events (see Feed.handle). */
  handlers() {
    return {
      conference: (data) => this.put(data),
      gone: (data) => this.drop(data.conference),
      site: (data) => this.#change(data.conference, (conference) => {
        conference.sites = conference.sites.map((site) => (site.id === data.site.id ? { ...site, ...data.site } : site));
      }),
      speaker: (data) => this.#change(data.conference, (conference) => {
        conference.speaker = data.site;
        conference.sites = conference.sites.map((site) => ({ ...site, speaking: site.id === data.site }));
      }),
      layout: (data) => this.#change(data.conference, (conference) => {
        conference.shown = { mode: data.mode, panes: data.panes };
      }),
      content: (data) => this.#change(data.conference, (conference) => {
        conference.content = { ...conference.content, shown: data.content };
      }),
      reduced: (data) => this.#change(data.conference, (conference) => {
        conference.reduced = data.step;
      }),
      muted_talkers: (data) => this.#change(data.conference, (conference) => {
        conference.sites = conference.sites.map((site) => ({ ...site, talks_muted: data.sites.includes(site.id) }));
      }),
      recording: (data) => this.#change(data.conference, (conference) => {
        const running = data.state === "recording";
        if (running) conference.recording = data;
        else if (conference.recording?.id === data.id) conference.recording = null;
      }),
      lines: (data) => this.#change(data.conference, (conference) => {
        conference.sites = conference.sites.map((site) => (site.id in data.lines ? { ...site, line: data.lines[site.id] } : site));
      }),
      levels: (data) => {
        if (data.conference === this.currentId) this.#tell("levels", data.levels);
      },
    };
  }

  #change(cid, edit) {
    const known = this.conferences.get(cid);
    if (!known) return;
    const copy = { ...known };
    edit(copy);
    this.conferences.set(cid, copy);
    if (cid === this.currentId) this.#tell("conference");
    else this.#tell("list");
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
