// What stands with an answer: cards, sources, choices, a judgement.

import { el, foreign, icon, iconButton, safe } from "./dom.js";

const SAID = { zh: { yes: "好的", no: "不用了" }, en: { yes: "Yes, please", no: "No, thanks" } };
const REASONS = { wrong: "It is wrong", incomplete: "Something is missing", unclear: "I do not understand it", impolite: "The tone", other: "Something else" };

/** An order or a product: picture, title, price, state; it leads to its page where there is one. */
export function card(shown, words) {
  const { t, lang } = words;
  const href = safe(shown.url);
  const label = shown.kind === "order" ? t("Order {number}", { number: shown.id }) : "";
  return el(
    href ? "a" : "div",
    { className: "card", ...(href ? { href } : {}) },
    el("span", { className: "picture" }, icon(shown.kind), picture(shown.image)),
    el(
      "span",
      { className: "facts" },
      foreign(shown.title, "card-title"),
      label ? foreign(label, "card-number") : null,
      el(
        "span",
        { className: "card-line" },
        shown.amount === null ? null : foreign(money(shown.amount, shown.currency, lang), "price"),
        shown.state ? foreign(shown.state, "state") : null,
      ),
    ),
  );
}

function picture(url) {
  const src = safe(url);
  if (!src) return null;
  const made = el("img", { src, alt: "", loading: "lazy", width: 56, height: 56, referrerPolicy: "no-referrer" });
  made.addEventListener("error", () => made.remove()); // the icon below it stays
  return made;
}

export function money(amount, currency, lang) {
  const whole = Number.isInteger(Number(amount));
  try {
    const digits = whole ? { minimumFractionDigits: 0 } : {};
    return new Intl.NumberFormat(lang, { style: "currency", currency, ...digits }).format(amount);
  } catch {
    return `${amount} ${currency}`; // a currency that the browser does not know
  }
}

/** The pages that an answer draws on; each opens with the words that bear it out. */
export function sources(citations, { t }) {
  const pages = new Map();
  for (const { document, title, quote, url } of citations) {
    const page = pages.get(document) ?? { title, url, quotes: new Set() };
    pages.set(document, { ...page, quotes: page.quotes.add(quote) });
  }
  if (!pages.size) return null;
  return el("div", { className: "sources", role: "group", "aria-label": t("Sources") }, ...[...pages.values()].map((page) => source(page, t)));
}

function source({ title, quotes, url }, t) {
  const href = safe(url);
  return el(
    "details",
    { className: "source", ontoggle: (event) => event.target.scrollIntoView({ block: "nearest" }) },
    el("summary", {}, icon("page"), foreign(title, "source-title"), icon("down")),
    ...[...quotes].map((quote) => el("blockquote", { dir: "auto", textContent: quote })),
    href ? el("a", { href, textContent: t("Open the page") }) : null,
  );
}

/** What may be answered with one press: a consent, an offer, the options of a question. */
export function choices(reply, onsay) {
  const words = SAID[reply.language] ?? SAID.en;
  const said = reply.options.map(({ label }) => label);
  if (!said.length && ["consent", "offer"].includes(reply.asked)) said.push(words.yes, words.no);
  if (!said.length) return null;
  const made = said.map((text, n) =>
    el("button", { type: "button", className: n === 0 && reply.asked !== "choice" ? "choice first" : "choice", onclick: () => onsay(text) }, foreign(text)),
  );
  return el("div", { className: "choices" }, ...made);
}

/** Two thumbs; the lower one asks for the reason. `send` gets what the view of feedback takes, without the turn. */
export function judgement({ t }, send) {
  const told = el("span", { className: "thanks", role: "status" });
  const up = iconButton("up", t("Helpful"), () => judge("up"), { "aria-pressed": "false" });
  const down = iconButton("up", t("Not helpful"), () => judge("down"), { "aria-pressed": "false" });
  down.classList.add("thumb-down");
  const made = el("div", { className: "judgement" }, up, down, told);

  async function judge(rating, more = {}) {
    up.setAttribute("aria-pressed", String(rating === "up"));
    down.setAttribute("aria-pressed", String(rating === "down"));
    made.querySelector("form")?.remove();
    if (rating === "down" && !("reason" in more)) made.append(reasons());
    told.textContent = (await send({ rating, ...more })) ? t("Thank you") : t("That was not kept. Please try again.");
  }

  function reasons() {
    const comment = el("textarea", { rows: 2, maxLength: 1000, dir: "auto", placeholder: t("What would have helped?"), "aria-label": t("What would have helped?") });
    const name = `reason-${Math.random().toString(36).slice(2)}`;
    const rows = Object.entries(REASONS).map(([value, text]) => el("label", { className: "reason" }, el("input", { type: "radio", name, value }), el("span", { textContent: t(text) })));
    const form = el(
      "form",
      { className: "reasons" },
      el("fieldset", {}, el("legend", { textContent: t("What was not right?") }), el("div", { className: "reason-list" }, ...rows)),
      comment,
      el("button", { type: "submit", className: "choice first", textContent: t("Send") }),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const reason = new FormData(form).get(name) ?? "";
      judge("down", { reason, comment: comment.value });
    });
    return form;
  }
  return made;
}
