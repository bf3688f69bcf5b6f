"""The planner as a specification: what is heard, and what the shop may then be asked, told and made to do."""

import json
import random
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from shopassist.dialogue import Answer, Slot, Wish
from shopassist.engine.planning.contracts import Dialogue, Heard, Setting, Settled
from shopassist.engine.planning.planner import MOST_TASKS, plan
from shopassist.engine.planning.sheet import CLOSED
from shopassist.engine.state import Memory
from shopassist.engine.understand import asked_of
from shopassist.language.catalogue import Catalogue
from shopassist.messages import Customer
from shopassist.replies import plain
from shopassist.testing.memory_shop import MemoryShop
from shopassist.tools.builtin import builtin
from shopassist.tools.context import ToolContext
from shopassist.tools.memory_ledger import MemoryLedger
from shopassist.tools.toolbox import Toolbox

NOW = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
CATALOGUE = Catalogue.load()
TO_PAY, PAID, SHIPPED = "ORD20241201002", "ORD20241203003", "ORD20241201001"
YES, NO, HOLD = Answer("yes"), Answer("no"), Answer("hold")


class Talk:
    """A conversation with the planner: it asks the sample shop what the planner wants to know, and writes."""

    def __init__(self, customer="u-1001"):
        self.now, self.turn, self.dialogue = NOW, 0, Dialogue()
        self.shop = MemoryShop.sample(lambda: self.now)
        tools = builtin(self.shop.orders, self.shop.catalogue, self.shop.after_sales)
        self.toolbox = Toolbox(tools, self.shop.orders, MemoryLedger(), time_limit=None)
        self.customer = Customer(customer) if customer else None
        self.rounds = []

    def setting(self):
        tools = [self.toolbox.get(name) for name in self.toolbox.names]
        arguments = {t.name: t.arguments for t in tools}
        return Setting(
            turn=self.turn,
            now=self.now,
            catalogue=CATALOGUE,
            key=f"c{self.turn}",
            tools={t.name: (arguments[t.name].required, arguments[t.name].names) for t in tools if t.effect == "write"},
            reads={t.name: arguments[t.name].names for t in tools if t.effect == "read"},
            partial=frozenset(t.name for t in tools if t.partial),
            known_customer=self.customer is not None,
            answered_from=self.now,
        )

    def hear(self, *wishes, answer=None, text="……", slots=None, **more):
        self.turn += 1
        heard = Heard(text, wishes, answer, asked_of(self.dialogue), slots or {}, query=text, **more)
        context, settled, write = ToolContext(self.customer, self.now), None, None
        found = self.planned(heard, settled, context)
        if found.write or found.handoff:
            write, outcome = found.write, None
            if write:
                assert self.dialogue.consent == write
                outcome = self.toolbox.write(write.tool, write.args, write, context)
            settled = Settled(outcome, "H1234" if found.handoff else None)
            found = self.planned(heard, settled, context)
            assert found.write is None
            assert found.handoff is None
        self.dialogue = self.stored(found.dialogue)
        points = [f"{p.kind}:{p.name}" for p in found.points]
        outcome = settled.outcome if settled else None
        return SimpleNamespace(points=points, plan=found, write=write, outcome=outcome, asked=found.dialogue.asked)

    def planned(self, heard, settled, context):
        known, asked = {}, 0
        while (found := plan(self.dialogue, heard, self.setting(), known, settled)).reads:
            asked += 1
            assert asked <= 3
            for call in found.reads:
                run = self.toolbox.check if call.effect == "check" else self.toolbox.read
                known[call] = run(call.name, dict(call.args), context)
        self.rounds.append(asked)
        assert plan(self.dialogue, heard, self.setting(), known, settled) == found
        return found

    def stored(self, dialogue):
        """As it comes back from the store: the same."""
        memory = Memory.load(json.loads(json.dumps(plain(Memory(dialogue=dialogue)))))
        assert memory.dialogue == dialogue
        return memory.dialogue


def wish(intent, act="request", **slots):
    return Wish(intent, act, {n: (Slot(v),) for n, v in slots.items()})


