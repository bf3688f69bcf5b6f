"""The project's own dialogues and utterances: complete in breadth, well formed, and true to the sample shop."""

import json
import re
from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
import yaml

from shopassist.dialogue import Act, Consent
from shopassist.language.catalogue import Catalogue
from shopassist.language.slots import NAMES, normal
from shopassist.learning.examples import with_built_in
from shopassist.messages import Customer
from shopassist.replies import Mood
from shopassist.testing.memory_shop import MemoryShop
from shopassist.tools.builtin import builtin
from shopassist.tools.context import ToolContext
from shopassist.tools.memory_ledger import MemoryLedger
from shopassist.tools.toolbox import Toolbox

ROOT = Path(__file__).parents[2]
CLOCK = "2024-12-05T10:00:00+08:00"
HAN = re.compile("[\u4e00-\u9fff]")

SCENARIO_KEYS = {"name", "customer", "clock", "needs", "turns"}
TURN_KEYS = {"say", "expect", "after", "items", "as", "desk"}
EXPECT_KEYS = {
    "intents", "intents_include", "slots", "mood", "tools", "reads_include", "consent", "handoff", "cites",
    "reply_has", "reply_lacks", "language", "mode",
}  # fmt: skip

ACTS = {
    "request": ["帮我把订单ORD20241201002取消了", "please cancel ORD20241204010"],
    "can": ["手表不小心摔了屏碎了 可以换吗", "can I still return the mouse?"],
    "how": ["怎么开 要填啥", "how do i cancel an order?"],
    "status": ["我的快递到哪了", "has it been cancelled now??"],
    "report": ["充电宝退货都寄回去好几天了 怎么还没退钱", "净化器怎么还没送到啊 说好4号到的"],
    "verify": ["取消后直接等退款就行了是吧", "so my order is still on, right?"],
    "conditional": ["if my fitness band doesn't ship by tomorrow I'll cancel the order", "要是质量问题呢"],
    "retract": ["发票先不开了", "actually no, don't cancel it"],
    "blocked": ["耳机pro那个单我自己取消不了啊 点了没反应", "I can't pay, the checkout keeps failing"],
}

# What the shop refuses: the tool, the customer, the arguments, the reason, and the dialogue in which it happens.
REFUSED = [
    ("cancel_order", "u-1001", {"order_id": "ORD20241201001"}, "shipped",
     "an order on its way cannot be cancelled, whoever pushes the button"),
    ("change_address", "u-1001", {"order_id": "ORD20241201001", "address": "世纪大道88号"}, "shipped",
     "after dispatch the address cannot be changed here, only a person can try"),
    ("change_contact", "u-1004", {"order_id": "ORD20241125011", "recipient": "Alice Wang"}, "delivered",
     "the recipient of a delivered order is past changing"),
    ("urge_delivery", "u-1001", {"order_id": "ORD20241201001"}, "not_late",
     "a parcel on its way is told with carrier, number and day"),
    ("request_return", "u-1001", {"order_id": "ORD20241120004"}, "window_over",
     "past the seven days a watch cannot simply go back, a fault can still be exchanged"),
    ("request_return", "u-1004", {"order_id": "ORD20241204010", "product": "P-8001"}, "not_delivered",
     "what has not arrived cannot be returned, and opened ear tips never"),
    ("cancel_return", "u-1002", {"order_id": "ORD20241128008"}, "return_received",
     "a return in the warehouse is waited for and cannot be withdrawn"),
    ("request_exchange", "u-1001", {"order_id": "ORD20241130005", "variant": "珍珠白", "reason": "不好看"}, "not_a_fault",
     "another colour is no fault, the way is a return"),
    ("request_exchange", "u-1001", {"order_id": "ORD20241120004", "reason": "不小心摔了屏碎了"}, "own_damage",
     "dropped is not faulty"),
    ("request_exchange", "u-1002", {"order_id": "ORD20241110007", "reason": "a green line across the screen"},
     "window_over", "too late to exchange, still under warranty"),
    ("request_invoice", "u-1002", {"order_id": "ORD20241202006", "title": "个人"}, "not_delivered",
     "before delivery there is no invoice"),
    ("request_price_protection", "u-1001", {"order_id": "ORD20241130005"}, "no_price_fall",
     "no fall in price, nothing to pay back"),
    ("request_price_protection", "u-1002", {"order_id": "ORD20241110007"}, "window_over",
     "the fifteen days for the difference are over"),
    ("open_ticket", "u-1002", {"order_id": "ORD20241203003", "subject": "坏了", "text": "坏了"}, "order",
     "another customer's order answers like one that is not there"),
]  # fmt: skip


def load():
    return [
        s for path in sorted((ROOT / "scenarios/dialogues").glob("*.yaml")) for s in yaml.safe_load(path.read_text())
    ]


