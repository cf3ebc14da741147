// Which pictures of a live conference or a recording a viewer sees, and how they stand: chosen by the
// viewer, in the page's address and kept for the next page. Without content there is nothing to choose.

/** In the order of the list, which keys 1 to 6 follow; live.css says how each stands. */
export const SHOWS = ["beside", "large", "corner", "inset", "content", "main"];
const KEPT = "mcu.show";

function remembered() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // storage is forbidden
  }
}

function remember(show) {
  const url = new URL(location.href);
  url.searchParams.set("show", show);
  history.replaceState(null, "", url);
  try {
    localStorage.setItem(KEPT, show);
  } catch {
    // it is in the address
  }
}

/** What an address, or else what was kept, says; `beside` where neither names one of SHOWS. */
export function wantedShow(query, kept) {
  const asked = [new URLSearchParams(query).get("show"), kept];
  return asked.find((show) => SHOWS.includes(show)) ?? SHOWS[0];
}

export class Screens extends EventTarget {
  #wanted = wantedShow(location.search, remembered());

  /** `player`: carries data-show; `content`: the second video; `select`: the list of SHOWS. */
  constructor({ player, content, select }) {
    super();
    Object.assign(this, { player, content, select });
    select.value = this.#wanted;
    select.addEventListener("change", () => this.choose(select.value));
    this.presents(false);
  }

  /** Content is there, or no longer. */
  presents(on) {
    this.content.hidden = this.select.hidden = !on;
    this.#show();
  }

  choose(show) {
    this.#wanted = this.select.value = show;
    remember(show);
    this.#show();
  }

  /** Takes keys 1 to 6; whether this was one. */
  key(key) {
    const show = SHOWS[Number(key) - 1];
    if (!show || this.content.hidden) return false;
    this.choose(show);
    return true;
  }

  #show() {
    const show = this.content.hidden ? "main" : this.#wanted;
    if (this.player.dataset.show === show) return;
    this.player.dataset.show = show;
    this.dispatchEvent(new Event("change"));
  }
}