def test_a_change_is_checked_then_asked_then_done():
    talk = Talk()
    first = talk.hear(wish("cancel_order", order_id=TO_PAY))
    assert first.points == ["consent:cancel_order"]
    assert first.write is None
    done = talk.hear(answer=YES)
    assert done.outcome.status == "done"
    assert talk.shop.orders.get("u-1001", TO_PAY).status == "cancelled"
    assert talk.dialogue.consent is None


def test_a_change_that_the_rules_forbid_is_refused_with_its_policy():
    talk = Talk()
    refused = talk.hear(wish("cancel_order", order_id=SHIPPED))
    assert refused.points == ["refused:cancel_order.shipped"]
    assert [q.policy for q in refused.plan.queries] == ["cancel"]
    assert refused.asked is None
    assert talk.hear(answer=YES).write is None


@pytest.mark.parametrize("answer", [NO, HOLD, None])
def test_nothing_but_a_yes_writes(answer):
    talk = Talk()
    talk.hear(wish("cancel_order", order_id=TO_PAY))
    assert talk.hear(answer=answer).write is None
    assert talk.shop.orders.get("u-1001", TO_PAY).status == "unpaid"


def test_a_no_drops_the_consent_and_a_later_yes_means_nothing():
    talk = Talk()
    talk.hear(wish("cancel_order", order_id=TO_PAY))
    assert talk.hear(answer=NO).points == ["fact:dropped"]
    assert talk.hear(answer=YES).write is None


def test_a_held_consent_waits_and_a_wish_that_names_the_deed_is_the_yes():
    talk = Talk()
    talk.hear(wish("cancel_order", order_id=TO_PAY))
    assert talk.hear(answer=HOLD).points == ["fact:held"]
    assert talk.hear(answer=YES).write is None
    assert talk.hear(answer=Answer("yes", bare=False)).outcome.status == "done"


def test_a_digression_keeps_the_consent_and_ends_by_asking_again():
    talk = Talk()
    talk.hear(wish("cancel_order", order_id=TO_PAY))
    aside = talk.hear(wish("policy_question", "how"), text="退货运费谁出")
    assert aside.plan.queries
    assert aside.points == ["consent:cancel_order"]
    assert talk.hear(answer=YES).outcome.status == "done"


def test_a_consent_expires_and_is_asked_for_again():
    talk = Talk()
    talk.hear(wish("cancel_order", order_id=TO_PAY))
    talk.now += timedelta(minutes=16)
    late = talk.hear(answer=YES)
    assert late.write is None
    assert late.points == ["fact:expired", "consent:cancel_order"]
    assert talk.hear(answer=YES).outcome.status == "done"


def test_a_changed_argument_asks_again():
    talk = Talk()
    talk.hear(wish("change_address", order_id=PAID, address="上海市徐汇区漕溪路1号"))
    again = talk.hear(wish("change_address", address="上海市静安区南京西路8号"))
    assert again.points == ["consent:change_address"]
    assert again.write is None
    assert talk.dialogue.consent.args["address"] == "上海市静安区南京西路8号"
    talk.hear(answer=YES)
    assert "南京西路8号" in talk.shop.orders.get("u-1001", PAID).address


def test_an_order_that_changed_after_the_question_is_not_touched():
    talk = Talk()
    talk.hear(wish("cancel_order", order_id=PAID))
    talk.shop.change_order(PAID, status="shipped")
    done = talk.hear(answer=YES)
    assert done.outcome.status in ("changed", "refused")
    assert talk.shop.orders.get("u-1001", PAID).status == "shipped"


def test_two_changes_are_asked_one_after_the_other():
    talk = Talk()
    both = talk.hear(
        wish("cancel_order", order_id=TO_PAY), wish("change_address", order_id=PAID, address="上海市徐汇区漕溪路1号")
    )
    assert both.points == ["fact:queued", "consent:change_address"]
    second = talk.hear(answer=YES)
    assert second.outcome.name == "change_address"
    assert second.points == ["done:change_address", "consent:cancel_order"]
    assert talk.hear(answer=YES).outcome.name == "cancel_order"


