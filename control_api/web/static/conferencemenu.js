// Choosing a conference, making a new one, ending one.
import { conferencePath, post, remove } from "/static/api.js";
import { confirmed, openDialog } from "/static/dialogs.js";
import { el, icon, pressed } from "/static/dom.js";
import { field, input, onSubmit } from "/static/forms.js";
import { say, saysPlainly } from "/static/i18n.js";
import { attempt } from "/static/notify.js";
import { closePopover, openPopover } from "/static/popover.js";

const SIZES = ["1280x720", "1920x1080", "960x540", "640x360"];

function sizeSelect() {
  return el("select", { name: "size" }, SIZES.map((size) => el("option", { value: size, text: size.replace("x", " × ") })));
}

const fpsSelect = () => el("select", { name: "fps" }, [30, 25, 15, 60].map((fps) => el("option", { value: fps, text: `${fps} fps` })));

function openNewConference(made) {
  const form = el("form", { class: "dialog-body" },
    field("conference.name", input("name", { required: true, maxlength: 64, autofocus: true, placeholder: "conference.name_placeholder" })),
    el("div", { class: "row" }, field("conference.size", sizeSelect()), field("conference.fps", fpsSelect())),
    el("footer", { class: "actions" },
      el("button", { type: "button", class: "plain", say: "common.cancel", on: { click: () => box.close() } }),
      el("button", { type: "submit", class: "primary", say: "conference.create" })));
  const box = openDialog("conference.new", form);
  onSubmit(form, async (data) => {
    const [width, height] = data.get("size").split("x").map(Number);
    made(await post("/conferences", { name: data.get("name").trim(), width, height, fps: Number(data.get("fps")) }));
    box.close();
  });
}

async function end(conference, store) {
  const sure = await confirmed({ title: "conference.end", text: ["conference.end_text", { name: conference.name }], yes: "conference.end_yes" });
  if (!sure) return;
  await attempt(async () => {
    await remove(conferencePath(conference.id));
    store.drop(conference.id);
  });
}

function row(conference, store) {
  const joined = conference.sites.filter((site) => site.state === "joined").length;
  const button = el("button", { type: "button", class: "item", on: { click: () => (closePopover(), store.choose(conference.id)) } },
    icon("people"),
    el("span", { class: "grow" }, el("b", { text: conference.name }), el("small", { say: ["sites.count", { joined, all: conference.sites.length }] })),
    conference.recording ? el("i", { class: "record-dot small" }) : null);
  pressed(button, conference.id === store.currentId);
  return button;
}

/** The button in the bar that names the current conference and opens the list. */
export function conferencePicker(store) {
  const name = el("b", {});
  const create = () => openNewConference((conference) => {
    store.put(conference);
    store.choose(conference.id);
  });
  const list = () => el("div", { class: "menu conferences" },
    [...store.conferences.values()].map((conference) => row(conference, store)),
    el("hr", {}),
    el("button", { type: "button", class: "item", on: { click: () => (closePopover(), create()) } }, icon("plus"), el("span", { say: "conference.new" })),
    store.current
      ? el("button", { type: "button", class: "item danger-text", on: { click: () => (closePopover(), end(store.current, store)) } }, icon("close"), el("span", { say: "conference.end" }))
      : null);
  const button = el("button", {
    type: "button", class: "picker", id: "conference-picker", "aria-haspopup": "dialog", "aria-expanded": "false",
    on: { click: () => openPopover(button, list(), { name: "conference.choose" }) },
  }, name, icon("down"));
  store.addEventListener("list", () => {
    const conference = store.current;
    if (conference) saysPlainly(name, conference.name);
    else say(name, "conference.none");
  });
  return { button, create };
}
