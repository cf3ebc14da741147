// Roles that an administrator makes out of rights: a card for each, a tick for each right.
import { get, put, remove } from "/static/api.js";
import { confirmed } from "/static/dialogs.js";
import { byId, el, iconButton } from "/static/dom.js";
import { translate } from "/static/i18n.js";
import { attempt } from "/static/notify.js";
import { check } from "/static/widgets.js";

export const rolePath = (name) => `/roles/${encodeURIComponent(name)}`;

async function drop(role, change) {
  const sure = await confirmed({ title: "roles.remove", text: ["roles.remove_text", { name: role.name }], yes: "roles.remove" });
  if (sure) await change(() => remove(rolePath(role.name)));
}

function roleCard(role, rights, change) {
  const tick = (right) => check(`rights.${right.name}`, role.rights.includes(right.name), (on) => {
    const others = role.rights.filter((one) => one !== right.name);
    return change(() => put(rolePath(role.name), { rights: on ? [...others, right.name] : others }));
  });
  return el("section", { class: "group-card", "aria-label": role.name, data: { role: role.name } },
    el("header", {}, el("h3", { text: role.name }), iconButton("trash", ["roles.remove_of", { name: role.name }], () => drop(role, change))),
    el("div", { class: "role-rights" }, rights.map(tick)));
}

/** Shows the roles that were made; `changed` is called when there are others. */
export async function showRoles(changed) {
  const change = async (run) => {
    await attempt(run);
    await changed();
  };
  const [roles, rights] = await Promise.all([get("/roles"), get("/rights")]);
  const nothing = el("p", { class: "empty-line", say: "roles.none" });
  byId("roles").replaceChildren(...(roles.length ? roles.map((role) => roleCard(role, rights, change)) : [nothing]));
  translate(byId("roles"));
}