def test_more_tasks_than_are_kept_lose_none_and_are_told_to_wait():
    talk = Talk()
    talk.hear(wish("cancel_order", order_id=TO_PAY))
    for order in ("ORD20241130005", "ORD20241120004"):
        talk.hear(wish("invoice", order_id=order, invoice_title="张伟"))
    talk.hear(wish("change_address", order_id=PAID, address="上海市徐汇区漕溪路1号"), wish("complaint"))
    talk.hear(wish("return_refund", order_id="ORD20241130005"))
    assert [t.status for t in talk.dialogue.tasks] == ["consent", *["queued"] * (MOST_TASKS - 1)]
    over = talk.hear(wish("change_contact", order_id=PAID, phone="13811112222"))
    assert "fact:too_many" in over.points
    assert over.points[-1] == "consent:cancel_order"
    written = [talk.hear(answer=YES).outcome.name for _ in range(MOST_TASKS)]
    assert written[:2] == ["cancel_order", "change_address"]
    assert sorted(written[2:]) == ["open_ticket", "request_invoice", "request_invoice", "request_return"]


def test_wishes_that_exclude_each_other_are_asked_about():
    talk = Talk()
    asked = talk.hear(wish("cancel_order", order_id=PAID), wish("urge_delivery", order_id=PAID))
    assert asked.points == ["ask:conflict"]
    assert {o.value for o in asked.asked.options} == {"cancel_order", "urge_delivery"}


@pytest.mark.parametrize("act", ["request", "can", "verify"])
def test_a_wish_that_names_one_of_two_deeds_chooses_it(act):
    talk = Talk()
    talk.hear(wish("cancel_order", order_id=PAID), wish("urge_delivery", order_id=PAID))
    chosen = talk.hear(wish("urge_delivery", act))
    assert chosen.points == ["consent:urge_delivery"]
    assert {t.intent: t.status for t in talk.dialogue.tasks} == {
        "cancel_order": "cancelled",
        "urge_delivery": "consent",
    }


@pytest.mark.parametrize("act", ["how", "status", "report"])
def test_a_question_about_one_of_two_deeds_leaves_the_choice_open(act):
    talk = Talk()
    talk.hear(wish("cancel_order", order_id=PAID), wish("urge_delivery", order_id=PAID))
    asked = talk.hear(wish("cancel_order", act))
    assert asked.points[-1] == "ask:conflict"
    assert not [t for t in talk.dialogue.tasks if t.status == "consent"]


def test_a_deed_for_another_order_chooses_nothing():
    talk = Talk()
    talk.hear(wish("cancel_order", order_id=PAID), wish("urge_delivery", order_id=PAID))
    talk.hear(wish("cancel_order", order_id=TO_PAY))
    assert {(t.intent, t.status) for t in talk.dialogue.tasks} >= {
        ("cancel_order", "asking"),
        ("urge_delivery", "asking"),
        ("cancel_order", "consent"),
    }


def test_one_thing_back_and_another_exchanged_are_two_tasks():
    talk = Talk("u-1002")
    talk.hear(wish("return_refund", product="P-6001"), wish("exchange", product="P-4001", reason="充不进电"))
    assert {t.intent for t in talk.dialogue.tasks if t.status != "cancelled"} == {"return_refund", "exchange"}


def test_when_a_paid_order_ships_is_told_by_the_rule_too():
    told = Talk().hear(wish("order_status", "status", order_id=PAID))
    assert told.points == ["fact:get_order"]
    assert [q.policy for q in told.plan.queries] == ["shipping"]


def test_a_missing_value_is_asked_for_and_then_taken():
    talk = Talk()
    asked = talk.hear(wish("change_address", order_id=PAID))
    assert asked.points == ["refused:change_address.needs_address"]
    assert (asked.asked.kind, asked.asked.slot) == ("slot", "address")
    taken = talk.hear(answer=Answer("value", "上海市徐汇区漕溪路1号"))
    assert taken.points == ["consent:change_address"]


def test_one_of_several_orders_is_asked_for():
    talk = Talk()
    asked = talk.hear(wish("cancel_order"))
    assert asked.points == ["ask:which_order"]
    assert {o.value for o in asked.asked.options} == {TO_PAY, PAID}
    chosen = talk.hear(answer=Answer("choice", PAID))
    assert chosen.points == ["consent:cancel_order"]
    assert talk.dialogue.consent.args["order_id"] == PAID


