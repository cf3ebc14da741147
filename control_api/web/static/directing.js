// The strip's controls of whom the conference shows: three panels, and a chip that names who is shown in full.
import { contentPanel } from "/static/contentpanel.js";
import { directPanel } from "/static/directpanel.js";
import { el, icon, iconButton, pressed, setIcon } from "/static/dom.js";
import { label, saysPlainly } from "/static/i18n.js";
import { leader } from "/static/lead.js";
import { openPopover } from "/static/popover.js";
import { textPanel } from "/static/textpanel.js";

const ICONS = { broadcast: "tower", lecture: "lectern", voice: "wave" };
const ENDS = { broadcast: { broadcast: "" }, lecture: { lecturer: "" } };

export class Directing {
  #lead = null;

  /** `send(fields)` changes the conference that `current()` answers. */
  constructor(current, send) {
    const panel = (name, words, content) => {
      const button = iconButton(name, words, () => openPopover(button, content(current(), send), { name: words, wide: true }),
        { "aria-haspopup": "dialog", "aria-expanded": "false", class: "icon-button operator" });
      return button;
    };
    this.direct = panel("sliders", "direct.title", directPanel);
    this.texts = panel("caption", "text.title", textPanel);
    this.content = panel("screen", "content.title", contentPanel);
    this.content.id = "content-button";
    this.direct.id = "direct";
    this.texts.id = "texts";
    this.name = el("span", { class: "lead-name" });
    this.kind = icon("tower");
    this.cross = icon("close");
    this.chip = el("button", { type: "button", class: "lead-chip", id: "lead", hidden: true, on: { click: () => this.#end() } },
      this.kind, this.name, this.cross);
    this.send = send;
  }

  update(conference) {
    for (const button of [this.direct, this.texts, this.content]) button.disabled = !conference;
    pressed(this.content, conference?.content?.shown);
    const lead = leader(conference);
    this.#lead = lead;
    this.chip.hidden = !lead;
    if (!lead) return;
    const name = conference.sites.find((site) => site.id === lead.site)?.name || "";
    setIcon(this.kind, ICONS[lead.by]);
    this.cross.classList.toggle("away", lead.by === "voice");
    saysPlainly(this.name, name);
    label(this.chip, `lead.${lead.by}`, { name });
  }

  #end() {
    if (this.#lead.by in ENDS) this.send(ENDS[this.#lead.by]);
    else this.direct.click();
  }
}
