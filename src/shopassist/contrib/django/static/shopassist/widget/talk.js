// One conversation: what is sent, what comes back, and what happens where either is lost. Knows nothing of pages.

import { Lost, Problem } from "./api.js";
import { newId } from "./memory.js";

const PAGE = 40; // messages that are asked for at once
const PAUSES = [1, 2, 4, 8, 15, 30]; // seconds before what was lost is sent again
const LOOKS = { first: 2000, most: 15000, person: 4000, growth: 1.4 }; // milliseconds between two looks for what others write
const REPEATED = new Set(["throttled", "overloaded", "pending", "unavailable", "busy"]);

export class Talk {
  #sending = new Map(); // message id → its AbortController
  #looking = null;
  #pause = LOOKS.first;
  #repeat = null;
  #begun = null;
  #syncing = null;

  /** `view` is told what happens: see the methods that are called on it. */
  constructor(api, memory, view) {
    Object.assign(this, { api, memory, view });
    this.outbox = memory.outbox;
    this.reset();
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel(memory.prefix) : null;
    if (this.channel) this.channel.onmessage = ({ data }) => this.#heard(data);
    this.watching = false;
  }

  reset() {
    this.id = null;
    this.state = { mode: "bot", handoff: null, busy: false, seq: 0 };
    this.last = 0; // the number of the newest message that is shown
    this.#begun = null;
  }

  get writing() {
    return this.#sending.size > 0;
  }

  // Opening

  /** Show the conversation that was last looked at, or an empty one. */
  async start() {
    const known = await this.api.list();
    const found = known.find(({ id }) => id === this.memory.current) ?? known.find(({ seq }) => seq > 0);
    if (!found || this.memory.current === "") {
      this.view.cleared();
      await this.#again();
      return;
    }
    await this.show(found);
    if (!this.#mine().length && !this.memory.resumed) await this.#resume();
  }

  /** Say what has changed since the customer was here last, once in each tab. */
  async #resume() {
    this.memory.resumed = true;
    const reply = await this.api.resume(this.id).catch(() => null); // who comes back has asked nothing yet
    if (!reply) return;
    this.view.finished(reply);
    await this.sync();
  }

  /** Show a conversation of the list. */
  async show(conversation) {
    this.leave();
    this.reset();
    this.id = conversation.id;
    this.memory.current = this.id;
    this.view.cleared();
    this.#told(conversation);
    await this.latest();
    await this.#again();
  }

  /** Show the newest messages, whatever was shown. */
  async latest() {
    const found = await this.api.messages(this.id, Math.max(0, this.state.seq - PAGE), PAGE);
    this.view.cleared();
    this.last = 0;
    await this.#arrived(found);
    const left = found.messages.filter(({ role, turn, id }) => role === "customer" && turn === null && id && !this.outbox.some((m) => m.id === id));
    const last = left.at(-1);
    if (last && this.state.mode === "bot" && !this.state.busy) this.view.unanswered({ id: last.id, text: last.text, items: last.items, of: this.id });
  }

  /** The messages before a number, oldest first. */
  async before(seq) {
    const after = Math.max(0, seq - 1 - PAGE);
    return (await this.api.messages(this.id, after, seq - 1 - after)).messages;
  }

  /** The messages after a number that was released, oldest first. */
  async after(seq) {
    return (await this.api.messages(this.id, seq, PAGE)).messages;
  }

  /** Turn to an empty conversation; it is begun with its first message. */
  fresh() {
    this.leave();
    this.reset();
    this.memory.current = "";
    this.view.cleared();
    this.view.changed(this.state);
  }

  async erase() {
    const { id } = this;
    this.leave();
    if (id) await this.api.erase(id);
    this.#tell("gone", id);
    this.#drop();
    this.fresh();
  }

