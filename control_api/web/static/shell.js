// The bar on top of every page: where one is, the connection, the language, the colours, who is in.
import { get, remove } from "/static/api.js";
import { el, icon, iconButton, setIcon } from "/static/dom.js";
import { label, language, onLanguage, say, saysPlainly, setLanguage, t, translate } from "/static/i18n.js";
import { closePopover, openPopover } from "/static/popover.js";

const PAGES = [
  { id: "console", href: "/", icon: "grid", words: "nav.console" },
  { id: "bookings", href: "/bookings", icon: "calendar", words: "nav.bookings" },
  { id: "recordings", href: "/recordings", icon: "film", words: "nav.recordings" },
];

/** Behind "Manage"; `for` are the roles that may see them. */
const ADMINISTRATION = [
  { id: "register", href: "/register", icon: "antenna", words: "nav.register", for: ["operator", "admin"] },
  { id: "users", href: "/users", icon: "people", words: "nav.users", for: ["admin"] },
  { id: "reports", href: "/reports", icon: "bars", words: "nav.reports", for: ["operator", "admin"] },
  { id: "health", href: "/health", icon: "tower", words: "nav.health", for: ["viewer", "operator", "admin"] },
];

const THEMES = ["auto", "light", "dark"];
const THEME_ICONS = { auto: "contrast", light: "sun", dark: "moon" };

function stored(key) {
  try {
    return localStorage.getItem(key) || "";
  } catch {
    return "";
  }
}

function themeButton() {
  let theme = THEMES.includes(stored("mcu.theme")) ? stored("mcu.theme") : "auto";
  const button = iconButton(THEME_ICONS[theme], `theme.${theme}`, () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    localStorage.setItem("mcu.theme", theme);
    window.dispatchEvent(new Event("mcu-theme"));
    setIcon(button, THEME_ICONS[theme]);
    label(button, `theme.${theme}`);
  });
  return button;
}

function languageButton() {
  const text = () => (language() === "zh" ? "EN" : "中文");
  const button = el("button", {
    type: "button",
    class: "quiet language",
    label: "nav.language",
    text: text(),
    on: { click: () => setLanguage(language() === "zh" ? "en" : "zh") },
  });
  onLanguage(() => (button.textContent = text()));
  return button;
}

function userButton() {
  const name = el("span", { class: "user-name" });
  const menu = () => el("div", { class: "menu" },
    el("a", { class: "item button", href: "/check" }, icon("check"), el("span", { say: "check.link" })),
    el("button", { type: "button", class: "item", on: { click: leave } }, icon("exit"), el("span", { say: "nav.sign_out" })));
  const button = el("button", {
    type: "button",
    class: "quiet user",
    label: "nav.account",
    "aria-haspopup": "true",
    on: { click: () => openPopover(button, menu(), { name: "nav.account" }) },
  }, icon("person"), name);
  get("/session").then((session) => {
    saysPlainly(name, session.user);
    document.body.dataset.role = session.role;
  }, () => {});
  return button;
}

/** How many alarms are on, and the way to them; hidden from who may not see the system. */
function alarmBell(feed) {
  const count = el("b", { "aria-hidden": "true" });
  const node = el("a", { class: "icon-button button bell", href: "/health", hidden: true }, icon("alert"), count);
  const look = async () => {
    try {
      const on = await get("/alarms?active=true", { guest: true });
      node.hidden = on.length === 0;
      count.textContent = String(on.length);
      label(node, "nav.alarms", { count: on.length });
    } catch {
      node.hidden = true;
    }
  };
  feed.handle({ alarm: look });
  feed.addEventListener("state", (event) => event.detail === "open" && look());
  return node;
}

async function leave() {
  closePopover();
  await remove("/session").catch(() => {});
  location.assign("/login");
}

/** Shows the state of a Feed as a dot and a word. */
function connection(feed) {
  const words = el("span", { class: "connection-words" });
  const node = el("span", { class: "connection", role: "status" }, el("i", { class: "dot" }), words);
  const show = (state) => {
    node.dataset.state = state;
    say(words, `connection.${state}`);
    node.title = t(`connection.${state}`);
  };
  feed.addEventListener("state", (event) => show(event.detail));
  show(feed.state);
  return node;
}

const link = (item, page, kind) =>
  el("a", { href: item.href, class: kind, "aria-current": item.id === page ? "page" : null }, icon(item.icon), el("span", { say: item.words }));

/** The pages of who looks after the system. */
function manageButton(page) {
  const mine = () => ADMINISTRATION.filter((one) => one.for.includes(document.body.dataset.role ?? "viewer"));
  const menu = () => el("div", { class: "menu" }, mine().map((one) => link(one, page, "item button")));
  const button = el("button", {
    type: "button",
    id: "manage",
    class: "page-link",
    "aria-haspopup": "true",
    "aria-expanded": "false",
    "aria-current": ADMINISTRATION.some((one) => one.id === page) ? "true" : null,
    on: { click: () => openPopover(button, menu(), { name: "nav.manage" }) },
  }, icon("sliders"), el("span", { say: "nav.manage" }));
  return button;
}

const links = (page) =>
  el("nav", { class: "pages", "aria-label": "MCU" }, PAGES.map((item) => link(item, page, "page-link")), manageButton(page));

/** Fills the header; `middle` is the page's own part of it (the conference picker). */
export function mountBar(header, { page, feed = null, middle = null, guest = false }) {
  header.append(
    el("a", { class: "brand", href: "/", label: "nav.home" }, el("img", { src: "/static/favicon.svg", alt: "", width: 26, height: 26 }), el("b", { text: "MCU" })),
    el("div", { class: "bar-middle" }, middle),
    ...(guest ? [] : [links(page)]),
    el("div", { class: "bar-end" },
      feed && !guest ? alarmBell(feed) : null, feed && connection(feed), languageButton(), themeButton(), guest ? null : userButton()));
  ready();
}

/** Translates the page and lets it be seen. */
export function ready() {
  translate();
  document.documentElement.dataset.ready = "";
}

/** The corner switches alone, for pages without the bar. */
export const switches = () => el("div", { class: "bar-end" }, languageButton(), themeButton());
