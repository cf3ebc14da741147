// Fields with a label, a hint and a place for their error; problems of the server shown at the field.
import { el, icon } from "/static/dom.js";
import { explain } from "/static/notify.js";
import { saysPlainly, t } from "/static/i18n.js";

let count = 0;

/** A labelled input: `control` is an input, select or textarea with a `name`. */
export function field(words, control, hint = null) {
  const id = `field-${(count += 1)}`;
  control.id = id;
  control.setAttribute("aria-describedby", `${id}-note`);
  return el("div", { class: "field" },
    el("label", { for: id, say: words }),
    control,
    el("p", { class: "note", id: `${id}-note`, say: hint ?? undefined }));
}

export const input = (name, props = {}) => el("input", { name, autocomplete: "off", ...props });

function noteOf(control) {
  return control.closest(".field")?.querySelector(".note");
}

export function clearProblems(form) {
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    noteOf(control)?.classList.remove("bad");
  }
  form.querySelector(".form-problem.passing")?.remove();
}

/** The last name in a path like "sites[2].name". */
const lastName = (path) => path.split(/[.[\]]/).filter((part) => part && !/^\d+$/.test(part)).pop() || "";

/** Shows an error at the field that the server names, or at the foot of the form. */
function showProblem(form, error) {
  clearProblems(form);
  const name = error.field ? lastName(error.field) : error.door;
  const control = name ? form.elements.namedItem(name) : null;
  if (control instanceof HTMLElement && noteOf(control)) {
    control.setAttribute("aria-invalid", "true");
    const note = noteOf(control);
    note.classList.add("bad");
    saysPlainly(note, error.door ? explain(error) : error.detail || explain(error));
    control.focus();
    return;
  }
  const text = error.field && error.detail ? t("error.at_field", { field: error.field, detail: error.detail }) : explain(error);
  const box = el("p", { class: "form-problem passing", role: "alert" }, icon("alert"), el("span", { text }));
  const foot = form.querySelector("footer");
  if (foot) foot.before(box);
  else form.append(box);
}

/** Runs `action` on submit with the button disabled meanwhile; problems are shown in the form. */
export function onSubmit(form, action) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearProblems(form);
    const button = form.querySelector("button[type=submit], button.primary");
    if (button) button.disabled = true;
    try {
      await action(new FormData(form));
    } catch (error) {
      showProblem(form, error);
    } finally {
      if (button) button.disabled = false;
    }
  });
}

/** A read-only text with a copy button. */
export function copyable(words, text, { tall = false, hint = null } = {}) {
  const area = tall ? el("textarea", { readonly: true, rows: 10, spellcheck: "false" }) : el("input", { readonly: true });
  area.value = text;
  area.addEventListener("focus", () => area.select());
  const button = el("button", { type: "button", class: "plain", say: "common.copy" });
  button.addEventListener("click", async () => {
    await copyText(text, area);
    button.dataset.i18n = "common.copied";
    button.textContent = t("common.copied");
  });
  const box = field(words, area, hint);
  box.classList.add(tall ? "copy-tall" : "copy");
  area.after(button);
  return box;
}

/** The clipboard, or (without a secure context) the older way through a selection. */
export async function copyText(text, area) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  area.select();
  document.execCommand("copy");
}