  /** Read on no further; what is under way is kept by the server. */
  leave() {
    for (const controller of this.#sending.values()) controller.abort();
    this.#sending.clear();
    clearTimeout(this.#looking);
    clearTimeout(this.#repeat);
  }

  // Sending

  /** Send a message; returns at once, and tells the view how it goes. */
  send(text, items = []) {
    const message = { id: newId(), text, items, of: this.id };
    this.outbox.push(message);
    this.#keep();
    this.view.sent(message);
    this.#deliver(message);
  }

  /** Send what has no answer again, now. */
  flush() {
    clearTimeout(this.#repeat);
    for (const message of this.#mine()) if (!this.#sending.has(message.id) && !message.refused) this.#deliver(message);
  }

  /** Send a message again that was given up. */
  retry(message) {
    const kept = this.outbox.find(({ id }) => id === message.id);
    if (!kept) this.outbox.push(message);
    Object.assign(kept ?? message, { refused: false, tries: 0 });
    this.#keep();
    this.flush();
  }

  /** Take back a message that was refused. */
  forget(message) {
    this.outbox = this.outbox.filter(({ id }) => id !== message.id);
    this.#keep();
  }

  /** End the answer where it stands. */
  async stop() {
    for (const controller of this.#sending.values()) controller.abort();
    this.#sending.clear();
    const left = this.#mine();
    let reply = null;
    try {
      await this.#begun?.catch(() => {}); // where that failed there is nothing to end
      if (this.id) reply = await this.#ended();
      this.#answered(reply ?? { merged: left.map(({ id }) => id) });
      if (reply) this.view.finished(reply);
    } finally {
      this.view.idle();
    }
    await this.sync(); // it may have been answered already
    if (!reply?.text) this.view.stopped(left, reply !== null);
  }

  /** The answer as far as it was shown; the server may need a moment to see that its stream was left. */
  async #ended(looks = 5) {
    try {
      return await this.api.stop(this.id);
    } catch (error) {
      if (error.code !== "busy" || looks === 1) throw error;
      await new Promise((done) => setTimeout(done, 1000 * (error.retryAfter ?? 1)));
      return this.#ended(looks - 1);
    }
  }

  async #deliver(message) {
    const controller = new AbortController();
    this.#sending.set(message.id, controller);
    this.view.sending(message);
    try {
      await this.#opened();
      this.#tell("changed", this.id);
      await this.#read(message, controller.signal);
      message.tries = 0;
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#sending.delete(message.id);
      this.#failed(message, error);
      return;
    }
    this.#sending.delete(message.id);
    if (!this.writing) this.view.idle();
    this.#tell("changed", this.id);
    await this.sync().catch((error) => this.view.refused(error));
  }

  async #read(message, signal) {
    const { id, text, items } = message;
    let turn = null;
    for await (const [name, data] of this.api.send(this.id, { id, text, items }, signal)) {
      if (name === "started") this.view.started(message, (turn = data.turn));
      else if (name === "stage") this.view.stage(data.name);
      else if (name === "sentence") this.view.sentence(message, turn, data.text);
      else if (name === "failed") throw new Problem(data.code, { ...data, retryAfter: data.retry_after ?? null });
      else if (name === "done") {
        this.#answered(data, id);
        this.#told({ ...this.state, mode: data.mode, handoff: data.handoff ? { id: data.handoff } : this.state.handoff });
        this.view.finished(data);
        this.view.well();
      }
    }
  }

  /** Begin the conversation, once however many messages wait for it. */
  async #opened() {
    if (this.id) return;
    this.#begun ??= this.api.begin();
    let made;
    try {
      made = await this.#begun;
    } catch (error) {
      this.#begun = null;
      throw error;
    }
    if (this.id) return;
    this.id = made.id;
    for (const message of this.outbox) message.of ??= made.id;
    this.memory.current = made.id;
    this.#told(made);
    this.#tell("begun", made.id);
  }

  #answered({ merged = [] }, id) {
    this.outbox = this.outbox.filter((message) => message.id !== id && !merged.includes(message.id));
    this.#keep();
  }

  #failed(message, error) {
    message.tries = (message.tries ?? 0) + 1;
    this.view.broken(message);
    const passing = error instanceof Lost || REPEATED.has(error.code) || (error.code === "turn_failed" && message.tries < 3);
    if (passing) {
      const pause = error.retryAfter ?? PAUSES[Math.min(message.tries, PAUSES.length) - 1];
      this.view.waiting(error, pause);
      clearTimeout(this.#repeat);
      this.#repeat = setTimeout(() => this.flush(), pause * 1000);
      return;
    }
    if (error.code === "not_found") {
      this.gone();
      return;
    }
    message.refused = true;
    this.#keep();
    if (!this.writing) this.view.idle();
    this.view.rejected(message, error);
  }

  // Looking what others write

  /** Show what is new: a person's messages, another tab's, the numbers of one's own. */
  sync() {
    this.#syncing ??= this.#sync().finally(() => (this.#syncing = null));
    return this.#syncing;
  }

  async #sync() {
    const { id } = this;
    if (!id) return;
    try {
      const found = await this.api.messages(id, this.last, PAGE);
      if (this.id !== id) return;
      await this.#arrived(found);
      if (found.more) await this.#sync();
    } catch (error) {
      if (error.code !== "not_found") throw error;
      if (this.id === id) this.gone();
    }
  }

