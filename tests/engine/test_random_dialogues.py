"""Dialogues of fifty turns that Hypothesis makes up and shortens: no claim of consent, tasks or memory may break.

With SHOPASSIST_TEST_DIALOGUES=300 so many are played, and others each time.
"""

import json
import os
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import count

import grammar
from grammar import Order, Said
from hypothesis import HealthCheck
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from visits import EMMA, ME, NOW, OTHER, WatchedLedger, content, private
from worlds import DOORS, World, answered, without_ids

from shopassist import Message
from shopassist.engine.planning.sheet import CLOSED
from shopassist.engine.state import Memory
from shopassist.replies import plain
from shopassist.testing import MemoryShop

TURNS = 50
DIALOGUES = os.environ.get("SHOPASSIST_TEST_DIALOGUES")
TASKS, SLOTS, BYTES = 6, 50, 16 * 1024
PROFILE = profile(
    max_examples=int(DIALOGUES or 12),
    stateful_step_count=TURNS + 1,  # the first one chooses the customer
    derandomize=DIALOGUES is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
NOUNS = {
    "P-1001": ("耳机", "earbuds"),
    "P-1002": ("Lite耳机", "Lite earbuds"),
    "P-2001": ("键盘", "keyboard"),
    "P-2002": ("鼠标", "mouse"),
    "P-3001": ("手表", "watch"),
    "P-3002": ("手环", "band"),
    "P-4001": ("充电宝", "power bank"),
    "P-4002": ("充电器", "charger"),
    "P-5001": ("净化器", "air purifier"),
    "P-6001": ("显示器", "monitor"),
}


def orders_of(shop):
    """By customer, their orders as they would name them."""
    first = {row["order_id"]: row["product"] for row in reversed(shop.tables["order_lines"])}
    found = {}
    for row in shop.tables["orders"]:
        found.setdefault(row["customer"], []).append(Order(row["id"], *NOUNS[first[row["id"]]]))
    return {customer: tuple(orders) for customer, orders in found.items()}


@dataclass(frozen=True)
class Turn:
    """What is said, after so many minutes; through `beside` a copy of everything answers it too."""

    said: Said
    after: int = 0
    beside: str | None = None


def turns(make):
    """A strategy of turns; `make` gives that of what is said from the customer's orders and everybody else's."""
    minutes = st.sampled_from((0, 0, 0, 0, 0, 1, 20))
    doors = st.sampled_from((None,) * 36 + DOORS)
    return st.runner().flatmap(lambda machine: st.builds(Turn, make(machine), minutes, doors))


class Dialogues(RuleBasedStateMachine):
    """One customer, one conversation, one shop."""

    numbers = count()

    def __init__(self, settings, knowledge, folder):
        super().__init__()
        self.now = NOW
        shop = MemoryShop.sample(lambda: self.now)
        self.world = World(folder / f"{next(self.numbers)}.db", settings, knowledge, shop, WatchedLedger())
        self.asked, self.typed, self.state = {}, "", plain(Memory())

    @initialize(customer=st.sampled_from((ME, OTHER, EMMA)))
    def begin(self, customer):
        self.customer = customer
        found = orders_of(self.world.shop)
        self.mine = found[customer.id]
        self.others = tuple(o for owner, orders in found.items() if owner != customer.id for o in orders)
        self.allowed = {o: found for o in self.mine if (found := self.may(o))}
        self.secrets = private(self.world.shop, customer)

    def may(self, order):
        """The tools that the shop lets run on this order now, or only lacks a value for."""
        quotes = {t: self.world.shop.orders.check(t, self.customer.id, order.id, {}) for t in grammar.TOOLS}
        return tuple(t for t, q in quotes.items() if q.allowed or str(q.reason).startswith("needs_"))

    def sensible(self):
        """A wish that the shop may grant."""
        return st.one_of([grammar.wishes((order,), tools) for order, tools in self.allowed.items()])

    def teardown(self):
        self.world.close()

    @rule(turn=turns(lambda m: grammar.alone(grammar.wishes(m.mine))))
    def wish(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda m: grammar.alone(m.sensible())))
    def wish_that_can_be_had(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda m: grammar.together(m.sensible())))
    def several_wishes(self, turn):
        self.say(turn)

    @precondition(lambda self: self.state["dialogue"]["consent"])
    @rule(turn=turns(lambda m: grammar.alone(grammar.consents(m.state["dialogue"]["consent"]["tool"]))))
    def consent(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda _: grammar.alone(grammar.BARE_YES)))
    def bare_yes(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda _: grammar.alone(grammar.NAMING_YES)))
    def naming_yes(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda _: grammar.alone(grammar.NOES)))
    def no(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda _: grammar.alone(grammar.HOLDS)))
    def hold(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda _: grammar.alone(grammar.PROVISOS)))
    def conditional_yes(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda m: grammar.alone(grammar.corrections(m.mine))))
    def correction(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda _: grammar.alone(grammar.DIGRESSIONS)))
    def digression(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda _: grammar.alone(grammar.SMALL_TALK)))
    def small_talk(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda _: grammar.alone(grammar.NOISE)))
    def noise(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda m: grammar.burst(grammar.every(m.mine))))
    def burst(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda m: grammar.cards(m.mine + m.others)))
    def card(self, turn):
        self.say(turn)

    @rule(turn=turns(lambda m: grammar.alone(grammar.wishes(m.others))))
    def somebody_elses_order(self, turn):
        self.say(turn)

    def say(self, turn):
        """Play a turn, and hold what came of it against the claims."""
        self.now += timedelta(minutes=turn.after)
        self.world.at(self.now)
        said = turn.said
        messages = [Message(t, items=said.items if n == 0 else ()) for n, t in enumerate(said.texts)]
        self.typed += "\n".join(said.texts) + "".join(str(i) for i in said.items)
        before, tables, rows = self.state, self.world.tables(), self.world.ledger.rows
        copy = self.world.copy(lambda: self.now) if turn.beside else None
        reply = self.world.assistant.reply(messages, conversation="c", customer=self.customer)
        self.state = self.world.state()
        if copy is not None:
            self.same(reply, copy, turn.beside, messages)
        self.bounded(reply)
        self.written(said, before, reply, tables, rows)
        self.kept(before, reply)
        assert not [s for s in self.secrets if s in reply.text and s not in self.typed.upper() + self.typed]

    def same(self, reply, copy, door, messages):
        """Another process on the same data says the same by any door, and does and remembers the same."""
        try:
            other = answered(copy.assistant, door, messages, conversation="c", customer=self.customer)
            assert content(other) == content(reply)
            assert without_ids(copy.state()) == without_ids(self.state)
            assert without_ids(copy.tables()) == without_ids(self.world.tables())
        finally:
            copy.close()

    def bounded(self, reply):
        """What is remembered stays within its bounds, and is the same when it is read back."""
        state, dialogue = self.state, self.state["dialogue"]
        held = [s for t in dialogue["tasks"] for values in t["slots"].values() for s in values]
        assert len(dialogue["tasks"]) <= TASKS
        assert len(held) + sum(map(len, dialogue["said"].values())) <= SLOTS
        assert len(json.dumps(state, ensure_ascii=False).encode()) <= BYTES
        assert plain(Memory.load(state)) == state
        waiting = [t["id"] for t in dialogue["tasks"] if t["status"] == "consent"]
        assert waiting == ([dialogue["consent_task"]] if dialogue["consent"] else [])
        questions = [s for s in reply.sentences if s.rstrip().endswith(("？", "?"))]
        assert len(questions) <= 1, questions

    def written(self, said, before, reply, tables, rows):
        """What was done has a consent of its own, for which an earlier reply asked and to which this message agrees."""
        waited, waiting = before["dialogue"]["asked"], before["dialogue"]["consent"]
        new = [w for key, w in self.world.ledger.rows.items() if key not in rows]
        assert [w.key for w in new] == ([waiting["id"]] if reply.tool_outcomes else [])
        done = [o for o in reply.tool_outcomes if o.status == "done"]
        if not done:
            assert self.world.tables() == tables
        for write, outcome in zip(new, reply.tool_outcomes, strict=True):
            consent = self.asked[write.key]
            assert (outcome.name, outcome.args) == (consent.tool, consent.args)
            assert (write.tool, write.subject) == (consent.tool, self.customer.id)
            assert consent.expires > self.now
            assert said.agrees(consent.tool, consent.args, asked=bool(waited) and waited["kind"] == "consent")
        if reply.consent is not None:
            self.ask(reply)

    def ask(self, reply):
        """A consent that is new was asked for, in words that name its order; one that waits has not changed."""
        consent = reply.consent
        if known := self.asked.get(consent.id):
            assert replace(known, quote=consent.quote) == consent
            return
        self.asked[consent.id] = consent
        question = reply.sentences[-1]
        assert question.endswith(("？", "?"))
        assert consent.args.get("order_id", "") in reply.text

    def kept(self, before, reply):
        """No open task is gone, but the one that was asked about and has ended, where there is no room for it."""
        left = {t["id"]: t["status"] not in CLOSED for t in self.state["dialogue"]["tasks"]}
        tasks, asked = before["dialogue"]["tasks"], before["dialogue"]["consent_task"]
        lost = [t for t in tasks if t["status"] not in CLOSED and t["id"] not in left]
        full = len(left) == TASKS
        assert not [t for t in lost if not full or t["id"] != asked], (lost, reply.text)


def test_dialogues_of_fifty_turns(settings, lexical, tmp_path):
    of_the_shop = settings.model_copy(update={"tool_timeout": None})
    run_state_machine_as_test(partial(Dialogues, of_the_shop, lexical, tmp_path), settings=PROFILE)
