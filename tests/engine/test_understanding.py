"""What a message means against what was asked and talked about: `understanding.txt` is the specification."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest

from shopassist import Customer
from shopassist.dialogue import Act, Asked, AskedKind, Consent, Focus, Option, Quote, Slot, Task, Wish
from shopassist.engine.planning.contracts import Dialogue
from shopassist.engine.receive import receive
from shopassist.engine.state import Memory, Ports
from shopassist.engine.understand import understand
from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.language.slots import NAMES, same
from shopassist.tools import Toolbox
from shopassist.vault import Vault

TABLE = Path(__file__).with_name("understanding.txt")
CLASSIFIER = Classifier(Catalogue.load())
TURN = 7
LATER = datetime.fromisoformat("2024-12-05T10:15:00+08:00")

NUMBERS = {"001": "20241201", "002": "20241201", "003": "20241203", "004": "20241120", "005": "20241130"}
NUMBERS |= {"010": "20241204", "011": "20241125"}
ORDERS = {end: f"ORD{day}{end}" for end, day in NUMBERS.items()}
"""Orders of the sample shop by the ends of their numbers."""

LITE = {"order_id": ORDERS["005"], "product": "P-1002"}
CONSENTS = {
    "cancel_order": ("cancel_order", {"order_id": ORDERS["002"]}, "机械键盘K87", "Mechanical Keyboard K87"),
    "return_refund": ("request_return", LITE, "无线降噪耳机Lite", "Noise-Cancelling Earbuds Lite"),
    "exchange": ("request_exchange", {**LITE, "variant": "珍珠白"}, "无线降噪耳机Lite", "Noise-Cancelling Earbuds Lite"),
    "cancel_service": ("cancel_return", LITE, "无线降噪耳机Lite", "Noise-Cancelling Earbuds Lite"),
    "change_address": ("change_address", {"order_id": ORDERS["003"], "address": "上海市静安区南京西路8号"}, "65W氮化镓充电器", "65 W GaN Charger"),
    "change_contact": ("change_contact", {"order_id": ORDERS["003"], "recipient": "李雷"}, "65W氮化镓充电器", "65 W GaN Charger"),
    "urge_delivery": ("urge_delivery", {"order_id": ORDERS["003"]}, "65W氮化镓充电器", "65 W GaN Charger"),
    "invoice": ("request_invoice", {"order_id": ORDERS["005"], "invoice_title": "个人"}, "无线降噪耳机Lite", "Noise-Cancelling Earbuds Lite"),
    "price_protection": ("request_price_protection", {"order_id": ORDERS["003"]}, "65W氮化镓充电器", "65 W GaN Charger"),
    "complaint": ("open_ticket", {"subject": "投诉"}, "", ""),
}  # fmt: skip
"""What a consent question proposes: tool, arguments, and what the order is of."""

EMMAS = {
    "cancel_order": ({"order_id": ORDERS["010"]}, "智能手环B5", "Fitness Band B5"),
    "change_address": ({"order_id": ORDERS["010"], "address": "88 Garden Road"}, "智能手环B5", "Fitness Band B5"),
    "return_refund": ({"order_id": ORDERS["011"]}, "无线鼠标M3", "Wireless Mouse M3"),
    "invoice": ({"order_id": ORDERS["011"]}, "无线鼠标M3", "Wireless Mouse M3"),
}
"""The same about the orders of the customer who writes English."""

ASKS_FOR = {
    "address": "change_address", "phone": "change_contact", "recipient": "change_contact", "variant": "exchange",
    "reason": "exchange", "date": "change_delivery_time", "quantity": "return_refund", "order_id": "cancel_order",
}  # fmt: skip
"""Whose task asks for a slot; for what is not named here it is the invoice's."""

CHOICES = {
    "orders": ("order_id", [(ORDERS["001"], "无线降噪耳机Pro"), (ORDERS["003"], "65W氮化镓充电器")]),
    "parcels": ("order_id", [(ORDERS["010"], "Fitness Band B5"), (ORDERS["011"], "Wireless Mouse M3")]),
    "colours": ("variant", [(c, c) for c in ("曜石黑", "珍珠白", "星空蓝")]),
}

ANSWERS = ("yes", "no", "hold", "value", "choice")
MARKS = (*ANSWERS, "nothing", "talk", "alarm", "mood", "about", "asks", "heard", "back")
SAYING = ("reason", "topic", "date", "period", "price_range", "quantity")
"""Slots whose values say more of what is said than of what it is about: a line names them where they matter."""


@dataclass
class Expected:
    """A line's result, read."""

    wishes: list = field(default_factory=list)
    optional: list = field(default_factory=list)
    marks: dict = field(default_factory=dict)


