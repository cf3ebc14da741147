// A recording into the hospital's archive: where to, what of it, and whose it is.
import { get, post, recordingPath } from "/static/api.js";
import { openDialog } from "/static/dialogs.js";
import { el } from "/static/dom.js";
import { duration } from "/static/format.js";
import { field, input, onSubmit } from "/static/forms.js";
import { say, saysPlainly, t } from "/static/i18n.js";
import { attempt, explain, toast } from "/static/notify.js";
import { check } from "/static/widgets.js";

const KINDS = ["photographic", "endoscopic", "microscopic"];
const SEXES = ["", "F", "M", "O"];
const TEXTS = ["patient_name", "patient_id", "study_uid", "study_id", "accession", "description", "physician", "institution", "series_description"];

const select = (name, options) => el("select", { name }, options);
const line = (name, props = {}, hint = null) => field(`dicom.${name}`, input(name, { maxlength: 200, ...props }), hint);

/** A button that asks the chosen archive whether it is there, and says so beside. */
function echo(list) {
  const said = el("span", { class: "note", role: "status" });
  const ask = async () => {
    say(said, "dicom.asking");
    try {
      await post(`/pacs/${encodeURIComponent(list.value)}/echo`);
      say(said, "dicom.answers");
    } catch (error) {
      saysPlainly(said, explain(error));
    }
  };
  return el("div", { class: "dicom-echo" }, el("button", { type: "button", class: "plain", say: "dicom.echo", on: { click: ask } }), said);
}

function body(data, sound, span) {
  const study = Object.fromEntries(TEXTS.map((name) => [name, data.get(name).trim()]));
  study.birth_date = data.get("birth_date").replaceAll("-", "");
  study.sex = data.get("sex");
  return { pacs: data.get("pacs"), track: data.get("track"), kind: data.get("kind"), sound, study, ...span };
}

const nowhere = () => el("div", { class: "dialog-body" }, el("p", { say: "dicom.no_archives" }));

/** Opens it; `span` is {from_s, to_s} or empty for the whole, `sent(job)` hears of the job. */
export async function openDicom(recording, span, sent) {
  const archives = await attempt(() => get("/pacs"));
  if (!archives) return;
  if (!archives.length) {
    openDialog("dicom.title", nowhere());
    return;
  }
  let sound = true;
  const list = select("pacs", archives.map((one) => el("option", { value: one.name, text: `${one.name} (${one.title} ${one.host})` })));
  const part = span.to_s === undefined ? ["dicom.whole", { length: duration(recording.duration_s) }] : ["dicom.part", { from: duration(span.from_s), to: duration(span.to_s) }];
  const form = el("form", { class: "dialog-body" },
    el("p", {}, el("b", { text: recording.title || recording.id }), " · ", el("span", { say: part })),
    field("dicom.pacs", list), echo(list),
    el("fieldset", { class: "dicom-part" }, el("legend", { say: "dicom.patient" }),
      line("patient_name", { placeholder: "dicom.name_example", autofocus: true }, "dicom.name_hint"),
      el("div", { class: "row" }, line("patient_id", { value: recording.patient ?? "" }), field("dicom.birth_date", input("birth_date", { type: "date" })),
        field("dicom.sex", select("sex", SEXES.map((one) => el("option", { value: one, say: `dicom.sex_${one || "none"}` })))))),
    el("fieldset", { class: "dicom-part" }, el("legend", { say: "dicom.study" }),
      el("div", { class: "row" }, line("accession"), line("description")),
      el("div", { class: "row" }, line("physician"), line("institution")),
      el("details", {}, el("summary", { say: "dicom.more" }),
        line("study_uid", { inputmode: "decimal" }, "dicom.uid_hint"),
        el("div", { class: "row" }, line("study_id"), line("series_description")))),
    el("fieldset", { class: "dicom-part" }, el("legend", { say: "dicom.what" }),
      el("div", { class: "row" },
        field("dicom.track", select("track", ["main", "content"].map((one) => el("option", { value: one, say: `dicom.track_${one}` })))),
        field("dicom.kind", select("kind", KINDS.map((one) => el("option", { value: one, say: `dicom.kind_${one}` }))))),
      check("dicom.sound", sound, (on) => (sound = on))),
    el("footer", { class: "actions" },
      el("button", { type: "button", class: "plain", say: "common.cancel", on: { click: () => box.close() } }),
      el("button", { type: "submit", class: "primary", say: "dicom.send" })));
  const box = openDialog("dicom.title", form, { wide: true });
  onSubmit(form, async (data) => {
    const job = await post(`${recordingPath(recording.id)}/dicom`, body(data, sound, span));
    box.close();
    toast("good", t("dicom.sent", { archive: job.pacs }));
    sent?.(job);
  });
}
