// What a browser keeps between pages. Storage may be full, switched off or another tab's: then it keeps nothing.

export class Memory {
  constructor(base) {
    this.prefix = `shopassist:${base}:`;
  }

  /** The conversation that was last looked at, in any tab. */
  get current() { return this.#get("localStorage", "current"); }
  set current(id) { this.#set("localStorage", "current", id); }

  /** Whether the window is open in this tab. */
  get open() { return this.#get("sessionStorage", "open") ?? false; }
  set open(value) { this.#set("sessionStorage", "open", value); }

  /** Whether this tab was told what has changed since the customer was here last. */
  get resumed() { return this.#get("sessionStorage", "resumed") ?? false; }
  set resumed(value) { this.#set("sessionStorage", "resumed", value); }

  /** Messages of this tab that have no answer yet: [{id, text, items}]. */
  get outbox() { return this.#get("sessionStorage", "outbox") ?? []; }
  set outbox(messages) { this.#set("sessionStorage", "outbox", messages.length ? messages : null); }

  /** What is typed and not sent. */
  get draft() { return this.#get("sessionStorage", "draft") ?? ""; }
  set draft(text) { this.#set("sessionStorage", "draft", text || null); }

  #get(kind, name) {
    try {
      return JSON.parse(window[kind].getItem(this.prefix + name));
    } catch {
      return null;
    }
  }

  #set(kind, name, value) {
    try {
      if (value === null) window[kind].removeItem(this.prefix + name);
      else window[kind].setItem(this.prefix + name, JSON.stringify(value));
    } catch (error) {
      console.debug("shopassist: the browser keeps nothing:", error.name);
    }
  }
}

/** An id that no other message has; `randomUUID` is there on secure pages alone. */
export function newId() {
  return crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
}
