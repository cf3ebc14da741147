// Templates and groups of sites at the booking form, and groups that join what runs.
import { conferencePath, get, post, put } from "/static/api.js";
import { el } from "/static/dom.js";
import { t } from "/static/i18n.js";
import { attempt, toast } from "/static/notify.js";
import { closePopover } from "/static/popover.js";
import { choose } from "/static/widgets.js";

const apart = (text) => text.split(/[\s,，、;；]+/).filter(Boolean);

/** The list of templates: `take(template)` fills the form. None where there are none. */
export function templateChoice(templates, take) {
  if (!templates.length) return null;
  const named = new Map(templates.map((one) => [one.name, one]));
  const options = [["", { say: "presets.none" }], ...templates.map((one) => [one.name, { text: one.name }])];
  return choose("presets.template", options, "", (name) => named.has(name) && take(named.get(name)));
}

/** The list of groups: the one that is chosen adds its sites to the text of `box`. */
export function groupChoice(groups, box) {
  if (!groups.length) return null;
  const named = new Map(groups.map((one) => [one.name, one]));
  const options = [["", { say: "presets.none" }], ...groups.map((one) => [one.name, { text: one.name }])];
  return choose("presets.add_group", options, "", (name) => {
    if (named.has(name)) box.value = [...new Set([...apart(box.value), ...named.get(name).sites])].join(" ");
  });
}

/** Keeps what stands in the form under the conference's name: as a template, or its sites as a group. */
export function keepButtons(form, wanted) {
  const keep = (words, address, body) => el("button", {
    type: "button", class: "plain", say: words,
    on: {
      click: () => attempt(async () => {
        const name = form().elements.namedItem("name").value.trim();
        await put(`${address}/${encodeURIComponent(name || "?")}`, body());
        toast("good", t("presets.kept", { name }));
      }),
    },
  });
  const sites = () => ({ sites: apart(form().elements.namedItem("sites").value) });
  return el("div", { class: "keep wide" },
    keep("presets.keep_template", "/booking-templates", wanted),
    keep("presets.keep_group", "/site-groups", sites));
}

/** For the console: a group that joins the conference and is called. */
export async function groupJoins(cid, done) {
  const groups = await get("/site-groups");
  if (!groups.length) return null;
  const options = [["", { say: "presets.none" }], ...groups.map((one) => [one.name, { text: `${one.name} (${one.sites.length})` }])];
  return choose("presets.call_group", options, "", (group) => group && attempt(async () => {
    closePopover();
    await post(`${conferencePath(cid)}/site-groups`, { group });
    done();
  }));
}
