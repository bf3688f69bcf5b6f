// <shop-assistant>: the window on the assistant. It speaks to the views below `base` and to nothing else.

import { Api, Lost } from "./api.js";
import { el, foreign, icon, iconButton } from "./dom.js";
import { Log } from "./log.js";
import { Memory } from "./memory.js";
import { Talk } from "./talk.js";

const NARROW = "(max-width: 480px)";
const SPOKEN = 20; // texts that are kept for screen readers

class ShopAssistant extends HTMLElement {
  #built = false;
  #started = false;
  #countdown = null;
  #later = null;

  connectedCallback() {
    if (this.#built) {
      this.#watch();
      return;
    }
    this.#built = true;
    this.config = { texts: {}, items: [], csrf: {}, lang: "en", dir: "ltr", limit: 4000, title: "", greeting: "", ...JSON.parse(this.getAttribute("config") || "{}") };
    const t = (key, values = {}) => (this.config.texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    this.words = { t, lang: this.config.lang };
    this.items = this.config.items;
    const base = new URL(this.getAttribute("base"), document.baseURI).pathname;
    this.memory = new Memory(base);
    this.api = new Api(base, this.config.csrf);
    this.#build(t);
    this.talk = new Talk(this.api, this.memory, this);
    document.addEventListener("visibilitychange", () => this.#watch());
    window.addEventListener("online", () => this.#started && this.talk.flush());
    window.addEventListener("pagehide", () => (this.memory.draft = this.field.value));
    if (this.memory.open && !matchMedia(NARROW).matches) this.open({ focus: false });
  }

  disconnectedCallback() {
    this.talk?.watch(false);
  }

  // For the page

  get isOpen() {
    return this.window.open;
  }

  /** Open the window; `focus` moves the keyboard there. */
  open({ focus = true } = {}) {
    if (this.isOpen) return;
    if (matchMedia(NARROW).matches) this.window.showModal();
    else this.window.setAttribute("open", ""); // show() would take the keyboard from the page
    this.launcher.hidden = true;
    this.launcher.classList.remove("unread");
    this.memory.open = true;
    if (focus) this.field.focus();
    this.#start();
    this.#watch();
    this.#emit("open");
  }

  /** Close it; an answer that is being written goes on. */
  close() {
    if (!this.isOpen) return;
    this.window.close();
    this.memory.open = false;
    this.launcher.hidden = false;
    this.launcher.focus();
    this.#watch();
    this.#emit("close");
  }

  /** Open the window and send a message. `items` are cards: {order}, {product}. */
  async ask(text, items = []) {
    this.open();
    await this.#start();
    this.#say(text, items);
  }

  // What the conversation tells

  cleared() {
    this.log.clear();
    this.#busy(false);
    this.#welcome();
  }

  sent(message) {
    this.log.sent(message);
    this.#welcome();
    this.spoken.replaceChildren();
  }

  sending(message) {
    this.log.sending(message);
    this.#busy(true);
  }

  started(message, turn) { this.log.started(message, turn); }
  stage(name) { this.log.stage(name); }

  sentence(message, turn, text) {
    if (this.log.sentence(message, turn, text)) this.spoken.append(el("p", { textContent: text }));
  }

  finished(reply) {
    if (!this.spoken.hasChildNodes() && reply.text) this.spoken.append(el("p", { textContent: reply.text }));
    this.log.finished(reply);
    this.#welcome();
    if (!this.isOpen && reply.text) this.launcher.classList.add("unread");
    this.#emit("reply", { reply });
  }

  broken() { this.log.broken(); }

  idle() {
    this.log.idle();
    this.#busy(false);
  }

  async arrived(messages) {
    const persons = messages.filter(({ role }) => role === "person");
    await this.log.arrived(messages);
    this.#welcome();
    if (this.#started) this.spoken.append(...persons.map(({ text }) => el("p", { textContent: text })));
    while (this.spoken.children.length > SPOKEN) this.spoken.firstChild.remove();
  }

  changed(state, before = state.mode) {
    const { t } = this.words;
    const told = { bot: this.config.subtitle || t("Virtual assistant"), waiting: t("A colleague will be with you"), person: t("A colleague is here") };
    this.subtitle.textContent = told[state.mode];
    this.window.dataset.mode = state.mode;
    const number = state.handoff?.id;
    this.handed.hidden = state.mode === "bot";
    const sentence = state.mode === "person" ? "You are talking to a colleague of ours." : "A colleague has been asked. You can go on writing; nothing is lost.";
    this.handed.replaceChildren(el("span", { textContent: t(sentence) }), ...(number ? [foreign(t("Number: {number}", { number }), "number")] : []));
    if (state.mode === "person") this.log.withoutChoices(); // the assistant is silent now
    if (state.mode !== before) this.#emit("mode", { mode: state.mode });
  }

  /** Something was not delivered and is sent again after a pause. */
  waiting(error, seconds) {
    const { t } = this.words;
    const said = error instanceof Lost ? t(navigator.onLine ? "The connection was lost." : "You are offline.") : error.title || t("The assistant cannot be reached.");
    this.#notice(said, { seconds: Math.ceil(seconds), act: [t("Try now"), () => this.talk.flush()] });
    this.#emit("error", { code: error.code ?? "lost" });
  }

  well() {
    this.#notice(null);
  }

  /** A message that will not be sent again by itself. */
  rejected(message, error) {
    const { t } = this.words;
    if (error.code === "login") this.#login();
    if (error.code === "stale") this.#notice(t("This page is too old to send anything."), { act: [t("Load it anew"), () => location.reload()] });
    this.log.rejected(message, error.title || t("It was not sent."));
    this.#emit("error", { code: error.code });
  }

  /** A message of which nobody knows why it has no answer: its tab was closed, say. */
  unanswered(message) {
    this.log.rejected(message, this.words.t("This was not answered."), { edit: false });
  }

  /** An answer was `ended` before its first words; messages that did not come to the server may be sent after all. */
  stopped(messages, ended) {
    const said = this.words.t("The answer was ended here.");
    if (ended) messages.slice(-1).forEach((message) => this.log.rejected(message, said, { again: false, edit: false }));
    else messages.filter((message) => !this.log.isStored(message)).forEach((message) => this.log.rejected(message, said));
  }

  /** A look for what is new failed: nothing of the customer's is at stake. */
  refused(error) {
    if (error.code === "login") this.#login();
    else if (error.code !== "not_found") this.waiting(error, error.retryAfter ?? 5);
    clearTimeout(this.#later);
    if (error.code !== "login") this.#later = setTimeout(() => this.#retry(), 1000 * (error.retryAfter ?? 5));
  }

  gone(unsent) {
    const { t } = this.words;
    if (unsent) this.#draft(unsent);
    this.idle();
    this.#notice(t("This conversation is not open to you any more. You may have been logged out."), this.config.login ? { link: [t("Log in"), this.config.login] } : {});
    this.#emit("gone");
  }

  // Acts

  async #start() {
    this.#started ||= this.talk.start().then(() => this.#context()).catch((error) => {
      this.#started = null;
      this.refused(error);
    });
    return this.#started;
  }

  async #retry() {
    if (!this.isOpen || this.talk.writing) return;
    await this.#start();
    if (!this.#started) return;
    await this.talk.sync().then(() => this.talk.writing || this.well(), (error) => this.refused(error));
  }

  #say(text, items) {
    const said = text.trim();
    if (!said && !items?.length) return;
    const { limit } = this.config;
    if ([...said].length > limit) {
      this.#notice(this.words.t("The message is too long: {limit} characters are the most.", { limit }));
      return;
    }
    this.well();
    this.panel(null);
    const there = this.log.isDetached ? this.#act(() => this.talk.latest()) : Promise.resolve();
    there.then(() => this.talk.send(said, items ?? []));
    this.#emit("message", { text: said });
  }

  #submit() {
    const text = this.field.value;
    if (!text.trim()) return;
    const { limit } = this.config;
    const items = this.context.hidden ? [] : this.items;
    this.#say(text, items);
    if ([...text.trim()].length > limit) return;
    this.context.hidden = true;
    this.items = [];
    this.#draft("");
    this.field.focus();
  }

