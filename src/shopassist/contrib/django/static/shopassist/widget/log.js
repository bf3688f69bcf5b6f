// The messages as they are seen. Keeps a window of rows: those far away are released, and fetched again when scrolled to.

import { el } from "./dom.js";
import { card, choices, judgement, sources } from "./parts.js";

const MOST = 120; // rows that are kept in the page
const NEAR = 48; // pixels from the end within which new rows are followed
const GAP = 10 * 60_000; // milliseconds of silence after which the time is shown
const PATIENCE = 800; // milliseconds that an answer's cards may take
const FRESH = 20_000; // milliseconds for which a card is not asked for again
const ITEMS = 10; // cards that are asked for at once

export class Log {
  #live = null; // the row that an answer is being written into: {row, text, turn, owner, stale}
  #pinned = true;
  #loading = false;
  #detached = false;
  #cards = new Map(); // "order:1" → {at, shown}
  #before = 0; // when the row before was written

  /** `words` are {t, lang}; `door` has `before`, `after`, `last`, `cards`, `say`, `judge`, `retry`, `edit`. */
  constructor(words, door) {
    Object.assign(this, { words, door });
    const { t } = words;
    this.list = el("div", { className: "rows" });
    this.welcome = el("div", { className: "welcome" });
    this.element = el("div", { className: "log", role: "log", tabIndex: 0, "aria-label": t("Conversation"), "aria-live": "off" }, this.welcome, this.list);
    this.down = el("button", { type: "button", className: "to-end", hidden: true, onclick: () => this.toEnd() }, el("span", { textContent: t("Latest messages") }));
    this.element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#stick()).observe(this.element);
  }

  get rows() {
    return [...this.list.children];
  }

  /** Whether the newest messages were released, because one reads far above. */
  get isDetached() {
    return this.#detached;
  }

  get isEmpty() {
    return !this.list.children.length;
  }

  clear() {
    this.list.replaceChildren();
    this.#live = null;
    this.#pinned = true;
    this.#detached = false;
    this.#before = 0;
    this.down.hidden = true;
  }

  // The customer's messages

  sent(message) {
    const known = this.rows.find((row) => row.key === message.id);
    if (known) return known;
    const row = this.#row("customer", message.text, { key: message.id });
    this.list.append(row);
    this.withoutChoices();
    this.#items(row, message.items);
    this.#pinned = true;
    this.#stick();
    return row;
  }

  /** Whether the server is known to have a message of the customer's. */
  isStored(message) {
    return this.rows.some(({ key, seq }) => key === message.id && seq !== undefined);
  }

  rejected(message, reason, { again = true, edit = true } = {}) {
    const { t } = this.words;
    const row = this.rows.find(({ key }) => key === message.id) ?? this.sent(message);
    const act = (text, deed) => el("button", { type: "button", className: "link", textContent: t(text), onclick: () => { row.note.replaceChildren(); deed(message); } });
    const acts = [];
    if (again) acts.push(act("Send again", this.door.retry));
    if (edit) acts.push(act("Edit", (m) => { row.remove(); this.door.edit(m); }));
    row.note.replaceChildren(el("span", { textContent: reason }), ...acts);
    this.#stick();
  }

  // An answer that is being written

