// The views, below their base address. Knows HTTP, CSRF and events; nothing of pages.

/** The connection broke, or there was none: the same request may be sent again. */
export class Lost extends Error {}

/** What the server refused, as RFC 9457 tells it. `retryAfter` is in seconds, null where a repeat does not help. */
export class Problem extends Error {
  constructor(code, { title = "", status = 0, retryAfter = null } = {}) {
    super(title || code);
    Object.assign(this, { code, title, status, retryAfter });
  }
}

export class Api {
  /** `base` ends with a slash; `csrf` is {cookie, header, token}: the token itself where no cookie can be read. */
  constructor(base, csrf = {}) {
    this.base = base;
    this.csrf = { cookie: "csrftoken", header: "X-CSRFToken", token: "", ...csrf };
  }

  list = () => this.#json("conversations/").then((found) => found.conversations);
  begin = () => this.#json("conversations/", { method: "POST" });
  erase = (id) => this.#json(`${one(id)}`, { method: "DELETE" });
  messages = (id, after, limit) => this.#json(`${one(id)}messages/?after=${after}&limit=${limit}`);
  resume = (id) => this.#json(`${one(id)}resume/`, { method: "POST" });
  stop = (id) => this.#json(`${one(id)}stop/`, { method: "POST" });
  judge = (id, body) => this.#json(`${one(id)}feedback/`, { method: "POST", body });

  /** What the shop says of orders and products now: [{kind, id, title, …}]. */
  cards(items) {
    const asked = new URLSearchParams(items.flatMap((item) => Object.entries(item)));
    return this.#json(`cards/?${asked}`).then((found) => found.cards);
  }

  /** The events of an answer, as [name, data]; where the server answers in JSON, the only one is `done`. */
  async *send(id, body, signal) {
    const options = { method: "POST", body, signal, accept: "text/event-stream, application/json" };
    const response = await this.#fetch(`${one(id)}messages/`, options);
    if (!type(response).includes("text/event-stream")) {
      yield ["done", await read(response)];
      return;
    }
    let last = null;
    for await (const event of events(response.body)) {
      yield event;
      last = event[0];
    }
    if (last !== "done" && last !== "failed") throw new Lost("the stream ended before the answer did");
  }

  async #json(path, options) {
    const response = await this.#fetch(path, options);
    return response.status === 204 ? null : read(response);
  }

  async #fetch(path, options = {}, again = true) {
    const { method = "GET", body, signal, accept = "application/json" } = options;
    const headers = { Accept: accept };
    if (method !== "GET") headers[this.csrf.header] = this.#token();
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response;
    try {
      const sent = body === undefined ? undefined : JSON.stringify(body);
      response = await fetch(this.base + path, { method, headers, body: sent, signal, cache: "no-store" });
    } catch (error) {
      throw error.name === "AbortError" ? error : new Lost(error.message);
    }
    const told = type(response);
    if (response.ok && (response.status === 204 || told.includes("json") || told.includes("event-stream"))) {
      return response;
    }
    if (response.status === 403 && !told.includes("json") && again) {
      await this.#fetch("conversations/", {}, false); // the token was another session's: this brings the new one
      return this.#fetch(path, options, false);
    }
    throw await problem(response);
  }

  #token() {
    const prefix = `${this.csrf.cookie}=`;
    const found = document.cookie.split("; ").find((cookie) => cookie.startsWith(prefix));
    return found ? decodeURIComponent(found.slice(prefix.length)) : this.csrf.token;
  }
}

const one = (id) => `conversations/${encodeURIComponent(id)}/`;
const type = (response) => response.headers.get("Content-Type") ?? "";

async function read(response) {
  try {
    return await response.json();
  } catch (error) {
    throw error.name === "AbortError" ? error : new Lost(error.message);
  }
}

async function problem(response) {
  const { status } = response;
  const after = Number.parseInt(response.headers.get("Retry-After"), 10);
  const retryAfter = Number.isFinite(after) ? after : null;
  if (type(response).includes("json")) {
    const told = await read(response);
    return new Problem(told.code ?? "unknown", { title: told.title, status, retryAfter: told.retry_after ?? retryAfter });
  }
  // No answer of the views: a page of the shop's own (a login, a refused token) or of a proxy before it.
  if (response.ok || status === 401) return new Problem("login", { status });
  if (status === 403) return new Problem("stale", { status });
  if (status === 429) return new Problem("throttled", { status, retryAfter: retryAfter ?? 10 });
  return new Problem(status >= 500 ? "unavailable" : "unknown", { status, retryAfter });
}

/** Server-sent events as [name, data]; comments, which keep the line open, are passed over. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      yield* blocks.map(event).filter(Boolean);
    }
  } catch (error) {
    throw error.name === "AbortError" ? error : new Lost(error.message);
  } finally {
    reader.cancel().catch(() => {}); // it may be closed or broken already; either way nobody reads on
  }
}

function event(block) {
  const fields = block.split(/\r?\n/).map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trimStart()]);
  const data = fields.filter(([name]) => name === "data").map(([, value]) => value);
  const name = fields.find(([field]) => field === "event");
  return data.length ? [name?.[1] ?? "message", JSON.parse(data.join("\n"))] : null;
}
