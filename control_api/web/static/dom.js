// Building nodes: a tag, its properties, its children. Texts go through i18n by their keys.
import { aria, label, placeholder, say } from "/static/i18n.js";

const SVG = "http://www.w3.org/2000/svg";

const SPECIAL = {
  class: (node, value) => node.setAttribute("class", value),
  text: (node, value) => (node.textContent = value),
  say: (node, value) => say(node, ...[value].flat()),
  label: (node, value) => label(node, ...[value].flat()),
  aria: (node, value) => aria(node, ...[value].flat()),
  placeholder: (node, value) => placeholder(node, value),
  data: (node, value) => Object.assign(node.dataset, value),
  on: (node, value) => {
    for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
  },
};

function assign(node, name, value) {
  if (value === undefined || value === null) return;
  if (name in SPECIAL) SPECIAL[name](node, value);
  else if (value === true) node.setAttribute(name, "");
  else if (value !== false) node.setAttribute(name, String(value));
}

function build(node, props, children) {
  for (const [name, value] of Object.entries(props)) assign(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const el = (tag, props = {}, ...children) => build(document.createElement(tag), props, children);

export const svg = (tag, props = {}, ...children) =>
  build(document.createElementNS(SVG, tag), props, children);

/** A drawing out of the sprite; takes the colour of the text around it. */
export const icon = (name) =>
  svg("svg", { class: "icon", "aria-hidden": "true", focusable: "false" },
    svg("use", { href: `/static/icons.svg#${name}` }));

/** Only a change is written: a browser draws a sprite anew whenever it is named. */
export function setIcon(node, name) {
  const use = node.querySelector("use");
  const href = `/static/icons.svg#${name}`;
  if (use.getAttribute("href") !== href) use.setAttribute("href", href);
}

/** A button that shows only a drawing; its words are its accessible name and tooltip. */
export const iconButton = (name, words, onClick, props = {}) =>
  el("button", { type: "button", class: "icon-button", label: words, on: { click: onClick }, ...props }, icon(name));

export const byId = (id) => document.getElementById(id);

/** Tells CSS a number or length without an inline style in the markup. */
export const setVar = (node, name, value) => node.style.setProperty(name, value);

/** Sets a class or attribute only when it changes, so that nothing is laid out again for nothing. */
export function pressed(button, on) {
  const text = String(Boolean(on));
  if (button.getAttribute("aria-pressed") !== text) button.setAttribute("aria-pressed", text);
}