@pytest.mark.parametrize(
    ("slots", "order"),
    [({"order_id": "*003"}, PAID), ({"product": "P-2001"}, TO_PAY), ({"variant": "红轴"}, TO_PAY)],
)
def test_an_order_is_found_by_its_description(slots, order):
    talk = Talk()
    talk.hear(wish("cancel_order", **slots))
    assert talk.dialogue.consent.args["order_id"] == order


@pytest.mark.parametrize("number", ["ORD20241202006", "ORD99999999999"])
def test_a_foreign_order_answers_like_none(number):
    assert Talk().hear(wish("cancel_order", order_id=number)).points == ["refused:no_order"]


def test_a_visitor_is_asked_to_log_in_and_learns_nothing():
    talk = Talk(customer=None)
    told = talk.hear(wish("track_delivery", "status", order_id=SHIPPED))
    assert told.points == ["refused:login"]
    assert not any("SF123456789CN" in str(p.data) for p in told.plan.points)


def test_the_state_of_a_parcel_is_told():
    told = Talk().hear(wish("track_delivery", "status"))
    assert told.points == ["fact:track_delivery"]
    assert told.plan.points[0].data["number"] == "SF123456789CN"


def test_what_was_offered_is_opened_by_a_yes():
    talk = Talk("u-1002")
    told = talk.hear(wish("track_delivery", "report"))
    assert told.asked.kind == "offer"
    assert told.asked.intent == "urge_delivery"
    assert talk.hear(answer=YES).points == ["consent:urge_delivery"]


def test_taking_it_back_closes_the_task():
    talk = Talk()
    talk.hear(wish("cancel_order", order_id=TO_PAY))
    assert talk.hear(wish("cancel_order", "retract")).points == ["fact:dropped"]
    assert talk.dialogue.consent is None


def test_no_to_anything_else_touches_no_task():
    talk = Talk()
    talk.hear(wish("change_address", order_id=PAID))
    before = talk.dialogue.tasks
    talk.hear(answer=NO)
    assert [t.slots for t in talk.dialogue.tasks] == [t.slots for t in before]


INTENTS = [i.name for i in CATALOGUE]
ACTS = ["request", "can", "how", "status", "report", "verify", "conditional", "retract", "blocked"]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_heard_no_write_lacks_its_consent_and_none_happens_twice(seed):
    dice, talk, keys = random.Random(seed), Talk(dice_customer(seed)), []
    for _ in range(25):
        slots = {}
        if dice.random() < 0.5:
            slots["order_id"] = dice.choice([TO_PAY, PAID, SHIPPED, "ORD20241202006", "*001", "*9"])
        if dice.random() < 0.3:
            slots["address"] = dice.choice(["上海市徐汇区漕溪路1号", "北京市海淀区知春路2号"])
        wishes = [
            wish(dice.choice(INTENTS), dice.choice(ACTS), **slots) for _ in range(dice.choice([0, 0, 1, 1, 2, 3]))
        ]
        answer = dice.choice([None, YES, NO, HOLD, Answer("value", "上海市徐汇区漕溪路1号"), Answer("choice", PAID)])
        talk.now += timedelta(minutes=dice.choice([1, 1, 1, 20]))
        heard = talk.hear(*wishes, answer=answer)
        if heard.write:
            assert heard.write.expires > talk.now
            keys.append(heard.write.id)
        assert len(talk.dialogue.tasks) <= MOST_TASKS
        waiting = [t for t in talk.dialogue.tasks if t.status == "consent"]
        assert len(waiting) == (talk.dialogue.consent is not None)
        if heard.asked and heard.asked.kind == "consent":
            assert talk.dialogue.consent is not None
        assert all(t.status in (*CLOSED, "open", "asking", "queued", "consent") for t in talk.dialogue.tasks)
    assert len(keys) == len(set(keys))


def dice_customer(seed):
    return ["u-1001", "u-1002", "u-1003", None][seed % 4]
