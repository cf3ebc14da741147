// Which coding of the people's picture a viewer of a recording gets: HD or SD by hand, or as the network is.
const LOOK_MS = 1000;
const EASILY = 1.6; // so much more than HD needs, or it stays small
const HARDLY = 1.15;

/** The coding to go on with: `bps` is what the network gave lately, `hd` what HD takes; 0: not known. */
export function fitting(now, { bps, hd }) {
  if (!bps || !hd) return now;
  if (bps > hd * EASILY) return "main";
  return bps < hd * HARDLY ? "sd" : now;
}

export class Quality {
  #shown = "main";
  #busy = false;

  /** `select`: auto, main or sd; `player()`: the one that plays; `reopen(name)`: go on with that coding. */
  constructor({ select, player, reopen }) {
    Object.assign(this, { select, player, reopen });
    select.addEventListener("change", () => this.#look());
    setInterval(() => this.#look(), LOOK_MS);
  }

  async #look() {
    const player = this.player();
    if (!player || this.#busy) return;
    this.select.hidden = !player.has("sd");
    if (this.select.hidden) return;
    const { value } = this.select;
    const wanted = value === "auto" ? fitting(this.#shown, { bps: player.bps, hd: player.rateOf("main") }) : value;
    if (wanted === this.#shown) return;
    this.#busy = true;
    try {
      await this.reopen(wanted);
      this.#shown = wanted;
    } finally {
      this.#busy = false;
    }
  }
}
