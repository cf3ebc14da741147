// Modal dialogs on the browser's own <dialog>: one frame for all of them, and a yes-or-no question.
import { el, iconButton } from "/static/dom.js";
import { translate } from "/static/i18n.js";

/** Opens a dialog with a title and a body; answers {dialog, close}. It removes itself when closed. */
export function openDialog(title, body, { wide = false, onClose } = {}) {
  const close = () => dialog.close();
  const dialog = el("dialog", { class: wide ? "dialog wide" : "dialog", "aria-labelledby": "dialog-title" },
    el("header", {},
      el("h2", { id: "dialog-title", say: title }),
      iconButton("close", "common.close", close)),
    body);
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose?.();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) close(); // the backdrop
  });
  document.body.append(dialog);
  translate(dialog);
  dialog.showModal();
  return { dialog, close };
}

/** Asks before something that cannot be undone; answers true or false. */
export function confirmed({ title, text, yes, danger = true }) {
  return new Promise((resolve) => {
    let answer = false;
    const decide = (value) => {
      answer = value;
      box.close();
    };
    const body = el("div", { class: "dialog-body" },
      el("p", { say: text }),
      el("footer", { class: "actions" },
        el("button", { type: "button", class: "plain", autofocus: true, say: "common.cancel", on: { click: () => decide(false) } }),
        el("button", { type: "button", class: danger ? "danger" : "primary", say: yes, on: { click: () => decide(true) } })));
    const box = openDialog(title, body, { onClose: () => resolve(answer) });
  });
}
