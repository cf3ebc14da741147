// Where a conference is pushed to (RTMP, SRT), how that goes, and a form for one place more.
import { conferencePath, get, post, remove } from "/static/api.js";
import { el, iconButton } from "/static/dom.js";
import { field, input, onSubmit } from "/static/forms.js";
import { attempt } from "/static/notify.js";
import { openPopover } from "/static/popover.js";

const LOOK_MS = 2000;

function row(push, end) {
  const stop = iconButton("close", "push.end", () => end(push));
  return el("li", { class: "push", data: { state: push.state } },
    el("span", { class: "grow" },
      el("b", { text: push.address }),
      el("small", { say: [`push.${push.state}`, { count: push.restarts }] }),
      push.error ? el("small", { class: "push-error", text: push.error }) : null),
    stop);
}

/** A button that opens the list; `conference()` is the current one's id, or empty. */
export function pushButton(conference) {
  const path = () => `${conferencePath(conference())}/pushes`;
  let looking = 0;

  function panel() {
    const rows = el("ul", { class: "pushes" });
    const none = el("p", { class: "note", say: "push.none" });
    const look = async () => {
      const pushes = conference() ? await get(path()).catch(() => []) : [];
      none.hidden = pushes.length > 0;
      rows.replaceChildren(...pushes.map((push) => row(push, end)));
    };
    const end = (push) => attempt(async () => {
      await remove(`${path()}/${encodeURIComponent(push.id)}`);
      await look();
    });
    const form = el("form", {},
      field("push.url", input("url", { required: true, maxlength: 1000, placeholder: "push.placeholder", spellcheck: false }), "push.hint"),
      el("footer", { class: "actions" }, el("button", { type: "submit", class: "primary", say: "push.begin" })));
    onSubmit(form, async (data) => {
      await post(path(), { url: data.get("url").trim() });
      form.reset();
      await look();
    });
    look();
    clearInterval(looking);
    looking = setInterval(look, LOOK_MS);
    return el("div", { class: "menu" }, rows, none, form);
  }

  const button = iconButton("antenna", "push.title", () =>
    openPopover(button, panel(), { name: "push.title", wide: true, onClose: () => clearInterval(looking) }),
  { id: "pushes", "aria-haspopup": "dialog", "aria-expanded": "false" });
  return button;
}
