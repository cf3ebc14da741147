// What is recorded and who is asked before: a small form beside the record button.
import { conferencePath, patch, put } from "/static/api.js";
import { el, iconButton } from "/static/dom.js";
import { field, onSubmit } from "/static/forms.js";
import { toast } from "/static/notify.js";
import { t } from "/static/i18n.js";
import { closePopover, openPopover } from "/static/popover.js";

const CONSENTS = ["free", "asked", "refused"];

const select = (name, value, options) => {
  const node = el("select", { name }, options);
  node.value = value;
  return node;
};

/** The pictures to choose from; a drawn one is kept, and drawn by the API only. */
function pictures({ recorded, sites }) {
  const plain = ["conference", "content", ...(recorded.of === "own" ? ["own"] : [])];
  return [
    ...plain.map((of) => el("option", { value: of, say: `record.of_${of}` })),
    ...sites.map((site) => el("option", { value: `site ${site.id}`, text: site.name })),
  ];
}

export class RecordChoice {
  #conference = null;

  constructor() {
    this.node = iconButton("film", "record.choose", () => this.#open(), { id: "record-choose", "aria-haspopup": "dialog", "aria-expanded": "false" });
  }

  update(conference) {
    this.#conference = conference;
    this.node.disabled = !conference?.recorded;
  }

  #open() {
    const conference = this.#conference;
    const { recorded, recording_rules: rules } = conference;
    const of = recorded.of === "site" ? `site ${recorded.site}` : recorded.of;
    const agreed = el("input", { type: "checkbox", name: "agreed", checked: rules.agreed });
    const notice = el("input", { type: "checkbox", name: "notice", checked: rules.notice_s > 0 });
    const form = el("form", { class: "mark-form" },
      field("record.picture", select("of", of, pictures(conference))),
      field("record.consent", select("consent", rules.consent, CONSENTS.map((one) => el("option", { value: one, say: `record.consent_${one}` })))),
      el("label", { class: "check" }, agreed, el("span", { say: "record.agreed" })),
      el("label", { class: "check" }, notice, el("span", { say: "record.notice" })),
      el("button", { type: "submit", class: "primary", say: "record.apply" }));
    onSubmit(form, async (data) => {
      const [kind, site] = data.get("of").split(" ");
      const consent = data.get("consent");
      const path = conferencePath(conference.id);
      await patch(path, {
        recorded: site ? { of: kind, site } : { of: kind },
        recording_rules: { consent, notice_s: notice.checked ? rules.notice_s || 10 : 0 },
      });
      if (consent === "asked" && agreed.checked !== rules.agreed) await put(`${path}/recording/consent`, { agreed: agreed.checked });
      closePopover();
      toast("good", t("record.chosen"));
    });
    openPopover(this.node, form, { name: "record.choose" });
  }
}