SCENARIOS = load()
BY_NAME = {s["name"]: s for s in SCENARIOS}
UTTERANCES = [json.loads(line) for line in (ROOT / "scenarios/utterances.jsonl").read_text().splitlines()]
CATALOGUE = Catalogue.load()
INTENTS = {i.name for i in CATALOGUE}
WRITES = {r.write for i in CATALOGUE for r in i.routes.values() if r.write}
TURNS = [(s["name"], t) for s in SCENARIOS for t in s["turns"]]
EACH = pytest.mark.parametrize("scenario", SCENARIOS, ids=[s["name"] for s in SCENARIOS])


def said(turn):
    say = turn.get("say", "")
    return say if isinstance(say, list) else [say]


def expected(turn, key):
    return turn.get("expect", {}).get(key)


def english(scenario):
    text = "".join(s for t in scenario["turns"] for s in said(t))
    return not HAN.search(text)


@cache
def documents():
    """Every document's id with its versions, from the pages' own headings."""
    found = {}
    for path in [*(ROOT / "knowledge").rglob("*.md"), *(ROOT / "knowledge").rglob("*.html.yaml")]:
        text = path.read_text()
        head = yaml.safe_load(text.split("---")[1] if path.suffix == ".md" else text)
        start, end = head.get("valid_from"), head.get("valid_to")
        found.setdefault(head["id"], set()).add(f"@{start}" + (f"..{end}" if end else "") if start else "")
    return found


class Shop:
    """The sample shop with its tools, at a moment that moves."""

    def __init__(self, clock):
        self.now = datetime.fromisoformat(clock)
        self.shop = MemoryShop.sample(lambda: self.now)
        tools = builtin(self.shop.orders, self.shop.catalogue, self.shop.after_sales)
        self.toolbox = Toolbox(tools, self.shop.orders, MemoryLedger(), time_limit=None)
        self.written = 0

    def check(self, tool, args, customer):
        return self.toolbox.check(tool, args, ToolContext(Customer(customer), self.now))

    def write(self, tool, args, customer):
        self.written += 1
        quote = self.check(tool, args, customer)
        consent = Consent(f"c-{self.written}", tool, args, quote, self.now + timedelta(minutes=15))
        return self.toolbox.write(tool, args, consent, ToolContext(Customer(customer), self.now))


SHOP = Shop(CLOCK).shop
IDS = {row["id"] for table in ("orders", "products", "customers", "returns") for row in SHOP.tables[table]}
MISSING = {"ORD20249999999"}
"""Order numbers that are forged on purpose."""


def test_there_are_two_hundred_dialogues_of_four_turns_and_a_third_is_english():
    assert len(SCENARIOS) >= 200
    assert len(TURNS) / len(SCENARIOS) >= 3.5
    assert sum(map(english, SCENARIOS)) / len(SCENARIOS) >= 1 / 3
    assert all(len(s["turns"]) >= 3 for s in SCENARIOS)


def test_no_two_dialogues_have_one_name():
    assert [n for n, times in Counter(s["name"] for s in SCENARIOS).items() if times > 1] == []


def test_every_intent_is_wanted_in_both_languages():
    for language in (True, False):
        named = {
            intent
            for scenario in SCENARIOS
            if english(scenario) is language
            for turn in scenario["turns"]
            for key in ("intents", "intents_include")
            for intent in expected(turn, key) or ()
        }
        spoken = {i for u in UTTERANCES if bool(HAN.search(u["text"])) is not language for i in u["intents"]}
        assert INTENTS - named - spoken == set()
        assert (named | spoken) - INTENTS == set()
    everywhere = {i for _, t in TURNS for key in ("intents", "intents_include") for i in expected(t, key) or ()}
    assert INTENTS - everywhere == set()


def test_every_act_is_said():
    texts = {text for _, turn in TURNS for text in said(turn)}
    assert set(ACTS) == set(get_args(Act))
    assert {line for lines in ACTS.values() for line in lines} - texts == set()


def test_every_write_is_done_and_every_write_is_refused():
    done = {tool["name"] for _, turn in TURNS for tool in expected(turn, "tools") or ()}
    assert done == WRITES
    assert {tool for tool, *_ in REFUSED} == WRITES


@pytest.mark.parametrize(
    ("tool", "customer", "args", "reason", "name"), REFUSED, ids=[f"{r[0]}-{r[3]}" for r in REFUSED]
)
def test_what_a_dialogue_sees_refused_the_shop_refuses(tool, customer, args, reason, name):
    quote = Shop(CLOCK).check(tool, args, customer)
    assert not quote.allowed
    assert quote.reason == reason
    scenario = BY_NAME[name]
    assert scenario["customer"] == customer
    assert any(expected(t, "tools") == [] for t in scenario["turns"])


