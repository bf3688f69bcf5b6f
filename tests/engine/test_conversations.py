"""Whole conversations that nobody wrote: what must hold whatever customers say, in whatever order."""

import asyncio
import json
import random
import re
from pathlib import Path

import pytest
import yaml
from visits import content

from shopassist import Customer, Done, Sentence
from shopassist.engine.state import Memory
from shopassist.language.alarms import alarm
from shopassist.replies import plain
from shopassist.storage.sql import SqlStore
from shopassist.testing.memory_shop import MemoryShop
from shopassist.testing.seed import sample
from shopassist.tools import MemoryLedger

TABLE = Path(__file__).with_name("understanding.txt")
DIALOGUES = Path(__file__).parents[2] / "scenarios" / "dialogues"
CUSTOMERS = [Customer(c["id"]) for c in sample()["customers"]]
ORDERS = {o["id"]: o["customer"] for o in sample()["orders"]}
MADE_BY = {
    "request_return": "returns",
    "request_exchange": "exchanges",
    "request_price_protection": "price_protections",
    "request_invoice": "invoices",
    "urge_delivery": "urges",
    "open_ticket": "tickets",
}
"""The table in which a tool makes a row."""

RENEWING = ("cancel_order", "change_address", "change_contact")
TURNS, TASKS, SLOTS, BYTES = 60, 6, 50, 16 * 1024


def lines():
    rows = [line.split(" | ") for line in TABLE.read_text("utf-8").splitlines() if line and line[0] != "#"]
    return [(row[0].strip(), row[2].replace("\\n", "\n"), row[3]) for row in rows]


def said():
    """What the scenarios' customers say; what hands the conversation to a person ends it, and is left out."""
    for file in sorted(DIALOGUES.glob("*.yaml")):
        for scenario in yaml.safe_load(file.read_text("utf-8")):
            for turn in scenario["turns"]:
                text = turn.get("say") or ""
                text = "\n".join(text) if isinstance(text, list) else text
                if text and not turn.get("expect", {}).get("handoff"):
                    yield text


def own(text):
    """Whether a text keeps the bot in the conversation."""
    return not any(alarm(text, language) for language in ("zh", "en")) and not re.search(
        "人工|真人|human|经理|老板", text
    )


TEXTS = sorted({t for _, t, _ in lines() if own(t)} | {t for t in said() if own(t)})
CHANGES = [t for _, t, result in lines() if own(t) and re.match(r"[a-z_]+/(?:request|can)", result)]
NUMBERED = [f"{verb} {order}" for order in ORDERS for verb in ("取消", "退货", "催一下", "开发票 个人", "补差价")]
AGREED = [t for asked, t, result in lines() if asked.startswith("consent") and re.match(r"yes\+?$", result.strip())]
HELD = [t for asked, t, result in lines() if asked.startswith("consent") and result.strip() == "hold"]
BARE = {t for asked, t, result in lines() if result.strip() == "yes"}
"""Texts that agree only to what the reply before them asked."""


def talk(chance, customer, turns=TURNS):
    """The texts of a conversation, one by one; ``send(True)`` says that a consent waits."""
    waits = False
    own_orders = [n for n in NUMBERED if ORDERS[n.split(" ")[-1]] == customer.id]
    for _ in range(turns):
        dice = chance.random()
        if waits and dice < 0.4:
            text = chance.choice(AGREED if dice < 0.3 else HELD)
        elif own_orders and dice < 0.55:
            text = chance.choice(own_orders)
        else:
            text = chance.choice(CHANGES if dice < 0.7 else TEXTS)
        waits = yield text


class Recorded(MemoryLedger):
    """A ledger that keeps in mind what was begun, in its order."""

    def __init__(self):
        super().__init__()
        self.begun = []

    def begin(self, write, tx=None):
        self.begun.append(write)
        return super().begin(write, tx)


def played(reply, texts):
    """The texts and replies of a conversation, to its end."""
    text = next(texts)
    while True:
        answer = reply(text)
        yield text, answer
        try:
            text = texts.send(answer.consent is not None)
        except StopIteration:
            return


@pytest.mark.parametrize("seed", range(6))
def test_no_write_happens_without_a_consent_question_that_names_its_order_nor_twice(assistant, settings, seed):
    chance, ledger, shop = random.Random(seed), Recorded(), MemoryShop.sample(settings.now)
    customer = (CUSTOMERS[0], CUSTOMERS[1], CUSTOMERS[3])[seed % 3]
    before = {table: [dict(row) for row in rows] for table, rows in shop.tables.items()}
    bot = assistant(shop=shop, ledger=ledger)
    asked, done, waiting, before_last = {}, [], None, ""
    for text, reply in played(lambda t: bot.reply(t, conversation="c", customer=customer), talk(chance, customer)):
        for outcome in reply.tool_outcomes:
            tool, question = asked[waiting]
            assert tool == outcome.name
            order = outcome.args.get("order_id", "")
            assert order in question, (text, question)
            assert text not in BARE or (order in before_last and before_last.endswith(("？", "?"))), (text, before_last)
            done += [waiting] if outcome.status == "done" and not outcome.repeated else []
        waiting, before_last = (reply.consent.id if reply.consent else None), reply.text
        if reply.consent:
            asked.setdefault(waiting, (reply.consent.tool, reply.text))
    keys = [w.key for w in ledger.begun]
    assert len(set(keys)) == len(keys)
    assert len(set(done)) == len(done)
    assert set(done) <= set(keys) <= set(asked)
    assert all(w.subject == customer.id for w in ledger.begun)
    agrees(before, shop.tables, [w for w in ledger.begun if w.key in done])
    assert done


