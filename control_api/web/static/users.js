// Users and their groups: who may come in, and whose recordings are whose.
import { get, post, put, remove } from "/static/api.js";
import { confirmed, openDialog } from "/static/dialogs.js";
import { byId, el, icon, iconButton } from "/static/dom.js";
import { field, input, onSubmit } from "/static/forms.js";
import { hasText, saysPlainly, t, translate } from "/static/i18n.js";
import { attempt, explain, toast } from "/static/notify.js";
import { rolePath, showRoles } from "/static/roles.js";
import { mountBar } from "/static/shell.js";

const ROLES = ["viewer", "operator", "admin"]; // beside those that were made
const RIGHTS = ["watch", "download", "manage"];
const FIRST = "admin"; // cannot be removed

const userPath = (name) => `/users/${encodeURIComponent(name)}`;
const groupPath = (name) => `/groups/${encodeURIComponent(name)}`;

let users = [];
let groups = [];
let roles = ROLES;

async function load() {
  try {
    let made;
    [users, groups, made] = await Promise.all([get("/users"), get("/groups"), get("/roles")]);
    roles = [...ROLES, ...made.map((role) => role.name)];
    show();
    await showRoles(load);
  } catch (error) {
    byId("problem").hidden = false;
    saysPlainly(byId("problem").querySelector("span"), explain(error));
  }
}

/** A change, and then everything as the server has it; focus stays with what has that key. */
async function change(run, key = "") {
  await attempt(run);
  await load();
  if (key) document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

async function dropUser(name) {
  const sure = await confirmed({ title: "users.remove", text: ["users.remove_text", { name }], yes: "users.remove" });
  if (sure) await change(() => remove(userPath(name)), "add-user");
}

async function dropGroup(name) {
  const sure = await confirmed({ title: "users.remove_group", text: ["users.remove_group_text", { name }], yes: "users.remove_group" });
  if (sure) await change(() => remove(groupPath(name)));
}

const roleOption = (role) => el("option", { value: role, ...(hasText(`users.role_${role}`) ? { say: `users.role_${role}` } : { text: role }) });

/** The role of a user, changed at once. */
function roleList({ user, role, organisation }) {
  const list = el("select", { aria: ["users.role_of", { name: user }], data: { key: `role ${user}` }, disabled: user === FIRST }, roles.map(roleOption));
  list.value = role;
  list.addEventListener("change", () => change(() => put(userPath(user), { role: list.value, organisation }), list.dataset.key));
  return list;
}

const newPassword = (user) => ask("users.new_password", [
  field("users.password", input("password", { type: "password", required: true, autocomplete: "new-password", autofocus: true }), "users.new_password_hint"),
], "users.new_password", async (data) => {
  await put(`${userPath(user)}/password`, { password: data.get("password") });
  toast("good", t("users.password_given", { name: user }));
});

function userRow(one) {
  const { user, organisation } = one;
  const theirs = groups.filter((group) => user in group.members).map((group) => group.name);
  return el("li", { class: "user-row", data: { user } }, icon("person"),
    el("span", { class: "user-who" }, el("b", { text: user }), organisation ? el("small", { text: organisation }) : null),
    el("span", { class: "user-role" }, roleList(one)),
    el("small", { class: "user-groups", text: theirs.join(", ") }),
    el("span", { class: "user-buttons" },
      iconButton("lock", ["users.new_password_of", { name: user }], () => newPassword(user)),
      user === FIRST ? null : iconButton("trash", ["users.remove_of", { name: user }], () => dropUser(user))));
}

function rightList(group, user, right) {
  const list = el("select", { aria: ["users.right_of", { name: user }], data: { key: `${group.name} ${user}` } },
    RIGHTS.map((one) => el("option", { value: one, say: `users.right_${one}` })));
  list.value = right;
  list.addEventListener("change", () => change(() => put(groupPath(group.name), { members: { ...group.members, [user]: list.value } }), list.dataset.key));
  return list;
}

function memberRow(group, [user, right]) {
  const leave = () => {
    const { [user]: _, ...members } = group.members;
    return change(() => put(groupPath(group.name), { members }), `add ${group.name}`);
  };
  return el("li", { class: "member" }, el("span", { text: user }), rightList(group, user, right),
    iconButton("close", ["users.leave", { name: user }], leave));
}

function groupCard(group) {
  const others = users.filter((one) => !(one.user in group.members));
  const add = el("select", { aria: ["users.add_member_to", { name: group.name }], data: { key: `add ${group.name}` }, hidden: !others.length },
    el("option", { value: "", say: "users.add_member" }), others.map((one) => el("option", { value: one.user, text: one.user })));
  add.addEventListener("change", () => change(() => put(groupPath(group.name), { members: { ...group.members, [add.value]: "watch" } }), `add ${group.name}`));
  return el("section", { class: "group-card", "aria-label": group.name, data: { group: group.name } },
    el("header", {}, el("h3", { text: group.name }), iconButton("trash", ["users.remove_group_of", { name: group.name }], () => dropGroup(group.name))),
    el("ul", { class: "members" }, Object.entries(group.members).map((member) => memberRow(group, member))), add);
}

function show() {
  byId("users").replaceChildren(...users.map(userRow));
  byId("groups").replaceChildren(...(groups.length ? groups.map(groupCard) : [el("p", { class: "empty-line", say: "users.no_groups" })]));
  translate(document.querySelector("main"));
}

/** A dialog with a form; `send(data)` may raise ApiError. */
function ask(title, fields, yes, send) {
  const form = el("form", { class: "dialog-body" }, fields,
    el("footer", { class: "actions" },
      el("button", { type: "button", class: "plain", say: "common.cancel", on: { click: () => box.close() } }),
      el("button", { type: "submit", class: "primary", say: yes })));
  const box = openDialog(title, form);
  onSubmit(form, async (data) => {
    await send(data);
    box.close();
    await load();
  });
}

byId("add-user").addEventListener("click", () => ask("users.add", [
  field("users.name", input("name", { required: true, maxlength: 64, autofocus: true }), "users.name_hint"),
  field("users.password", input("password", { type: "password", required: true, autocomplete: "new-password" }), "users.password_hint"),
  field("users.role", el("select", { name: "role" }, roles.map(roleOption))),
  field("users.organisation", input("organisation", { maxlength: 200 }), "users.organisation_hint"),
], "users.add", (data) => post("/users", Object.fromEntries(["name", "password", "role", "organisation"].map((key) => [key, key === "password" ? data.get(key) : data.get(key).trim()])))));
byId("add-group").addEventListener("click", () => ask("users.add_group", [
  field("users.group_name", input("name", { required: true, maxlength: 64, autofocus: true }), "users.group_name_hint"),
], "users.add_group", (data) => put(groupPath(data.get("name").trim()), { members: {} })));

byId("add-role").addEventListener("click", () => ask("roles.add", [
  field("roles.name", input("name", { required: true, maxlength: 64, autofocus: true })),
], "roles.add", (data) => put(rolePath(data.get("name").trim()), { rights: ["see"] })));

byId("add-user").dataset.key = "add-user";
mountBar(byId("bar"), { page: "users" });
load();
