// The desk: the queue, one open conversation, and what helps to answer it. Everything that people wrote is set as text.
"use strict";
(() => {
  const words = JSON.parse(document.getElementById("desk-words").textContent);
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const me = document.body.dataset.agent;
  const base = new URL("./", location.href).pathname;
  const at = (id) => document.getElementById(id);
  const say = (name, values = {}) => words[name].replace(/%\((\w+)\)s/g, (_, key) => values[key] ?? "");
  const state = { queue: [], mark: "", open: null, last: 0, first: 0, seen: new Map(), known: null, away: false, sound: false, skew: 0, title: words.title, opening: 0 };

  // An element with text and children; never HTML.
  const el = (tag, { text, className, ...rest } = {}, ...children) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    for (const [name, value] of Object.entries(rest)) if (value !== null && value !== undefined) made.setAttribute(name, value);
    made.append(...children.filter(Boolean));
    return made;
  };

  class Problem extends Error {
    constructor(code, title) { super(title); this.code = code; }
  }
  const ask = async (path, { method = "GET", body, keepalive = false } = {}) => {
    const headers = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRFToken"] = token;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await fetch(base + path, { method, headers, keepalive, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin", signal: keepalive ? undefined : AbortSignal.timeout(20000) });
    } catch {
      throw new Problem("offline", words.offline);
    }
    if (response.status === 204) return null;
    const told = await response.json().catch(() => null);
    if (response.ok && told) return told;
    if (response.status === 403) throw new Problem("forbidden", words.signedOut);
    throw new Problem(told?.code ?? "failed", told?.title ?? words.failed);
  };
  const one = (id, part = "") => `${encodeURIComponent(id)}/${part}`;

  let hiding = 0;
  const notice = (text, bad = false, stays = false) => {
    const place = at("notice");
    place.textContent = text;
    place.classList.toggle("bad", bad);
    place.hidden = !text;
    clearTimeout(hiding);
    if (text && !stays) hiding = setTimeout(() => { place.hidden = true; }, 6000);
  };
  const tell = (error) => notice(error.message || words.failed, true, error.code === "forbidden" || error.code === "offline");
  const trying = (act) => async (...given) => {
    try { return await act(...given); } catch (error) { if (!(error instanceof Problem)) throw error; tell(error); return undefined; }
  };
  const sure = (question) => new Promise((answered) => {
    at("sure-text").textContent = question;
    at("sure").returnValue = "no";
    at("sure").addEventListener("close", () => answered(at("sure").returnValue === "yes"), { once: true });
    at("sure").showModal();
  });

  // Time, by the server's clock.
  const now = () => Date.now() / 1000 + state.skew;
  const ago = (since) => {
    const s = Math.max(0, now() - since);
    if (s < 60) return say("seconds", { n: Math.floor(s) });
    if (s < 3600) return say("minutes", { n: Math.floor(s / 60) });
    return s < 86400 ? say("hoursLong", { n: Math.floor(s / 3600) }) : say("days", { n: Math.floor(s / 86400) });
  };
  const clock = (when) => new Date(when * 1000).toLocaleString(document.documentElement.lang, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });

  // Sound and title. No sound before somebody has asked for it: the button is the gesture that browsers want.
  let audio = null;
  const chime = () => {
    if (!state.sound || !audio) return;
    const begin = audio.currentTime;
    [[660, 0], [880, 0.16]].forEach(([pitch, after]) => {
      const tone = audio.createOscillator();
      const loud = audio.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0, begin + after);
      loud.gain.linearRampToValueAtTime(0.12, begin + after + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, begin + after + 0.3);
      tone.connect(loud).connect(audio.destination);
      tone.start(begin + after);
      tone.stop(begin + after + 0.32);
    });
  };
  const badge = () => {
    const waiting = state.queue.filter((h) => h.state === "waiting").length;
    const unread = state.queue.filter((h) => h.state === "mine" && isUnread(h)).length;
    document.title = waiting + unread ? `(${waiting + unread}) ${state.title}` : state.title;
  };

  // What of each conversation was read, over a reload. Of those that are gone from the list nothing is kept.
  const SEEN = "shopassist-desk-seen";
  const remembered = () => {
    try {
      return new Map(Object.entries(JSON.parse(localStorage.getItem(SEEN) ?? "{}")));
    } catch { return new Map(); } // another version's, or a browser that keeps nothing
  };
  const saw = (id, when) => {
    const others = remembered(); // another tab may have read on
    for (const [known, before] of others) state.seen.set(known, Math.max(before, state.seen.get(known) ?? 0));
    state.seen.set(id, Math.max(when, state.seen.get(id) ?? 0));
    for (const known of state.seen.keys()) if (known !== id && state.known && !state.known.has(known)) state.seen.delete(known);
    try { localStorage.setItem(SEEN, JSON.stringify(Object.fromEntries(state.seen))); } catch { /* full or switched off: then it is new again after a reload */ }
  };

  // The queue.
  const isUnread = (h) => Boolean(h.spoke) && h.spoke > (state.seen.get(h.id) ?? 0) && h.id !== state.open?.id;
  const entry = (h) => {
    const waits = h.state === "waiting";
    const name = h.wishes.join(" · ") || h.reason;
    const time = el("time", { text: waits ? say("waits", { time: ago(h.created) }) : h.spoke ? ago(h.spoke) : "", className: waits && now() - h.created > 300 ? "long" : "" });
    time.dataset.since = waits ? h.created : h.spoke ?? "";
    time.dataset.waits = waits ? "1" : "";
    const marks = el("span", { className: "marks" });
    if (isUnread(h) && h.state === "mine") marks.append(el("span", { text: words.newMessage, className: "unread" }));
    if (h.urgent) marks.append(el("span", { text: words.urgent, className: "bad" }));
    if (h.angry) marks.append(el("span", { text: words.angry, className: "bad" }));
    if (h.with && h.state !== "mine") marks.append(el("span", { text: say("with", { name: h.with }) }));
    if (name !== h.reason) marks.append(el("span", { text: h.reason }));
    if (h.visitor) marks.append(el("span", { text: words.visitor }));
    const button = el("button", { type: "button", className: "entry", "data-id": h.id, "aria-current": String(h.id === state.open?.id), tabindex: "-1" },
      el("span", { className: "top" }, el("span", { text: name }), time), el("span", { text: h.said, className: "said" }), marks);
    return el("li", {}, button);
  };
  const show = () => {
    const focused = document.activeElement?.dataset?.id;
    const lists = { mine: [], waiting: [], others: [] };
    for (const h of state.queue) lists[h.state === "mine" || h.state === "waiting" ? h.state : "others"].push(h);
    for (const [name, found] of Object.entries(lists)) {
      at(name).replaceChildren(...found.map(entry));
      at(`n-${name}`).textContent = found.length;
    }
    at("s-others").hidden = !lists.others.length;
    at("empty").hidden = lists.waiting.length > 0 && !state.more;
    at("empty").textContent = lists.waiting.length ? words.more : words.nobodyWaits;
    const first = document.querySelector(".entry[aria-current=true]") ?? document.querySelector(".entry");
    if (first) first.tabIndex = 0;
    if (focused) document.querySelector(`.entry[data-id="${CSS.escape(focused)}"]`)?.focus();
    badge();
  };
  const people = (found, hours) => {
    at("hours").textContent = hours.open ? say("open", { hours: hours.hours }) : say("closed", { hours: hours.hours, from: hours.from });
    at("hours").classList.toggle("shut", !hours.open);
    const others = found.filter((p) => p.agent !== me);
    at("people").replaceChildren(...(others.length ? others.map((p) => el("span", { text: p.away ? `${p.name} (${words.away})` : p.name, className: p.away ? "away" : "" })) : [document.createTextNode(words.alone)]));
    const own = found.find((p) => p.agent === me);
    state.away = Boolean(own?.away);
    at("away").setAttribute("aria-pressed", String(state.away));
    at("away").textContent = state.away ? words.amAway : words.here;
  };
  const take = (told) => {
    if (!told.handoffs) return;
    const before = state.known;
    state.skew = told.now - Date.now() / 1000;
    state.queue = told.handoffs;
    state.more = told.more;
    state.mark = told.mark;
    state.known = new Set(told.handoffs.map((h) => h.id));
    if (before && told.handoffs.some((h) => h.state === "waiting" && !before.has(h.id))) { chime(); announce(words.newWaiting); }
    people(told.people, told.hours);
    show();
  };
  const announce = (text) => { if (!document.hasFocus()) notice(text); };
  let running = null;
  let again = false;
  const refresh = async () => {
    if (running) { again = true; return running; }
    running = (async () => {
      do {
        again = false;
        take(await ask(`queue/?mark=${encodeURIComponent(state.mark)}`));
        if (state.open) await follow();
      } while (again);
      if (at("notice").textContent === words.offline) notice("");
    })().finally(() => { running = null; });
    return running;
  };

  // One conversation.
  const drawn = (m) => {
    const mine = m.role === "person";
    const who = mine ? m.who ?? words.person : words[m.role] ?? m.role;
    const cards = (m.items ?? []).map((item) => Object.entries(item).map(([kind, id]) => (words[kind] ? say(kind, { id }) : `${kind} ${id}`)).join(" "));
    return el("li", { className: m.role, "data-seq": m.seq }, el("span", { text: `${who} · ${clock(m.created)}`, className: "meta" }), el("span", { text: [m.text, ...cards].filter(Boolean).join("\n"), className: "body" }));
  };
  const append = (found) => {
    const list = at("messages");
    const fresh = found.filter((m) => m.seq > state.last);
    if (!fresh.length) return false;
    const low = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
    list.append(...fresh.map(drawn));
    state.last = fresh.at(-1).seq;
    if (!state.first) state.first = fresh[0].seq;
    saw(state.open.id, Math.max(...fresh.map((m) => m.created)));
    if (low) list.scrollTop = list.scrollHeight;
    return fresh.some((m) => m.role === "customer");
  };
  const older = () => {
    at("messages").querySelector(".old")?.remove();
    if (state.first > 1) at("messages").prepend(el("li", { className: "old" }, el("button", { type: "button", text: words.older, id: "older" })));
  };
  const open = trying(async (id, { quiet = false } = {}) => {
    const mine = ++state.opening;
    if (!quiet) keepDraft();
    const told = await ask(one(id));
    if (mine !== state.opening) return;
    const entryOf = state.queue.find((h) => h.id === id);
    state.open = { ...told, entry: entryOf };
    state.last = state.first = 0;
    document.body.classList.add("opened");
    if (location.hash !== `#${id}`) history.replaceState(null, "", `#${id}`);
    at("choose").hidden = true;
    at("dialogue").hidden = false;
    at("who").textContent = told.mine ? told.customer || words.visitor : entryOf?.wishes.join(" · ") || words.customer;
    at("number").textContent = told.id;
    const taken = told.state === "person";
    at("claim").hidden = told.mine || taken;
    for (const part of ["release", "close", "give-back"]) at(part).hidden = !told.mine;
    at("reply").hidden = !told.mine;
    at("messages").hidden = !told.mine;
    at("preview").hidden = told.mine;
    at("preview").textContent = told.summary;
    at("hint").hidden = told.mine;
    at("hint").textContent = taken ? say("takenBy", { name: entryOf?.with ?? "" }) : words.claimFirst;
    at("side").hidden = !told.mine;
    at("summary").textContent = told.summary;
    at("messages").replaceChildren();
    if (told.mine) {
      append(told.messages);
      older();
      at("messages").scrollTop = at("messages").scrollHeight;
      at("text").value = localStorage.getItem(`shopassist-desk-${id}`) ?? "";
      at("q").value = "";
      at("text").focus();
      helps(id);
    } else if (!at("claim").hidden && !quiet) at("claim").focus();
    show();
  });
  const shut = () => {
    keepDraft();
    state.opening++;
    state.open = null;
    document.body.classList.remove("opened");
    history.replaceState(null, "", location.pathname);
    at("choose").hidden = false;
    at("dialogue").hidden = at("side").hidden = true;
    show();
  };
  const follow = async () => {
    const id = state.open.id;
    const known = state.queue.find((h) => h.id === id);
    const mine = known?.state === "mine";
    if (mine !== state.open.mine) { // claimed in another tab, given back, taken away, or gone
      if (known) await open(id, { quiet: true }); else shut();
      return;
    }
    if (!mine) {
      if (known && known.state !== state.open.state) await open(id, { quiet: true });
      return;
    }
    const told = await ask(one(id, `messages/?after=${state.last}`));
    if (state.open?.id === id && append(told.messages)) { chime(); suggest(id); show(); }
  };
  const draftKey = () => (state.open?.mine ? `shopassist-desk-${state.open.id}` : null);
  const keepDraft = () => {
    const key = draftKey();
    if (!key) return;
    if (at("text").value.trim()) localStorage.setItem(key, at("text").value); else localStorage.removeItem(key);
  };

  // What helps.
  const helps = (id) => { suggest(id); trying(showOrders)(id); };
  const showOrders = async (id) => {
    at("orders").replaceChildren(el("li", { className: "quiet", text: words.looking }));
    const told = await ask(one(id, "orders/")).catch((error) => { if (error.code === "offline") return { orders: null }; throw error; });
    if (state.open?.id !== id) return;
    const none = told.visitor ? words.visitorOrders : told.orders === null ? words.ordersUnavailable : told.orders.length ? null : words.noOrders;
    at("orders").replaceChildren(...(none ? [el("li", { className: "quiet", text: none })] : told.orders.map((o) => el("li", {},
      el("div", { className: "top" }, el("span", { text: o.id }), el("span", { text: o.status })),
      ...o.lines.map((line) => el("div", { text: line })),
      el("div", { className: "quiet", text: [o.placed, o.total && say("total", { amount: o.total }), o.returned && say("returned", { what: o.returned }), o.address].filter(Boolean).join(" · ") })))));
  };
  let suggesting = 0;
  const suggest = trying(async (id, query = "") => {
    const mine = ++suggesting;
    const told = await ask(one(id, `suggestions/?q=${encodeURIComponent(query)}`));
    if (mine !== suggesting || state.open?.id !== id) return;
    at("suggestions").replaceChildren(...(told.suggestions.length ? told.suggestions.slice(0, 5).map((s, n) => {
      const take = el("button", { type: "button", text: words.takeOver, "aria-keyshortcuts": `Alt+${n + 1}` });
      take.addEventListener("click", () => takeOver(s.text));
      const safe = /^https?:\/\//i.test(s.url ?? "") || /^\/(?!\/)/.test(s.url ?? "");
      const from = safe ? el("a", { text: s.title, href: s.url, target: "_blank", rel: "noopener noreferrer" }) : el("span", { text: s.title });
      return el("li", {}, el("div", { text: s.text }),
        s.quote && el("details", {}, el("summary", { text: words.quoted }), el("p", { text: s.quote })),
        el("div", { className: "from" }, el("span", {}, document.createTextNode(`${n + 1} · ${s.kind === "template" ? words.template : words.fromPage} · `), from), take));
    }) : [el("li", { className: "quiet", text: words.noSuggestions })]));
  });
  const takeOver = (text) => {
    const field = at("text");
    const before = field.value && !/\s$/.test(field.value.slice(0, field.selectionStart)) && field.selectionStart ? " " : "";
    field.setRangeText(before + text, field.selectionStart, field.selectionEnd, "end");
    keepDraft();
    field.focus();
  };

  // Deeds.
  const claim = trying(async (id) => {
    at("claim").disabled = true;
    try {
      await ask(one(id, "claim/"), { method: "POST" });
      notice(words.claimed);
      await refresh();
      if (!state.open?.mine || state.open.id !== id) await open(id);
    } catch (error) {
      await refresh().catch(() => {});
      throw error;
    } finally { at("claim").disabled = false; }
  });
  const send = trying(async () => {
    const field = at("text");
    const id = state.open?.id;
    const text = field.value.trim();
    if (!text || !id || at("send").disabled) return;
    at("send").disabled = true;
    try {
      await ask(one(id, "say/"), { method: "POST", body: { text } });
    } catch (error) {
      // Whether it came through is seen in the history; the text stays until it did.
      if (error.code !== "offline" || !(await came(id, text))) throw error.code === "offline" ? new Problem("unsent", words.notSent) : error;
    } finally { at("send").disabled = false; }
    localStorage.removeItem(`shopassist-desk-${id}`);
    if (state.open?.id === id) { field.value = ""; field.focus(); await refresh(); }
  });
  const came = async (id, text) => {
    const told = await ask(one(id, `messages/?after=${state.last}`)).catch(() => null);
    return Boolean(told?.messages.some((m) => m.role === "person" && m.text.trim() === text));
  };
  const ending = (path, question, done) => trying(async () => {
    const id = state.open?.id;
    if (!state.open?.mine || !(await sure(question))) return;
    await ask(one(id, path), { method: "POST" });
    localStorage.removeItem(`shopassist-desk-${id}`);
    at("text").value = "";
    if (state.open?.id === id) shut();
    notice(done);
    await refresh();
  });
  const giveBack = ending("give-back/", words.askGiveBack, words.givenBack);
  at("give-back").addEventListener("click", giveBack);
  at("release").addEventListener("click", ending("release/", words.askRelease, words.released));
  at("close").addEventListener("click", ending("close/", words.askClose, words.settled));
  at("claim").addEventListener("click", () => state.open && claim(state.open.id));
  at("back").addEventListener("click", shut);
  at("reply").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  at("text").addEventListener("input", keepDraft);
  at("text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  });
  at("search").addEventListener("submit", (event) => { event.preventDefault(); if (state.open?.mine) suggest(state.open.id, at("q").value.trim()); });
  at("messages").addEventListener("click", trying(async (event) => {
    if (event.target.id !== "older") return;
    const list = at("messages");
    const id = state.open.id;
    const told = await ask(one(id, `messages/?before=${state.first}`));
    if (state.open?.id !== id || !told.messages.length) return;
    const height = list.scrollHeight;
    list.querySelector(".old")?.remove();
    list.prepend(...told.messages.map(drawn));
    state.first = told.messages[0].seq;
    older();
    list.scrollTop += list.scrollHeight - height;
  }));
  document.querySelector(".queue").addEventListener("click", (event) => {
    const found = event.target.closest(".entry");
    if (!found) return;
    if (found.dataset.id === state.open?.id && !at("claim").hidden && event.detail === 0) claim(found.dataset.id);
    else open(found.dataset.id);
  });
  at("away").addEventListener("click", trying(async () => { await ask("presence/", { method: "POST", body: { away: !state.away } }); state.mark = ""; await refresh(); }));
  at("sound").addEventListener("click", () => {
    state.sound = !state.sound;
    if (state.sound) { audio ??= new AudioContext(); audio.resume(); chime(); }
    at("sound").setAttribute("aria-pressed", String(state.sound));
    at("sound").textContent = state.sound ? words.soundOn : words.soundOff;
  });
  at("keys").addEventListener("click", () => at("help").showModal());

  // Keys.
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const typing = event.target.matches("input, textarea");
    if (event.altKey && /^Digit[1-5]$/.test(event.code)) { event.preventDefault(); at("suggestions").querySelectorAll("button")[Number(event.code.at(-1)) - 1]?.click(); }
    else if (event.altKey && event.code === "KeyN") { event.preventDefault(); const next = state.queue.find((h) => h.state === "waiting"); if (next) claim(next.id); }
    else if (event.altKey && event.code === "KeyB") { event.preventDefault(); giveBack(); }
    else if (event.key === "Escape" && state.open) { const id = state.open.id; shut(); (document.querySelector(`.entry[data-id="${CSS.escape(id)}"]`) ?? document.querySelector(".entry"))?.focus(); }
    else if (event.key === "?" && !typing) at("help").showModal();
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !typing && (event.target.closest(".queue") || event.target === document.body)) {
      const all = [...document.querySelectorAll(".entry")];
      if (!all.length) return;
      event.preventDefault();
      const place = all.indexOf(document.activeElement);
      all[Math.min(all.length - 1, Math.max(0, place < 0 ? 0 : place + (event.key === "ArrowDown" ? 1 : -1)))].focus();
    }
  });

  // Live: events where the server can send them, else asking every few seconds.
  let source = null;
  let live = false;
  const listen = () => {
    source = new EventSource(`${base}events/`);
    source.addEventListener("open", () => { live = true; });
    source.addEventListener("changed", (event) => { if (event.data !== state.mark) refresh().catch(tell); });
    source.addEventListener("error", () => {
      live = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 60000); // 204: this server cannot
    });
  };
  const poll = async () => {
    const ticks = live ? 15000 : document.hidden ? 8000 : 3000;
    setTimeout(poll, ticks);
    await refresh().catch(tell);
  };
  setInterval(() => { // waiting times go on without a redraw
    for (const time of document.querySelectorAll(".entry time")) {
      if (!time.dataset.since) continue;
      time.textContent = time.dataset.waits ? say("waits", { time: ago(Number(time.dataset.since)) }) : ago(Number(time.dataset.since));
      time.classList.toggle("long", Boolean(time.dataset.waits) && now() - Number(time.dataset.since) > 300);
    }
  }, 5000);
  addEventListener("pagehide", () => { keepDraft(); ask("leave/", { method: "POST", keepalive: true }).catch(() => {}); source?.close(); });
  addEventListener("online", () => refresh().catch(tell));

  const begin = async () => {
    state.seen = remembered();
    await refresh().catch(tell);
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (state.queue.some((h) => h.id === wanted)) await open(wanted);
    listen();
    setTimeout(poll, 3000);
  };
  begin();
})();
