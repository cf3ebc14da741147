// Words of the pages in two languages. A node remembers its key, so a switch needs no reload.
import { en } from "/static/texts/en.js";
import { enAdmin } from "/static/texts/en_admin.js";
import { enBook } from "/static/texts/en_book.js";
import { enExport } from "/static/texts/en_export.js";
import { enJoin } from "/static/texts/en_join.js";
import { enUsers } from "/static/texts/en_users.js";
import { enWatch } from "/static/texts/en_watch.js";
import { zh } from "/static/texts/zh.js";
import { zhAdmin } from "/static/texts/zh_admin.js";
import { zhBook } from "/static/texts/zh_book.js";
import { zhExport } from "/static/texts/zh_export.js";
import { zhJoin } from "/static/texts/zh_join.js";
import { zhUsers } from "/static/texts/zh_users.js";
import { zhWatch } from "/static/texts/zh_watch.js";

const TEXTS = {
  en: { ...en, ...enAdmin, ...enBook, ...enExport, ...enJoin, ...enUsers, ...enWatch },
  zh: { ...zh, ...zhAdmin, ...zhBook, ...zhExport, ...zhJoin, ...zhUsers, ...zhWatch },
};
const ATTRIBUTES = {
  i18nLabel: ["aria-label", "title"],
  i18nAria: ["aria-label"],
  i18nPlaceholder: ["placeholder"],
};
const listeners = new Set();

let current = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

export const language = () => current;

/** The text for a key; `{name}` is replaced by params.name. A missing key shows itself. */
export function t(key, params = {}) {
  const text = TEXTS[current][key] ?? TEXTS.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(params[name] ?? ""));
}

export const hasText = (key) => key in TEXTS.en;

/** Writes a text into a node, now and after every switch of the language. */
export function say(node, key, params = {}) {
  node.dataset.i18n = key;
  node.dataset.i18nParams = JSON.stringify(params);
  const text = t(key, params);
  if (node.textContent !== text) node.textContent = text;
  return node;
}

/** A person's own words (a site's name): shown as they are in every language. */
export function saysPlainly(node, text) {
  delete node.dataset.i18n;
  if (node.textContent !== text) node.textContent = text;
  return node;
}

function sayAttribute(node, name, key, params) {
  node.dataset[name] = key;
  node.dataset[`${name}Params`] = JSON.stringify(params);
  for (const attribute of ATTRIBUTES[name]) node.setAttribute(attribute, t(key, params));
  return node;
}

/** The accessible name and tooltip of a node. */
export const label = (node, key, params = {}) => sayAttribute(node, "i18nLabel", key, params);

/** The accessible name alone, for large things over which a tooltip would only disturb. */
export const aria = (node, key, params = {}) => sayAttribute(node, "i18nAria", key, params);

export const placeholder = (node, key, params = {}) => sayAttribute(node, "i18nPlaceholder", key, params);

function params(node, name) {
  return JSON.parse(node.dataset[name] || "{}");
}

/** Fills every node under `root` that carries a key. */
export function translate(root = document) {
  for (const node of root.querySelectorAll("[data-i18n]")) {
    node.textContent = t(node.dataset.i18n, params(node, "i18nParams"));
  }
  for (const [name, attributes] of Object.entries(ATTRIBUTES)) {
    const selector = `[data-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}]`;
    for (const node of root.querySelectorAll(selector)) {
      const text = t(node.dataset[name], params(node, `${name}Params`));
      for (const attribute of attributes) node.setAttribute(attribute, text);
    }
  }
}

export function setLanguage(next) {
  current = next;
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
  try {
    localStorage.setItem("mcu.language", next);
  } catch {
    // not remembered, but switched
  }
  translate();
  for (const listener of listeners) listener(next);
}

/** Called after each switch, for texts that are computed (dates, plurals). */
export function onLanguage(listener) {
  listeners.add(listener);
}
