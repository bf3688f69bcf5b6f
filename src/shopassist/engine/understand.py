"""What the customer wants: wishes with their slots, the answer to what was asked, the mood. Mostly by rules alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from langgraph.runtime import Runtime

from shopassist.dialogue import Act, Answer, Asked, Slot, Slots, Wish
from shopassist.engine.asked_model import placed, understood, unsure
from shopassist.engine.cards import cards
from shopassist.engine.ellipsis import carried_on, from_values, put_right
from shopassist.engine.figures import asked_for
from shopassist.engine.parts import in_part
from shopassist.engine.planning.binding import Hint
from shopassist.engine.planning.contracts import Heard
from shopassist.engine.planning.tasks import slot_of
from shopassist.engine.questions import asked_of, consent_objects, consent_of, shows_another
from shopassist.engine.state import Ports, Turn
from shopassist.engine.values import about_orders, by_name, distributed
from shopassist.language.alarms import alarm
from shopassist.language.amendments import amended_end, corrects, said_anew
from shopassist.language.answers import read_answer
from shopassist.language.bare import own_words
from shopassist.language.catalogue import WRITING
from shopassist.language.dates import dates
from shopassist.language.ellipsis import asks_other, pointing_back, supposing
from shopassist.language.giving_up import gives_up
from shopassist.language.kinds import kinds
from shopassist.language.mood import by_words, feeling
from shopassist.language.parts import kept, says_part
from shopassist.language.provisos import asks_something, with_proviso
from shopassist.language.reading import finder_in
from shopassist.language.reasons import paid_to, private, sound
from shopassist.language.references import asks_range, attached, leaning, mentioned, own_subject, restated
from shopassist.language.remarks import awaits, hurries, remark
from shopassist.language.segments import segments
from shopassist.language.slots import CODES, NAMES, Found, normal, slots
from shopassist.language.states import bought, states, supposed
from shopassist.language.structured import Said
from shopassist.language.talk import small_talk
from shopassist.language.wishes import CLEAR, wishes
from shopassist.text import content, fold

MOST_OF = 0.6
"""The share of a text that its one wish must take up, for the whole to be the question."""

SAYS = 3
"""So many words a clause needs to be a reason."""

LONGEST_VALUE = 200
"""Characters of a value in the customer's own words that are kept."""

RESTATED = ("variant", "recipient", "invoice_title")
"""Slots whose value a clause may be that only corrects the last one."""

OWN_NAMES = ("invoice_title", "recipient", "reason")
"""Slots that may hold any words at all."""

OPEN = ("consent", "slot", "choice")
"""Questions that stay open until they are answered."""

ABOUT_THINGS = ("product_question", "usage_help")
"""Intents that ask of a thing what it is, and how it works."""

SEARCHES = ("price_stock", "product_question", "recommend")
"""Intents that look for something to buy."""

TALK = ("repeat", "decline", "thanks", "goodbye", "greeting", "identity", "remark", "acknowledge")


def understand(state: Turn, runtime: Runtime[Ports]) -> Turn:
    """Read the text against the conversation."""
    ports = runtime.context
    text, today = state["text"], ports.now.date()
    felt = feeling(text, ports.classifier.head.mood) if state["readable"] else by_words(text)
    common: Turn = {"mood": felt.mood, "mood_cause": felt.cause, "valid_on": today}
    if not state["readable"]:
        return {**common, "heard": Heard(text, talk="foreign")}
    heard = Heard("", talk="resume") if ports.resumes else _Reader(state, ports).heard()
    if heard.alarm or heard.talk == "grumble":
        common["mood"] = "negative"
    heard = replace(heard, angry=common["mood"] == "negative")
    valid_on = date.fromisoformat(heard.valid_on) if heard.valid_on else today
    return {**common, "heard": heard, "valid_on": valid_on}


WAITS = ("track_delivery", "order_status", "refund_status")
"""What a question after the time sounds like that does not say what is waited for."""


