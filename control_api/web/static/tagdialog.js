// What people say of a recording: a dialog for its tags.
import { patch, recordingPath } from "/static/api.js";
import { openDialog } from "/static/dialogs.js";
import { el } from "/static/dom.js";
import { field, input, onSubmit } from "/static/forms.js";
import { check } from "/static/widgets.js";

const SEPARATORS = /[,，、;；]/;

export const wordsOf = (text) => text.split(SEPARATORS).map((word) => word.trim()).filter(Boolean);

/** Opens it; `saved(recording)` is told how the recording is then. */
export function openTags(recording, saved) {
  let hold = recording.hold;
  const line = (name, value) => field(`tags.${name}`, input(name, { value, maxlength: 64 }));
  const form = el("form", { class: "dialog-body" },
    el("div", { class: "row" }, line("doctor", recording.doctor), line("department", recording.department)),
    el("div", { class: "row" }, field("tags.group", input("group", { value: recording.group, maxlength: 64 }), "tags.group_hint"), line("patient", recording.patient)),
    field("tags.keywords", input("keywords", { value: recording.keywords.join(", "), maxlength: 600 }), "tags.keywords_hint"),
    check("tags.hold", hold, (on) => (hold = on)),
    el("footer", { class: "actions" },
      el("button", { type: "button", class: "plain", say: "common.cancel", on: { click: () => box.close() } }),
      el("button", { type: "submit", class: "primary", say: "common.save" })));
  const box = openDialog("tags.title", form);
  onSubmit(form, async (data) => {
    const text = (name) => data.get(name).trim();
    saved(await patch(recordingPath(recording.id), {
      doctor: text("doctor"), department: text("department"), group: text("group"), patient: text("patient"),
      keywords: wordsOf(text("keywords")), hold,
    }));
    box.close();
  });
}