@EACH
def test_only_known_keys_are_used(scenario):
    assert set(scenario) <= SCENARIO_KEYS
    for turn in scenario["turns"]:
        assert set(turn) <= TURN_KEYS
        assert set(turn.get("expect", {})) <= EXPECT_KEYS
        assert ("say" in turn and turn.get("expect")) or "desk" in turn
        assert all(isinstance(text, str) for text in said(turn))
        check_values(turn.get("expect", {}))


def check_values(expect):
    assert expect.get("consent", "none") in ("pending", "none")
    assert expect.get("mood", "neutral") in get_args(Mood)
    assert expect.get("language", "zh") in ("zh", "en")
    assert expect.get("handoff", True) in (True, False)
    for tool in expect.get("tools", ()):
        assert set(tool) <= {"name", "args"}
    for entry in expect.get("reply_has", ()):
        assert isinstance(entry, str) or all(isinstance(e, str) for e in entry)
    assert all(isinstance(e, str) for e in expect.get("reply_lacks", ()))
    for slot, value in expect.get("slots", {}).items():
        for one in value if isinstance(value, list) else [value]:
            assert normal(slot, one, today=date(2024, 12, 5)), (slot, one)


@EACH
def test_whoever_and_whatever_is_named_is_in_the_shop(scenario):
    people = {scenario.get("customer"), *(t.get("as") for t in scenario["turns"])} - {None}
    text = json.dumps(scenario["turns"], ensure_ascii=False, default=str)
    named = set(re.findall(r"ORD\d{11}|RET\d{11}|\bu-\d{4}\b", text)) | set(re.findall(r'"(P-\d{4})"', text))
    assert (people | named) - IDS - MISSING == set()


@EACH
def test_cited_documents_exist(scenario):
    for turn in scenario["turns"]:
        for cited in expected(turn, "cites") or ():
            for one in cited if isinstance(cited, list) else [cited]:
                document, at, version = one.partition("@")
                assert document in documents()
                assert not at or f"@{version}" in documents()[document]


@EACH
def test_the_reads_exist(scenario):
    tools = Shop(CLOCK).toolbox
    for turn in scenario["turns"]:
        for name in expected(turn, "reads_include") or ():
            assert tools.get(name).effect == "read"


@EACH
def test_what_is_expected_to_be_written_follows_a_question_and_the_shop_does_it(scenario):
    shop, customer = Shop(scenario.get("clock", CLOCK)), scenario.get("customer")
    waits = False
    for turn in scenario["turns"]:
        customer = turn.get("as", customer)
        shop.now += span(turn.get("after", "0m"))
        tools = expected(turn, "tools") or []
        assert len(tools) <= 1
        for tool in tools:
            assert waits, turn
            outcome = shop.write(tool["name"], {**required(tool["name"]), **tool.get("args", {})}, customer)
            assert outcome.status == "done", outcome
        waits = expected(turn, "consent") == "pending"


def span(text):
    """A time such as 31m, 1h30m or 2d."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    return timedelta(**{units[unit]: int(count) for count, unit in re.findall(r"(\d+)([smhd])", text)})


def required(tool):
    """Arguments in free words, which the dialogues leave open."""
    return {
        "open_ticket": {"subject": "warranty_repair", "text": "老是自动黑屏"},
        "request_exchange": {"reason": "质量问题"},
    }.get(tool, {})


def test_a_visitor_is_never_asked_to_agree_to_a_change():
    for scenario in (s for s in SCENARIOS if "customer" not in s):
        known = False
        for turn in scenario["turns"]:
            known = turn["as"] is not None if "as" in turn else known
            assert known or (expected(turn, "consent") == "none" and expected(turn, "tools") == [])


def test_the_utterances_are_labelled_by_the_catalogue():
    assert len(UTTERANCES) == 300
    assert 180 < sum(bool(HAN.search(u["text"])) for u in UTTERANCES) < 220
    assert len({u["text"] for u in UTTERANCES}) == len(UTTERANCES)
    for utterance in UTTERANCES:
        assert set(utterance) == {"text", "intents", "slots", "mood"}
        assert utterance["intents"]
        assert set(utterance["intents"]) <= INTENTS
        assert utterance["mood"] in get_args(Mood)
        allowed = {slot for name in utterance["intents"] for slot in CATALOGUE[name].slots}
        assert set(utterance["slots"]) <= allowed & set(NAMES), utterance["text"]
        for slot, value in utterance["slots"].items():
            for one in value if isinstance(value, list) else [value]:
                assert normal(slot, one, today=date(2024, 12, 5)), (utterance["text"], slot, one)


def test_no_utterance_is_an_example_of_the_catalogue_or_a_labelled_message():
    examples = {e for i in CATALOGUE for texts in i.examples.values() for e in texts}
    labelled = {e.text for e in with_built_in([], CATALOGUE)}
    assert {u["text"] for u in UTTERANCES} & (examples | labelled) == set()