class _Reader:
    """One text, and what it is read against."""

    def __init__(self, state: Turn, ports: Ports) -> None:
        self.ports = ports
        self.text, self.language = state["text"], state["language"]
        self.today = ports.now.date()
        self.dialogue = ports.memory.dialogue
        sold = ports.knowledge.products(self.language) if ports.knowledge else ()
        of_kinds = kinds(sold)
        self.kinds = of_kinds.find(self.text)
        self.known = of_kinds.also_called(self.kinds)
        self.asked = asked_of(self.dialogue)
        wanted = self.asked.slot if self.asked is not None and self.asked.kind == "slot" else None
        self.corrects = corrects(self.text)
        self.elsewhere = wanted in OWN_NAMES and self._wishes_else(self._slots(None))
        found = self._slots(None if self.elsewhere else wanted)
        self.found = [replace(f, value=f.value[:LONGEST_VALUE]) if f.name == "reason" else f for f in found]
        self.found += self._said_anew()
        self._put_end_right()
        self.named = mentioned(self.text, self.known)

    def _said_anew(self) -> list[Found]:
        """A value of the change that waits, said anew in a clause of its own: 不对不对 是李磊, 还是黑的吧."""
        consent = self.dialogue.consent
        for name in map(slot_of, consent.args if consent is not None else ()):
            if name not in RESTATED or any(f.name == name for f in self.found):
                continue
            if (self.corrects or name == "variant") and (again := said_anew(name, self.text, self.today)):
                return [Found(name, *again)]
        return []

    def _put_end_right(self) -> None:
        """The phone of the change that waits with other last digits, which are then no order's: 不是0000是0009."""
        consent = self.dialogue.consent
        phone = next((str(v) for k, v in consent.args.items() if slot_of(k) == "phone"), None) if consent else None
        if phone is None or any(f.name == "phone" for f in self.found):
            return
        if right := amended_end(self.ports.vault.normal(phone), self.text):
            number, (start, end) = right
            hidden = str(self.ports.vault.cover(number, self.ports.turn * 1000))
            self.found = [f for f in self.found if f.span[1] <= start or end <= f.span[0]]
            self.found.append(Found("phone", hidden, (start, end)))

    def _slots(self, wanted: str | None) -> list[Found]:
        return slots(self.text, self.language, today=self.today, products=self.known, wanted=wanted)

    def _wishes_else(self, found: list[Found]) -> bool:
        """Whether the text wishes something else than what our question is about."""
        within = finder_in(self.text, found)
        said = wishes(self.text, self.language, self.ports.classifier, within, awaited=True)
        return any(self.asked is not None and w.intent != self.asked.intent for w in said)

    def heard(self) -> Heard:
        """All that there is to say about the text."""
        sent = cards(self.ports.items)
        said = by_name(self.found, self.ports.turn) | sent
        answer = self._answer(said)
        if answer is not None and answer.kind == "yes" and self._of_another(sent):
            answer = None  # 这个退了 beside the card of another order
        talk = self._queue(answer) or self._talk() or self._grumble(answer)
        adds = bool(self.dialogue.last) and supposing(self.text, self.language)
        found = [] if talk is not None or adds or answer_is_all(answer) else self._unsaid_or_said(answer, said)
        if answer is not None and answer.kind == "yes" and self.asked is not None and self.asked.kind == "consent":
            found = []  # a yes to a consent never comes with anything else: what it says repeats the deed
        proviso = self._proviso(answer)
        if proviso:  # yes, if I get my money back
            asks = asks_something(self.text, self.language)
            found = [w for w in found if asks and w.act not in (*WRITING, "conditional")]
        if not said and self._only_looked_at() and gives_up(self.text, self.language):
            found = []  # 太贵了，不要了: nothing was bought yet
        puts_right = self.corrects and self.dialogue.consent is not None  # 说错了 是003那个 asks nothing of 003
        if talk is None and answer is None and not found and not adds and not puts_right:
            found = self._left_unsaid(said, bool(sent))
            if self.asked is not None and self.asked.kind == "slot":
                found = [w for w in found if w.intent != "price_stock"]  # 键盘那个 tells which order, not a price
        elif sent and found:
            found = [replace(w, slots={**sent, **w.slots}) for w in found]
        if "order_id" in said and found and not any(about_orders(self.ports.catalogue[w.intent]) for w in found):
            found = self._of_order(found, said)
        danger = alarm(self.text, self.language)
        if talk is None and answer is None and not adds and danger is None:
            found = self._asked_model(found, sent)
            said = by_name(self.found, self.ports.turn) | sent
        if not self.text and not sent:
            talk = "empty"
        last = self.dialogue.focus.last_question
        query = self._added(last) if adds and last else self._restated(self.text)
        return Heard(
            self.text,
            tuple(found),
            answer,
            self.asked,
            said,
            talk if answer is None else None,
            danger,
            query,
            self._queries(found, query),
            () if adds else self._products(query, found),
            self._hints(),
            supposed(self.text, self.language),
            adds,
            pointing_back(self.text, self.language) or leaning(self.text, self.language),
            self._valid_on(query),
            proviso and not found and not asks_something(self.text, self.language),
            gives_up(self.text, self.language),
            asks_other(self.text, self.language),
            not any(s.asks for s in segments(self.text, self.language)),
            says_part(self.text, self.language) or bool(kept(self.text, self.language, self.found)),
            paid_to(self.text, self.language),
            asks_range(self.text, self.language),
            sound(self.text),
            self.corrects,
        )

    def _of_another(self, sent: Slots) -> bool:
        """Whether what reads as a yes to the waiting change is said of the card of another order or product."""
        return self.asked is not None and self.asked.kind == "consent" and shows_another(self.dialogue, sent)

    def _only_looked_at(self) -> bool:
        """Whether the talk so far was of things to buy and of no order."""
        dialogue = self.dialogue
        bought = any(about_orders(self.ports.catalogue[w.intent]) for w in dialogue.last)
        return bool(dialogue.last) and not bought and not dialogue.tasks and not dialogue.focus.orders

    def _of_order(self, found: list[Wish], said: Slots) -> list[Wish]:
        """The wishes, or what the number asks where none of them says anything of its own: 没有吗？订单号ORD…."""
        if any(w.slots or w.intent not in SEARCHES for w in found):
            return found
        return from_values(self.text, self.language, {"order_id": said["order_id"]}, self.found, card=True)

    def _proviso(self, answer: Answer | None) -> bool:
        """Whether the text makes a condition for the change that was asked about."""
        if answer is not None or self.asked is None or self.asked.kind != "consent":
            return False
        return with_proviso(self.text, self.language, self.asked.intent)

    def _talk(self) -> str | None:
        names = (self.ports.settings.assistant_name, self.ports.settings.assistant_name_en)
        kind = small_talk(self.text, names)
        if not self.found and not any(c.isalnum() for c in self.text):
            return kind or ("empty" if not self.ports.items else None)
        return kind if kind in TALK else None

    def _queue(self, answer: Answer | None) -> str | None:
        """Impatience while a person is waited for asks for that person, and wishes nothing."""
        if self.ports.memory.handoff is None or answer is not None or self.found:
            return None
        open_question = self.asked is not None and self.asked.kind in OPEN
        return "queue" if awaits(self.text) or (remark(self.text) == "feeling" and not open_question) else None

    def _grumble(self, answer: Answer | None) -> str | None:
        """A remark beside a question of ours: it is no answer, and wishes nothing."""
        kind = remark(self.text)
        if kind is None or answer is not None or self.asked is None or self.asked.kind not in OPEN:
            return None
        if kind == "leave":
            return "leave" if self.asked.kind == "consent" else None
        return "grumble"

    def _answer(self, said: Slots) -> Answer | None:
        """The answer with its value in normal form; a value that is none is no answer."""
        objects = consent_objects(self.dialogue)
        answer = read_answer(self.text, self.language, self.asked, objects=objects)
        if answer is not None and answer.kind == "yes" and answer.bare and hurries(self.text):
            return None
        waiting = consent_of(self.dialogue)
        if waiting is not None and self.asked is not None and self.asked.kind != "consent":
            named = read_answer(self.text, self.language, waiting, objects=objects)
            if named is not None and not named.bare and (answer is None or answer.kind == "value"):
                self.asked = waiting  # it names the deed that waits, whatever else was asked meanwhile
                return named
        if answer is None or answer.kind != "value" or self.asked is None or self.asked.slot is None:
            return answer
        slot = self.asked.slot
        if slot == "reason" and (whole := own_words(str(answer.value))):
            return replace(answer, value=whole[:LONGEST_VALUE])
        if slot in said:
            return replace(answer, value=said[slot][0].value)
        if slot == "invoice_title" and any(n in said for n in CODES):
            return None  # another value is told, and no name beside it
        if self.elsewhere:
            return None  # 帮我取消订单 is nobody's name
        if slot not in NAMES:  # a shop's own: its tool checks it
            return replace(answer, value=str(answer.value)[:LONGEST_VALUE])
        value = normal(slot, str(answer.value), today=self.today, products=self.known)
        return replace(answer, value=value) if value else None

    def _unsaid_or_said(self, answer: Answer | None, said: Slots) -> list[Wish]:
        """The last wish with another value, where the text is little more than that; else the wishes that it says."""
        last = [] if answer else carried_on(self.text, self.language, said, self.found, self.dialogue.last)
        return last or self._goes_on() or self._wishes(answer)

    def _goes_on(self) -> list[Wish]:
        """What the last wish looked up, where the text says only how long it takes: 都两天了."""
        if remark(self.text) != "waiting" or not self.dialogue.last:
            return []
        wish = self.dialogue.last[-1]
        route = self.ports.catalogue[wish.intent].route("report")
        if route.write or "list_orders" not in route.reads:
            return []
        return [replace(wish, act="report", span=(0, len(self.text)), score=1.0, reader="code")]

    def _wishes(self, answer: Answer | None) -> list[Wish]:
        awaited = self.asked is not None and self.asked.kind not in ("offer", "anything_else")
        within = finder_in(self.text, self.found)
        found = wishes(self.text, self.language, self.ports.classifier, within, awaited=awaited)
        if self.asked is not None or self.dialogue.last:  # 买了20天了 tells more of what is spoken of
            found = [w for w in found if w.act != "report" or w.score >= CLEAR]
        if answer is not None and answer.kind == "value" and answer.value:
            start = self.text.find(answer.value)
            found = [w for w in found if w.span[0] >= max(start, 0) + len(answer.value)]
        found = distributed(found, self.found, self.ports.catalogue, self.ports.turn, self.text)
        found = in_part([self._with_reason(w) for w in found], self.text, self.language, self.found)
        return self._of_what_was_done(found)

    def _of_what_was_done(self, found: list[Wish]) -> list[Wish]:
        """A bare question after the time is about what was done just now: 多久能收到 after an invoice was asked for."""
        done, last = self.dialogue.focus.last_write, self.dialogue.last
        waits = [w for w in found if w.intent in WAITS and w.act not in WRITING]
        if done is None or not last or found != waits[:1] or not (waits or "day" in asked_for(self.text)):
            return found
        made = self.ports.catalogue[last[-1].intent]
        named = self.found or self.kinds or own_subject(self.text, self.language)
        if made.awaits is None or made.route("request").write != done or named:
            return found
        act: Act = "how" if made.awaits == made.name else "status"  # of an invoice the rule alone says when it comes
        heard = found[0] if found else Wish(made.awaits, act, span=(0, len(self.text)))
        return [replace(heard, intent=made.awaits, act=act)]

    def _with_reason(self, wish: Wish) -> Wish:
        """Where a wish may have a reason and none was recognised, what is told beside it is the reason."""
        if "reason" not in self.ports.catalogue[wish.intent].slots or wish.slots.get("reason"):
            return wish
        pieces = segments(self.text, self.language)
        own = [n for n, s in enumerate(pieces) if s.span[0] < wish.span[1] and wish.span[0] < s.span[1]]
        told = [t for n in own for t in pieces[n].told]
        if any(pieces[n].asks for n in own):  # can I swap it? the button sticks
            after = [s for s in pieces[own[0] : own[-1] + 2] if not s.asks and not s.empty]
            told += [(s.text, s.span) for s in after]
        told = [t for t in told if self._gives_reason(*t)]
        if not told:
            return wish
        text, span = told[0]
        return replace(
            wish, slots={**wish.slots, "reason": (Slot(text[:LONGEST_VALUE], "said", self.ports.turn, span),)}
        )

    def _gives_reason(self, clause: str, span: tuple[int, int]) -> bool:
        """Whether a clause may be a reason: it says something beside what it names, and is no answer or courtesy."""
        rest = list(clause)
        for start, end in [*(f.span for f in self.found), *(k.span for k in self.kinds)]:
            for place in range(max(start - span[0], 0), min(end - span[0], len(rest))):
                rest[place] = " "
        if len(content("".join(rest))) < SAYS or small_talk(clause) is not None or private(fold(clause)):
            return False
        if any(end == len(clause) for _, (_, end) in states(clause, self.language)):
            return False
        answer = read_answer(clause, self.language, Asked("consent"))
        return answer is None and not any(_within(span, f) for f in self.found)

    def _left_unsaid(self, said: Slots, card: bool) -> list[Wish]:
        """The wish of a text that leaves it unsaid: the last one with another value, or what a value alone asks."""
        last = carried_on(self.text, self.language, said, self.found, self.dialogue.last) if not self.text else []
        if self.corrects and self.dialogue.last and about_orders(self.ports.catalogue[self.dialogue.last[-1].intent]):
            last = put_right(self.text, said, self.dialogue.last, described=bool(self._hints()))
        return last or from_values(self.text, self.language, said, self.found, card=card)

    def _asked_model(self, found: list[Wish], sent: Slots) -> list[Wish]:
        """The model's wishes in place of what code only guessed; the values that it points out count as found."""
        if not self.ports.settings.understand_with_model:
            return found
        if not unsure(self.text, self.language, self.found, found, self.dialogue):
            return found
        told = understood(self.text, self.language, self.asked, self.ports)
        said = Said(self.text, self.found, self.today, self.known)
        wishes, self.found = placed(told, said, self.language, self.ports)
        wishes = [self._with_reason(replace(w, slots={**sent, **w.slots})) for w in wishes]
        return in_part(wishes, self.text, self.language, self.found) or found

    def _added(self, last: str) -> str:
        """The last question with the condition that the text adds to it."""
        return f"{last.rstrip('。.?？!！ ')}{'。' if self.language == 'zh' else '. '}{self.text}"

    def _restated(self, text: str) -> str:
        spoken = {document: n for n, document in enumerate(self.dialogue.focus.products)}  # the latest first
        focus = [p for p in self.known if p.document.upper() in spoken]
        focus.sort(key=lambda p: spoken[p.document.upper()])
        last = self.dialogue.focus.last_question
        return restated(text, self.language, last=last, named=mentioned(text, self.known), focus=focus)

    def _queries(self, found: Sequence[Wish], query: str) -> Mapping[tuple[int, int], str]:
        """The questions of the wishes; one that has nearly the whole text is `query`."""
        if len(found) == 1 and self._asking(found[0].span) == self.text[slice(*found[0].span)]:
            start, end = found[0].span
            whole = end - start >= MOST_OF * len(self.text)
            return {found[0].span: query if whole else self._restated(self.text[start:end])}
        return {w.span: self._restated(self._asking(w.span)) for w in found}

    def _asking(self, span: tuple[int, int]) -> str:
        """The words of a wish, without what is told beside them where the question names its subject by itself."""
        told = [s for s in segments(self.text, self.language) if s.told and s.span == span]
        cores = [s.core for s in told if own_subject(s.core, self.language) or self._names(s.core)]
        return cores[0] if len(cores) == 1 else self.text[slice(*span)]

    def _names(self, words: str) -> bool:
        """Whether a part of the text names a product or a kind of things."""
        start = self.text.find(words)
        spans = [k.span for k in self.kinds] + [f.span for f in self.found if f.name == "product"]
        return any(start <= first and last <= start + len(words) for first, last in spans)

    def _products(self, query: str, found: Sequence[Wish]) -> tuple[str, ...]:
        """The documents of the products that the text is about, by name or by pointing to the last one.

        A short question of what a thing is or how it works is about the last one without pointing: 能同时连平板吗.
        """
        if self.named:
            return tuple(p.document.upper() for p in self.named)
        focus = self.dialogue.focus.products
        asks = bool(found) and all(w.intent in (*ABOUT_THINGS, "price_stock") for w in (*found, *self.dialogue.last))
        points = query != self.text and leaning(self.text, self.language)
        points = points or (asks and attached(self.text, self.language))
        return focus[:1] if points and not own_subject(self.text, self.language) else ()

    def _hints(self) -> tuple[Hint, ...]:
        several = [k for k in self.kinds if len(k.products) > 1]
        named = [Hint(k.span, tuple(p.upper() for p in k.products)) for k in several]
        days = [f for f in self.found if f.name in ("date", "period") and bought(self.text, self.language, f.span)]
        placed = [Hint(f.span, placed=f.value) for f in days]
        return (*named, *placed, *(Hint(span, state=state) for state, span in states(self.text, self.language)))

    def _valid_on(self, query: str) -> str | None:
        days = dates(self.text, self.today)
        if days:
            return days[0].isoformat() if days[0] <= self.today else None
        return self.ports.memory.last_valid_on if query != self.text else None


def _within(span: tuple[int, int], found: Found) -> bool:
    """Whether a clause is hardly more than a value."""
    start, end = found.span
    return start <= span[0] + 2 and span[1] - 2 <= end


def answer_is_all(answer: Answer | None) -> bool:
    """Whether the answer leaves nothing else to be read."""
    return answer is not None and (answer.bare or answer.kind == "choice")