def lines():
    """The table's lines: number, asked, about, text, result, what is wrong."""
    for number, line in enumerate(TABLE.read_text("utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            cells = [c.strip() for c in line.split(" | ")]
            yield number, *cells, *[""] * (5 - len(cells))


def cases():
    for number, asked, about, text, result, wrong in lines():
        marks = [pytest.mark.xfail(reason=wrong, strict=True)] if wrong else []
        yield pytest.param(asked, about, text, result, id=f"{number}: {asked} {text}", marks=marks)


def expected(result):
    found = Expected()
    for item in (i.strip() for i in result.split(";")):
        word, _, rest = item.partition(" ")
        names, plus = word.rstrip("+"), word.endswith("+")
        if item.startswith("("):
            found.optional.append(wish_of(item.strip("()")))
        elif set(names.split(",")) <= set(MARKS):
            found.marks.setdefault(names, []).append((rest, plus))
        else:
            found.wishes.append(wish_of(item))
    return found


def wish_of(item):
    """Intents, acts and values of ``cancel_order,refund_status/verify order_id=*002``."""
    head, *values = re.split(r" (?=[a-z_]+=)", item)
    intents, _, acts = head.partition("/")
    slots = {}
    for name, _, value in (v.partition("=") for v in values):
        slots.setdefault(name, []).append(value)
    return intents.split(","), acts.split(","), slots


def asked_of(words, about):
    """What was asked, and the consent that waits."""
    kind, _, rest = words.partition(" ")
    if kind in ("consent", "held"):
        tool, args, *names = CONSENTS[rest]
        if about in ("010", "011"):
            args, *names = EMMAS[rest]
        items = [{"zh": names[0], "en": names[1]}] if names[0] else []
        consent = Consent("key", tool, args, Quote(True, facts={"items": items}), LATER)
        return (Asked("consent", rest, "t1", turn=TURN - 1) if kind == "consent" else None), consent
    if kind == "slot":
        return Asked("slot", ASKS_FOR.get(rest, "invoice"), "t1", rest, turn=TURN - 1), None
    if kind == "choice":
        slot, options = CHOICES[rest]
        made = tuple(Option(v, f"{v} {label}" if slot == "order_id" else label) for v, label in options)
        return Asked("choice", "cancel_order", "t1", slot, made, TURN - 1), None
    if kind == "offer":
        return Asked("offer", rest, turn=TURN - 1), None
    return (Asked("anything_else", turn=TURN - 1) if kind == "else" else None), None


def dialogue_of(words, about):
    asked, consent = asked_of(words, about)
    task = ()
    if asked or consent:
        intent = asked.intent if asked else words.split()[1]
        slots = {n: (Slot(str(v)),) for n, v in consent.args.items()} if consent else {}
        status = "consent" if consent else "asking"
        task = (Task("t1", intent, status, slots, TURN - 1, TURN - 1),) if intent else ()
    orders, products, last, question = [], [], (), None
    for item in about.split("; ") if about != "-" else ():
        if item in ORDERS:
            orders.append(ORDERS[item])
        elif item.startswith("P-"):
            products.append(item)
        elif item.startswith('"'):
            question = item.strip('"')
        else:
            last = (last_wish(item),)
    focus = Focus(tuple(orders), tuple(products), question)
    return Dialogue(focus, asked, task, consent, "t1" if consent else None, last)


def last_wish(item):
    head, *values = item.split(" ")
    intent, _, act = head.partition("/")
    slots = {}
    for value in values:
        name = "order_id" if value in ORDERS else "product" if value.startswith("P-") else "variant"
        slots[name] = (Slot(ORDERS.get(value, value), turn=TURN - 1),)
    return Wish(intent, act or "request", slots)


@pytest.fixture
def heard(settings, lexical):
    """Read a line as the engine does: ``heard(asked, about, text)`` gives the turn's state and the values' reader."""

    def read(asked, about, text):
        vault = Vault()
        ports = Ports(
            settings=settings,
            now=settings.now(),
            customer=Customer("u-1001"),
            memory=Memory(customer="u-1001", dialogue=dialogue_of(asked, about)),
            conversation="c",
            turn=TURN,
            raw=tuple(vault.hide(t) for t in text.split("\\n")),
            items=(),
            vault=vault,
            catalogue=CLASSIFIER.catalogue,
            classifier=CLASSIFIER,
            texts=None,
            toolbox=Toolbox(()),
            hand_off=lambda reason, summary: "H-1",
            knowledge=lexical,
            writer=None,
            who="a visitor",
            warm_at="0",
            began=0.0,
            deadline=0.0,
            anew_until=0.0,
            newer=lambda: False,
        )
        runtime = SimpleNamespace(context=ports)
        state = receive({}, runtime)
        return {**state, **understand(state, runtime)}, vault.normal

    return read


def fits(wish, spec, shown):
    """Whether a wish is what a line says."""
    intents, acts, slots = spec
    if wish.intent not in intents or (acts != ["*"] and wish.act not in acts):
        return False
    named = {n for n in wish.slots if n not in SAYING and wish.slots[n]} | set(slots)
    return all(
        len(wish.slots.get(n, ())) == len(slots.get(n, ()))
        and all(same(n, shown(s.value), v) for s, v in zip(wish.slots.get(n, ()), slots.get(n, ()), strict=False))
        for n in named
    )


def told(state, shown):
    """What was understood, in the table's words."""
    heard = state["heard"]
    parts = [
        " ".join([f"{w.intent}/{w.act}", *(f"{n}={shown(s.value)}" for n, v in w.slots.items() for s in v)])
        for w in heard.wishes
    ]
    if heard.answer is not None:
        kind, value = heard.answer.kind, heard.answer.value
        parts.append(f"{kind}{'' if heard.answer.bare else '+'} {shown(value) if value else ''}".strip())
    parts += [f"{n} {v}" for n, v in (("talk", heard.talk), ("alarm", heard.alarm), ("mood", state["mood"])) if v]
    parts += [f"heard {n}={shown(s.value)}" for n, v in heard.slots.items() for s in v]
    return "; ".join([*parts, *(f"about {p}" for p in heard.products), f"asks {heard.query}"])


def wrong(state, shown, line):
    """What is not as the line says, or None."""
    heard, marks = state["heard"], line.marks
    left = list(heard.wishes)
    for spec in line.wishes:
        one = next((w for w in left if fits(w, spec, shown)), None)
        if one is None:
            return f"no wish {spec}"
        left.remove(one)
    for spec in line.optional:
        left = [w for w in left if not fits(w, spec, shown)]
    if left:
        return f"a wish too many: {left[0].intent}/{left[0].act}"
    answers = [(n.split(","), *mark) for n, found in marks.items() for mark in found if n.split(",")[0] in ANSWERS]
    if bool(answers) != (heard.answer is not None):
        return "an answer that is none" if heard.answer else "no answer"
    for kinds, value, plus in answers:
        if heard.answer.kind not in kinds or heard.answer.bare == plus:
            return "another answer"
        if value and shown(heard.answer.value or "") != value:
            return "another value"
    if heard.alarm != next((v for v, _ in marks.get("alarm", ())), None):
        return "the alarm"
    for name, got in (("talk", heard.talk), ("mood", state["mood"])):
        if name in marks and got != marks[name][0][0]:
            return f"the {name}"
    if "about" in marks and heard.products != tuple(v for v, _ in marks["about"]):
        return "another product"
    if missing := [v for v, _ in marks.get("asks", ()) if v not in heard.query]:
        return f"the question lacks {missing[0]}"
    if "back" in marks and not heard.back:
        return "does not point back"
    for value, _ in marks.get("heard", ()):
        name, _, said = value.partition("=")
        if not any(same(name, shown(s.value), said) for s in heard.slots.get(name, ())):
            return f"{name} was not heard"
    return None


@pytest.mark.parametrize(("asked", "about", "text", "result"), list(cases()))
def test_a_message_means_what_the_table_says(heard, asked, about, text, result):
    state, shown = heard(asked, about, text)
    problem = wrong(state, shown, expected(result))
    assert problem is None, f"{problem}\n  right: {result}\n  heard: {told(state, shown)}"


def test_the_table_covers_what_there_is():
    read = [(asked, expected(result)) for _, asked, _, _, result, _ in lines()]
    wishes = [w for _, line in read for w in (*line.wishes, *line.optional)]
    talk = {v for _, line in read for v, _ in line.marks.get("talk", ())}
    known = {i.name for i in CLASSIFIER.catalogue}
    assert {i for intents, _, _ in wishes for i in intents} <= known
    assert {a for _, acts, _ in wishes for a in acts} <= {*get_args(Act), "*"}
    assert known <= {i for intents, _, _ in wishes for i in intents} | talk
    assert set(get_args(Act)) <= {a for _, acts, _ in wishes for a in acts}
    assert {"-", "consent", "held", "slot", "choice", "offer", "else"} == {asked.split()[0] for asked, _ in read}
    assert len(get_args(AskedKind)) == 5
    slots = {n for _, _, named in wishes for n in named} | {asked.split()[1] for asked, _ in read if "slot" in asked}
    assert set(NAMES) <= slots


def test_the_table_is_long_enough_and_says_nothing_twice():
    read = [(asked, about, text) for _, asked, about, text, _, _ in lines()]
    assert len(read) >= 300
    assert len(set(read)) == len(read)
    assert all(text for _, _, text in read)