def agrees(before, after, writes):
    """The shop's tables have changed by the writes and by nothing else."""
    made = {table: len(after[table]) - len(rows) for table, rows in before.items()}
    for tool, table in MADE_BY.items():
        if table != "tickets":
            assert made[table] == sum(w.tool == tool for w in writes), table
    assert sum(w.tool == "open_ticket" for w in writes) <= made["tickets"]
    assert made["tickets"] <= sum(w.tool in ("open_ticket", "urge_delivery") for w in writes)
    assert not any(made[t] for t in before if t not in (*MADE_BY.values(), "return_lines", "events"))
    touched = {w.args.get("order_id") for w in writes}
    for old, new in zip(before["orders"], after["orders"], strict=True):
        assert old["id"] in touched or old == new
        changed = sum(w.tool in RENEWING and w.args["order_id"] == old["id"] for w in writes)
        assert changed or all(old[n] == new[n] for n in ("status", "address", "recipient", "phone"))
    for table in set(MADE_BY.values()):
        ids = [row["id"] for row in after[table] if "id" in row]
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("seed", range(3))
def test_what_a_conversation_remembers_stays_within_its_bounds(assistant, settings, seed):
    chance, customer = random.Random(seed), CUSTOMERS[seed]
    bot = assistant(shop=MemoryShop.sample(settings.now))
    texts = talk(chance, customer)
    for _ in played(lambda t: bot.reply(t, conversation="c", customer=customer), texts):
        pass
    state = bot.export("c", customer=customer)["state"]
    dialogue = state["dialogue"]
    slots = [s for t in dialogue["tasks"] for values in t["slots"].values() for s in values]
    assert len(dialogue["tasks"]) <= TASKS
    assert len(slots) + sum(map(len, dialogue["said"].values())) <= SLOTS
    assert len(json.dumps(state, ensure_ascii=False).encode()) <= BYTES
    assert plain(Memory.load(state)) == state


@pytest.mark.parametrize("seed", range(2))
def test_a_store_that_is_opened_anew_for_each_turn_changes_no_reply(assistant, settings, tmp_path, seed):
    customer, chance = CUSTOMERS[seed], random.Random(100 + seed)
    kept = assistant(name="kept.db", shop=MemoryShop.sample(settings.now))
    anew = assistant(name="anew.db", shop=MemoryShop.sample(settings.now))
    for text, reply in played(
        lambda t: kept.reply(t, conversation="c", customer=customer), talk(chance, customer, TURNS // 2)
    ):
        anew.store.close()
        anew.store = SqlStore(f"sqlite:///{tmp_path / 'anew.db'}")
        assert content(anew.reply(text, conversation="c", customer=customer)) == content(reply), text


@pytest.mark.parametrize("seed", range(2))
def test_all_doors_say_the_same(assistant, settings, seed):
    customer, chance = CUSTOMERS[-seed], random.Random(200 + seed)
    door, other, third = (
        assistant(name=name, shop=MemoryShop.sample(settings.now)) for name in ("reply.db", "areply.db", "s.db")
    )
    for text, reply in played(
        lambda t: door.reply(t, conversation="c", customer=customer), talk(chance, customer, TURNS // 3)
    ):
        assert content(asyncio.run(other.areply(text, conversation="c", customer=customer))) == content(reply), text
        events = list(third.stream(text, conversation="c", customer=customer))
        assert isinstance(events[-1], Done)
        assert content(events[-1].reply) == content(reply), text
        shown = [e.text for e in events if isinstance(e, Sentence)]
        assert "".join("".join(shown).split()) == "".join(reply.text.split())


def secrets_of(shop):
    """By customer, what no other customer may be shown."""
    found = {}
    for person in shop.tables["customers"]:
        found[person["id"]] = {person["name"], person["phone"]}
    for order in shop.tables["orders"]:
        found[order["customer"]] |= {order["id"], order["address"], order["tracking"]}
    for row in shop.tables["returns"]:
        found[ORDERS[row["order_id"]]].add(row["id"])
    return {customer: {s for s in values if s} for customer, values in found.items()}


@pytest.mark.parametrize("caller", [*CUSTOMERS[:1], CUSTOMERS[2], CUSTOMERS[3], None], ids=lambda c: c.id if c else "-")
def test_nobody_is_shown_what_is_another_customers(assistant, settings, caller):
    shop = MemoryShop.sample(settings.now)
    hidden = secrets_of(shop)
    mine = hidden.pop(caller.id) if caller else set()
    others = set().union(*hidden.values()) - mine
    chance, typed = random.Random(300), ""
    prying = [f"{verb}{order}" for order in ORDERS for verb in ("查一下", "取消", "退款", "物流到哪了 ", "地址是哪里 ")]
    bot = assistant(shop=shop)
    texts = (chance.choice(prying if n % 2 else TEXTS) for n in range(TURNS))
    for text in texts:
        typed += text
        reply = bot.reply(text, conversation="c", customer=caller)
        shown = json.dumps(content(reply), ensure_ascii=False)
        assert not {s for s in others if s in shown and s not in typed}, (text, reply.text)