  sending(message) {
    const row = this.rows.find(({ key }) => key === message.id);
    row?.note.replaceChildren();
    if (this.#live && (this.#live.stale || !this.#live.text.hasChildNodes())) return;
    const partial = this.rows.find(({ partialOf }) => partialOf === message.id) ?? null;
    this.#begin(partial);
    this.stage("sent");
  }

  started(message, turn) {
    const known = this.rows.find((row) => row.turn === turn && row.role_ === "assistant");
    if (known && !known.unfinished) return;
    if (!this.#live || (this.#live.turn !== null && this.#live.turn !== turn)) this.#begin();
    if (this.#live.turn === null || this.#live.stale) Object.assign(this.#live, { turn, owner: message.id });
    this.#live.row.turn = turn;
  }

  stage(name) {
    const { t } = this.words;
    const told = { sent: "Reading your message…", plan: "Looking for the answer…", looking: "Looking it up in the shop…", changing: "Doing it now…", retrieve: "Writing the answer…" };
    if (told[name] && this.#live) this.#live.row.stage.textContent = t(told[name]);
  }

  /** Whether the sentence was shown: not where another request writes the same answer. */
  sentence(message, turn, text) {
    if (this.#live?.turn !== turn) this.started(message, turn);
    const live = this.#live;
    if (live?.turn !== turn || live.owner !== message.id) return false;
    if (live.stale) live.text.replaceChildren();
    live.stale = false;
    live.row.classList.remove("stale");
    live.row.classList.add("begun");
    live.text.append(el("span", { textContent: text }));
    this.#stick();
    return true;
  }

  /** The stream broke: what is shown stays until the answer comes anew. */
  broken() {
    if (!this.#live) return;
    this.#live.stale = true;
    this.#live.row.classList.add("stale");
  }

  idle() {
    const live = this.#live;
    this.#live = null;
    if (live && !live.text.hasChildNodes()) live.row.remove();
    else if (live) live.row.classList.add("begun");
  }

  async finished(reply) {
    let row = this.rows.find((r) => r.turn === reply.turn && r.role_ === "assistant");
    if (row && !row.unfinished) return;
    if (!row && this.#live && this.#live.turn === null) row = this.#live.row;
    if (this.#live?.row === row) this.#live = null;
    if (!reply.text) {
      row?.remove();
      return;
    }
    if (!row) this.list.append((row = this.#row("assistant", "")));
    row.turn = reply.turn;
    row.unfinished = false;
    row.classList.remove("live", "stale");
    if (row.body.textContent !== reply.text) row.body.textContent = reply.text;
    this.withoutChoices(row);
    await this.#dress(row, reply, true);
    this.#stick();
  }

  /** A row for an answer; or else the one that shows what was seen of it before it broke off. */
  #begin(partial = null) {
    const row = partial ?? this.#row("assistant", "");
    row.classList.add("live");
    Object.assign(row, { unfinished: true, partialOf: null });
    row.stage = el("span", { className: "stage-text" });
    row.bubble.prepend(el("span", { className: "stage" }, row.stage, el("span", { className: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"))));
    if (!partial) this.list.append(row);
    this.#live = { row, text: row.body, turn: null, owner: null, stale: partial !== null };
    this.#stick();
  }

  // Messages with their numbers

  async arrived(messages) {
    const fresh = this.#detached ? messages.filter((m) => this.#known(m)) : messages;
    if (fresh.length < messages.length) this.down.hidden = false;
    await this.#cardsOf(fresh.filter((m) => !this.#known(m)));
    const latest = fresh.filter((m) => m.role === "assistant" && m.reply).at(-1);
    for (const message of fresh) {
      const row = this.#known(message);
      if (message.turn !== null) this.rows.find(({ partialOf }) => partialOf && partialOf === message.id)?.remove();
      if (row) this.#number(row, message.seq);
      else this.#insert(message, message === latest);
      this.#before = Date.parse(message.created);
    }
    if (fresh.length) this.#release();
    this.#stick();
  }

  toEnd() {
    this.#pinned = true;
    if (this.#detached) this.door.latest();
    this.#stick();
  }

  #known(message) {
    return this.rows.find(
      (row) => row.seq === message.seq || (message.role === "customer" && message.id && row.key === message.id) || (message.role === "assistant" && row.role_ === "assistant" && row.turn === message.turn),
    );
  }

  #insert(message, isLatest, at = null) {
    const row = this.#row(message.role, message.text, { key: message.id, turn: message.turn, seq: message.seq });
    const when = Date.parse(message.created);
    if (at === null && when - this.#before > GAP) row.prepend(el("p", { className: "when", textContent: this.#time(when) }));
    this.list.insertBefore(row, at);
    if (at === null) this.#number(row, message.seq);
    if (message.partial && message.turn === null) {
      const partial = Object.assign(this.#row("assistant", message.partial), { partialOf: message.id });
      partial.classList.add("live", "begun", "stale");
      row.after(partial);
    }
    if (message.role === "customer") this.withoutChoices();
    if (message.items.length) this.#items(row, message.items);
    if (message.reply) this.#dress(row, message.reply, isLatest);
    return row;
  }

  /** Put a row where its number belongs, unless it stands there. */
  #number(row, seq) {
    row.seq = seq;
    const next = this.rows.find((other) => other !== row && (other.seq === undefined || other.seq > seq));
    const follows = next ?? null;
    if (row.nextElementSibling !== follows) this.list.insertBefore(row, follows);
  }

  // Looking back

  async #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    this.#pinned = scrollHeight - scrollTop - clientHeight < NEAR;
    this.down.hidden = this.#pinned && !this.#detached;
    if (this.#loading) return;
    const numbered = this.rows.filter(({ seq }) => seq);
    if (scrollTop < clientHeight / 2 && numbered[0]?.seq > 1) await this.#load(() => this.#earlier(numbered[0]));
    else if (this.#pinned && this.#detached) await this.#load(() => this.#later(numbered.at(-1)));
  }

  async #load(fetch) {
    this.#loading = true;
    try {
      await fetch();
    } catch (error) {
      this.door.refused(error);
    } finally {
      this.#loading = false;
    }
  }

  async #earlier(first) {
    const messages = await this.door.before(first.seq);
    await this.#cardsOf(messages);
    if (!first.isConnected) return;
    const below = this.element.scrollHeight - this.element.scrollTop;
    for (const message of messages) this.#insert(message, false, first);
    this.element.scrollTop = this.element.scrollHeight - below;
    const numbered = this.rows.filter(({ seq }) => seq);
    for (const row of numbered.slice(MOST)) {
      row.remove();
      this.#detached = true;
    }
  }

  async #later(last) {
    const messages = await this.door.after(last.seq);
    await this.#cardsOf(messages);
    if (!last.isConnected) return;
    const newest = messages.filter((m) => m.reply).at(-1);
    for (const message of messages) this.#insert(message, message === newest);
    this.#detached = (messages.at(-1)?.seq ?? last.seq) < this.door.last();
    this.#release();
  }

  #release() {
    if (!this.#pinned) return;
    const numbered = this.rows.filter(({ seq }) => seq);
    const gone = numbered.slice(0, Math.max(0, numbered.length - MOST));
    if (!gone.length) return;
    const below = this.element.scrollHeight - this.element.scrollTop;
    for (const row of gone) row.remove();
    this.element.scrollTop = this.element.scrollHeight - below;
  }

  #stick() {
    if (this.#pinned) this.element.scrollTop = this.element.scrollHeight;
  }

  // Parts of a row

  #row(role, text, { key, turn, seq } = {}) {
    const { t } = this.words;
    const who = { customer: t("You"), assistant: t("Assistant"), person: t("A colleague") }[role];
    const body = el("span", { className: "body", textContent: text });
    const bubble = el("div", { className: "bubble", dir: "auto" }, body);
    const parts = el("div", { className: "parts" });
    const note = el("div", { className: "note" });
    const name = el("span", { className: role === "person" ? "who" : "who hidden", textContent: who });
    const row = el("div", { className: `row ${role}` }, name, bubble, parts, note);
    if (!text && role === "customer") bubble.hidden = true;
    return Object.assign(row, { key, turn, seq, role_: role, body, bubble, parts, note });
  }

  async #dress(row, reply, isLatest) {
    const { words, door } = this;
    const cards = await this.#shown(row, reply);
    const parts = [cards, sources(reply.citations, words)];
    const isLast = isLatest && !this.rows.some((other) => other.role_ === "customer" && other !== row && row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (isLast) parts.push(choices(reply, door.say));
    if (isLatest && reply.mode === "bot") parts.push(judgement(words, (body) => door.judge({ turn: reply.turn, ...body })));
    if (isLatest) this.rows.filter((other) => other !== row).forEach((other) => other.querySelector(".judgement")?.remove());
    row.parts.replaceChildren(...parts.filter(Boolean));
    if (reply.superseded) row.note.textContent = words.t("The answer was ended here.");
    this.#stick();
  }

  withoutChoices(except) {
    for (const found of this.list.querySelectorAll(".choices")) if (!except?.contains(found)) found.remove();
  }

  /** The cards of a message that the customer sent. */
  async #items(row, items = []) {
    const named = items.filter((item) => item.order || item.product);
    const found = await this.#fetch(named);
    if (found.length) row.parts.append(this.#group(found, named));
    this.#stick();
  }

  /** The cards of an answer; one that stands among the last rows already is not shown again, unless it was changed. */
  async #shown(row, reply) {
    const done = reply.outcomes.some(({ status }) => status === "done");
    const rows = this.rows;
    const at = rows.indexOf(row);
    const near = new Set(rows.slice(Math.max(0, at - 6), at).flatMap(namesIn));
    const asked = reply.items.filter((item) => done || !near.has(name(item))).slice(0, 3);
    const found = await this.#fetch(asked, done);
    return found.length ? this.#group(found, asked) : null;
  }

  #group(found, asked) {
    const made = el("div", { className: "cards" }, ...found.map((shown) => card(shown, this.words)));
    return Object.assign(made, { names: asked.map(name) });
  }

  async #fetch(items, anew = false) {
    const now = performance.now();
    const lacking = items.filter((item) => anew || !((this.#cards.get(name(item))?.at ?? -Infinity) > now - FRESH));
    if (lacking.length) await Promise.race([this.#ask(lacking.slice(0, ITEMS)), new Promise((done) => setTimeout(done, PATIENCE))]);
    return items.map((item) => this.#cards.get(name(item))?.shown).filter(Boolean);
  }

  async #ask(items) {
    const at = performance.now();
    let found = [];
    try {
      found = await this.door.cards(items);
    } catch (error) {
      console.debug("shopassist: no cards:", error.message); // they only adorn the answer
      return;
    }
    const shown = new Map(found.map((one) => [`${one.kind}:${one.id}`.toLowerCase(), one]));
    for (const item of items) this.#cards.set(name(item), { at, shown: shown.get(name(item)) });
    while (this.#cards.size > 60) this.#cards.delete(this.#cards.keys().next().value);
  }

  async #cardsOf(messages) {
    const all = messages.flatMap((m) => [...m.items, ...(m.reply?.items ?? [])]).filter((item) => item.order || item.product);
    const once = [...new Map(all.map((item) => [name(item), item])).values()];
    for (let at = 0; at < once.length; at += ITEMS) await this.#fetch(once.slice(at, at + ITEMS));
  }

  #time(when) {
    const date = new Date(when);
    const today = date.toDateString() === new Date().toDateString();
    const day = today ? {} : { month: "short", day: "numeric" };
    return new Intl.DateTimeFormat(this.words.lang, { hour: "2-digit", minute: "2-digit", ...day }).format(date);
  }
}

const namesIn = (row) => [...row.querySelectorAll(".cards")].flatMap((group) => group.names);
const name = (item) => Object.entries(item)[0].join(":").toLowerCase();