  async #stop() {
    try {
      await this.talk.stop();
    } catch (error) {
      this.refused(error);
    }
  }

  async #judge(body) {
    try {
      await this.api.judge(this.talk.id, body);
      this.#emit("feedback", body);
      return true;
    } catch (error) {
      console.debug("shopassist: the judgement was not kept:", error.message);
      return false;
    }
  }

  async #act(deed) {
    try {
      await deed();
      this.panel(null);
    } catch (error) {
      if (error.code === "not_found") this.talk.gone();
      else this.refused(error);
    }
  }

  /** What the page shows (the tag's arguments), told with the next message unless it is taken away. */
  async #context() {
    if (!this.items.length) return;
    const { t } = this.words;
    const found = await this.api.cards(this.items).catch(() => []); // it can be told without its title
    const names = found.map(({ title }) => title).join(", ") || t("what this page shows");
    this.context.replaceChildren(
      el("span", { className: "about" }, `${t("About")} `, foreign(names)),
      iconButton("close", t("Do not mention it"), () => {
        this.context.hidden = true;
        this.items = [];
        this.field.focus();
      }),
    );
    this.context.hidden = false;
  }

  #watch() {
    this.talk.watch(this.isOpen && !document.hidden && Boolean(this.#started));
  }

  // Parts

  #build(t) {
    const root = this.attachShadow({ mode: "open" });
    const { config } = this;
    this.launcher = el("button", { type: "button", className: "launcher", "aria-label": t("Open the assistant"), onclick: () => this.open() }, icon("chat"), el("span", { className: "launcher-text", textContent: t("Ask us") }));
    this.log = new Log(this.words, {
      before: (seq) => this.talk.before(seq),
      after: (seq) => this.talk.after(seq),
      last: () => this.talk.last,
      latest: () => this.#act(() => this.talk.latest()),
      cards: (items) => this.api.cards(items),
      say: (text) => { this.#say(text, []); this.field.focus(); },
      judge: (body) => this.#judge(body),
      retry: (message) => this.talk.retry(message),
      edit: (message) => { this.talk.forget(message); this.#draft(message.text); this.field.focus(); },
      refused: (error) => this.refused(error),
    });
    this.spoken = el("div", { className: "hidden", role: "status", "aria-live": "polite", "aria-atomic": "false" });
    this.title_ = el("h2", { id: "title" }, foreign(config.title || t("Customer service")));
    this.subtitle = el("p", { className: "subtitle", role: "status", textContent: config.subtitle || t("Virtual assistant") });
    this.menuButton = iconButton("menu", t("More"), () => this.#menu(this.menu.hidden), { "aria-expanded": "false", "aria-controls": "menu" });
    const entry = (name, text, deed) => el("button", { type: "button", onclick: () => { this.#menu(false); deed(); } }, icon(name), el("span", { textContent: text }));
    this.menu = el(
      "div",
      { id: "menu", className: "menu", hidden: true },
      entry("plus", t("New conversation"), () => { this.talk.fresh(); this.field.focus(); }),
      entry("list", t("Earlier conversations"), () => this.#earlier()),
      entry("bin", t("Delete this conversation"), () => this.#confirm()),
    );
    const head = el("header", {}, el("div", { className: "names" }, this.title_, this.subtitle), this.menuButton, iconButton("close", t("Close"), () => this.close()), this.menu);
    this.handed = el("p", { className: "handed", hidden: true, role: "status" });
    this.panel_ = el("section", { className: "panel", hidden: true });
    this.notice = el("div", { className: "notice", hidden: true });
    this.context = el("div", { className: "context", hidden: true });
    this.field = el("textarea", { rows: 1, dir: "auto", placeholder: t("Write a message…"), "aria-label": t("Your message"), enterKeyHint: "send", oninput: () => this.#typed(), onkeydown: (event) => this.#key(event) });
    this.sendButton = iconButton("send", t("Send"), () => this.#submit(), { className: "icon-button send" });
    this.stopButton = iconButton("stop", t("Stop the answer"), () => this.#stop(), { className: "icon-button stop", hidden: true });
    const composer = el("div", { className: "composer" }, this.field, this.stopButton, this.sendButton);
    const small = el("p", { className: "small" }, foreign(config.note || t("Answers are written by an assistant; please check what matters.")));
    this.window = el(
      "dialog",
      { className: "window", "aria-labelledby": "title", onkeydown: (event) => this.#escape(event), oncancel: (event) => event.preventDefault() },
      head, this.handed,
      el("div", { className: "middle" }, this.log.element, this.log.down, this.panel_),
      this.notice, el("footer", {}, this.context, composer, small), this.spoken,
    );
    const sheet = el("link", { rel: "stylesheet", href: config.stylesheet ?? new URL("widget.css", import.meta.url).href, nonce: this.nonce });
    const whole = el("div", { className: "whole", lang: config.lang, dir: config.dir, hidden: true }, this.launcher, this.window);
    sheet.onload = sheet.onerror = () => (whole.hidden = false); // nothing is seen before its style
    root.append(sheet, whole);
    this.#draft(this.memory.draft);
  }

  #welcome() {
    const { t } = this.words;
    const empty = this.log.isEmpty;
    this.log.welcome.hidden = !empty;
    if (!empty || this.log.welcome.hasChildNodes()) return;
    const { greeting, suggestions = [] } = this.config;
    this.log.welcome.replaceChildren(
      el("div", { className: "mark" }, icon("chat")),
      el("p", { className: "greeting", dir: "auto", textContent: greeting || t("Hello! What can I do for you?") }),
      el("div", { className: "choices" }, ...suggestions.map((text) => el("button", { type: "button", className: "choice", onclick: () => { this.#say(text, this.context.hidden ? [] : this.items); this.field.focus(); } }, foreign(text)))),
    );
  }

  #busy(writing) {
    this.stopButton.hidden = !writing;
    this.window.toggleAttribute("data-writing", writing);
  }

  #menu(shown) {
    this.menu.hidden = !shown;
    this.menuButton.setAttribute("aria-expanded", String(shown));
    for (const entry of [...this.menu.children].slice(2)) entry.disabled = !this.talk.id;
    if (shown) this.menu.querySelector("button").focus();
  }

  /** Show something in place of the messages; null: the messages. */
  panel(content, label = "") {
    const was = !this.panel_.hidden;
    this.panel_.hidden = content === null;
    this.log.element.inert = content !== null;
    this.panel_.setAttribute("aria-label", label);
    this.panel_.replaceChildren(...(content ?? []));
    if (content) this.panel_.querySelector("button")?.focus();
    else if (was) this.field.focus();
  }

  async #earlier() {
    const { t, lang } = this.words;
    let found;
    try {
      found = (await this.api.list()).filter(({ seq }) => seq > 0);
    } catch (error) {
      this.refused(error);
      return;
    }
    const day = new Intl.DateTimeFormat(lang, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
    const entry = (one) =>
      el(
        "button",
        { type: "button", className: "earlier", ...(one.id === this.talk.id ? { "aria-current": "true" } : {}), onclick: () => this.#act(() => this.talk.show(one)) },
        foreign(one.title || t("Conversation"), "earlier-title"),
        el("span", { className: "earlier-when", textContent: day.format(new Date(one.touched)) }),
      );
    const list = found.length ? el("ul", {}, ...found.map((one) => el("li", {}, entry(one)))) : el("p", { className: "empty", textContent: t("There are none yet.") });
    const back = iconButton("back", t("Back"), () => this.panel(null));
    this.panel([el("div", { className: "panel-head" }, back, el("h3", { textContent: t("Earlier conversations") })), list], t("Earlier conversations"));
  }

  #confirm() {
    const { t } = this.words;
    const keep = el("button", { type: "button", className: "choice", textContent: t("Keep it"), onclick: () => this.panel(null) });
    const erase = el("button", { type: "button", className: "choice danger", textContent: t("Delete"), onclick: () => this.#act(() => this.talk.erase()) });
    this.panel([el("div", { className: "confirm" }, el("h3", { textContent: t("Delete this conversation?") }), el("p", { textContent: t("Its messages are erased and cannot be brought back.") }), el("div", { className: "choices" }, keep, erase))], t("Delete this conversation?"));
  }

  #notice(text, { seconds = null, act = null, link = null } = {}) {
    clearInterval(this.#countdown);
    this.notice.hidden = text === null;
    if (text === null) return;
    const rest = el("span", { className: "rest", "aria-hidden": "true" });
    const parts = [el("span", { role: "alert", textContent: text }), rest];
    if (act) parts.push(el("button", { type: "button", className: "link", textContent: act[0], onclick: act[1] }));
    if (link) parts.push(el("a", { className: "link", textContent: link[0], href: link[1] }));
    this.notice.replaceChildren(...parts);
    if (seconds === null) return;
    let left = seconds;
    const tell = () => (rest.textContent = left > 0 ? this.words.t("Again in {seconds} s", { seconds: left }) : this.words.t("Trying…"));
    tell();
    this.#countdown = setInterval(() => {
      left -= 1;
      tell();
      if (left <= 0) clearInterval(this.#countdown);
    }, 1000);
  }

  #login() {
    const { t } = this.words;
    this.#notice(t("Please log in first."), this.config.login ? { link: [t("Log in"), this.config.login] } : {});
  }

  // Keys

  #key(event) {
    // 229: an input method is composing, and Enter takes its word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit();
  }

  #escape(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    if (!this.menu.hidden) {
      this.#menu(false);
      this.menuButton.focus();
    } else if (!this.panel_.hidden) this.panel(null);
    else this.close();
  }

  #draft(text) {
    this.field.value = text;
    this.#typed();
  }

  #typed() {
    this.sendButton.disabled = !this.field.value.trim();
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 132)}px`;
  }

  #emit(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(`shopassist:${name}`, { detail, bubbles: true, composed: true }));
  }
}

customElements.define("shop-assistant", ShopAssistant);
