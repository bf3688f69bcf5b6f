// Elements, made without a word of HTML: whatever customers, models and shops write stays text.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  chat: "M4 5.5A2.5 2.5 0 0 1 6.5 3h11A2.5 2.5 0 0 1 20 5.5v8a2.5 2.5 0 0 1-2.5 2.5H11l-4.6 3.7A.85.85 0 0 1 5 19v-3.1A2.5 2.5 0 0 1 4 13.5zM8.5 8.5h7M8.5 11.5h4.5",
  close: "M6 6l12 12M18 6L6 18",
  menu: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M8 8h8v8H8z",
  back: "M15 5l-7 7 7 7",
  down: "M6 10l6 6 6-6",
  up: "M7 10.5V20H4.5v-9.500zM7 11l4-7.500c1.500 0 2.500 1 2.500 2.500V9.500h4.700a2 2 0 0 1 2 2.400l-1.300 6.500a2 2 0 0 1-2 1.600H7",
  page: "M7 3.500h7l4 4V19a1.500 1.500 0 0 1-1.500 1.500h-9.500A1.500 1.500 0 0 1 5.500 19V5A1.500 1.500 0 0 1 7 3.500zM9 11h6M9 14.500h6",
  order: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  product: "M5 9h14l-1 11H6zM9 9V7a3 3 0 0 1 6 0v2",
  plus: "M12 5v14M5 12h14",
  list: "M5 7h14M5 12h14M5 17h9",
  bin: "M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13",
};

/** An element. Properties are set as such, `on…` are listeners, what has a dash is an attribute; children are nodes or texts. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function icon(name) {
  const made = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  made.setAttribute("viewBox", "0 0 24 24");
  made.setAttribute("aria-hidden", "true");
  made.classList.add("icon", `icon-${name}`);
  path.setAttribute("d", ICONS[name]);
  made.append(path);
  return made;
}

/** A button with an icon alone; its label is for those who do not see it. */
export function iconButton(name, label, onclick, more = {}) {
  return el("button", { type: "button", className: "icon-button", title: label, "aria-label": label, onclick, ...more }, icon(name));
}

/** An address that a page may lead to or show; null for any other (javascript:, data:, …). */
export function safe(url) {
  if (!url) return null;
  try {
    const { protocol, href } = new URL(url, document.baseURI);
    return protocol === "https:" || protocol === "http:" ? href : null;
  } catch {
    return null;
  }
}

/** A text of somebody else's: its direction is its own, and ends with it. */
export const foreign = (text, className = "") => el("bdi", { className, textContent: text });