  async #arrived({ messages, conversation }) {
    if (messages.length) this.#pause = LOOKS.first;
    for (const message of messages) {
      this.last = Math.max(this.last, message.seq);
      if (message.turn !== null && message.id) this.#answered({}, message.id);
    }
    this.#told(conversation);
    if (messages.length) await this.view.arrived(messages);
    if (conversation.mode !== "bot") this.outbox = this.outbox.filter(({ id }) => !messages.some((m) => m.id === id));
    this.#keep();
    this.#look();
  }

  /** Look again later while somebody else may write: a person, or an answer that another tab waits for. */
  #look() {
    clearTimeout(this.#looking);
    const others = this.state.mode !== "bot" || (this.state.busy && !this.writing);
    if (!this.id || !others || !this.watching || document.hidden) return;
    this.#looking = setTimeout(() => {
      this.sync().catch((error) => {
        this.view.refused(error);
        this.#look();
      });
    }, this.#pause);
    this.#pause = Math.min(this.#pause * LOOKS.growth, this.state.mode === "person" ? LOOKS.person : LOOKS.most);
  }

  /** Whether anybody looks at the conversation: only then it is asked for what is new. */
  watch(watching) {
    this.watching = watching;
    this.#pause = LOOKS.first;
    if (watching) this.sync().catch((error) => this.view.refused(error));
    else clearTimeout(this.#looking);
  }

  /** What this tab had sent before the page was left is sent again: a known id gets the stored reply. */
  async #again() {
    for (const message of this.#mine()) this.view.sent(message);
    this.flush();
  }

  /** What waits for an answer in this conversation; what waits in another one is sent when that is shown. */
  #mine() {
    return this.outbox.filter(({ of }) => !of || of === this.id);
  }

  /** The conversation is not there any more, or not this visitor's. Nothing that was not sent is lost. */
  gone() {
    const unsent = this.#mine().map(({ text }) => text).filter(Boolean);
    this.#drop();
    this.fresh();
    this.memory.current = null;
    this.view.gone(unsent.join("\n"));
  }

  #heard({ kind, id }) {
    if (kind === "gone" && id === this.id) this.gone();
    else if (kind === "changed" && id === this.id && !this.writing) {
      this.state.busy = true;
      this.#pause = LOOKS.first;
      this.sync().catch((error) => this.view.refused(error));
    } else if (kind === "begun" && !this.id && !this.outbox.length && this.view.isOpen) {
      this.show({ id, mode: "bot", handoff: null, busy: true, seq: 0 }).catch((error) => this.view.refused(error));
    }
  }

  #told(conversation) {
    const before = this.state.mode;
    this.state = { ...this.state, ...conversation };
    this.view.changed(this.state, before);
  }

  #tell(kind, id) {
    this.channel?.postMessage({ kind, id });
  }

  #drop() {
    this.outbox = this.outbox.filter(({ of }) => of && of !== this.id);
    this.#keep();
  }

  #keep() {
    this.memory.outbox = this.outbox.map(({ id, text, items, of, refused }) => ({ id, text, items, of, refused }));
  }
}
