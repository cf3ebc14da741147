// The list of sites: rows are kept, moved only when the server's order changes.
import { say } from "/static/i18n.js";
import { SiteRow } from "/static/siterow.js";

export class SiteList {
  #rows = new Map();

  constructor(list, count, actions) {
    this.list = list;
    this.count = count;
    this.actions = actions;
  }

  update(conference) {
    const sites = conference?.sites || [];
    const here = new Set(sites.map((site) => site.id));
    for (const [sid, row] of this.#rows) {
      if (!here.has(sid)) {
        row.node.remove();
        this.#rows.delete(sid);
      }
    }
    sites.forEach((site, k) => {
      const row = this.#row(site.id);
      row.update(site, conference);
      if (this.list.children[k] !== row.node) this.list.insertBefore(row.node, this.list.children[k] || null);
    });
    const joined = sites.filter((site) => site.state === "joined").length;
    say(this.count, "sites.count", { joined, all: sites.length });
  }

  levels(levels) {
    for (const [sid, dbov] of Object.entries(levels)) this.#rows.get(sid)?.level(dbov);
  }

  anchor(sid) {
    return this.#rows.get(sid)?.more || null;
  }

  #row(sid) {
    if (!this.#rows.has(sid)) this.#rows.set(sid, new SiteRow(sid, this.actions));
    return this.#rows.get(sid);
  }
}
