"""How scenarios are played: on whose shop, at what time, as whom."""

from datetime import timedelta
from functools import partial

import pytest
from stand_in import Cancelling, Said, Script, WithDesk, written

from shopassist.dialogue import Slot, Wish
from shopassist.evaluation.run import START, run

CANCEL = """
- name: a yes in time
  customer: u-1001
  turns:
    - {say: 取消, expect: {intents: [cancel_order], slots: {order_id: 尾号002}, consent: pending, tools: []}}
    - {say: 好的, after: 4m, expect: {tools: [cancel_order], reply_has: [已取消]}}
    - {say: 状态, expect: {reply_has: [cancelled]}}
- name: a yes too late
  customer: u-1001
  turns:
    - {say: 取消, expect: {consent: pending}}
    - {say: 好的, after: 31m, expect: {tools: [], reply_has: [unpaid]}}
"""


@pytest.fixture
def read(tmp_path):
    """The scenarios of a text."""
    return partial(written, tmp_path)


def made(replies=None, kind=Script):
    """The assistants that were made, and what makes them."""
    kept = []

    def make(scene):
        kept.append(kind(replies, scene))
        return kept[-1]

    return kept, make


def keys(result):
    return [[m.key for m in turn.misses] for turn in result.turns]


def test_each_scenario_has_its_own_shop_and_its_own_time(read):
    kept, make = made(kind=Cancelling)
    heard = []
    results = run(read(CANCEL), make, heard.append)
    assert [r.passed for r in results] == [True, True]
    assert heard == results
    assert kept[0].scene.shop is not kept[1].scene.shop
    assert kept[0].scene.clock() == START + timedelta(minutes=4)
    assert all(one.closed for one in kept)


def test_a_scenarios_own_clock_holds(read):
    kept, make = made()
    run(read("- {name: a, clock: 2024-12-05T21:30:00+08:00, turns: [{say: 一, after: 1d}]}"), make)
    assert kept[0].heard[0][3].isoformat() == "2024-12-06T21:30:00+08:00"


def test_a_burst_comes_as_several_messages(read):
    kept, make = made()
    run(read("- {name: a, turns: [{say: [在吗, 退货]}, {say: 好}]}"), make)
    assert [h[0] for h in kept[0].heard] == ["在吗/退货", "好"]


def test_whoever_speaks_goes_on_with_a_conversation_of_their_own(read):
    turns = "[{say: 一}, {say: 二, as: u-1001}, {say: 三, as: u-1002}, {say: 四, as: null}, {say: 五, as: u-1001}]"
    kept, make = made()
    run(read(f"- {{name: a, turns: {turns}}}"), make)
    visitor, login, other, out, back = [(conversation, who) for _, conversation, who, _ in kept[0].heard]
    assert [who for _, who in (visitor, login, other, out, back)] == [None, "u-1001", "u-1002", None, "u-1001"]
    assert login[0] == visitor[0], "a login takes the visitor's conversation along"
    assert back[0] == login[0]
    assert len({login[0], other[0], out[0]}) == 3


def test_what_is_raised_is_a_miss_and_the_dialogue_goes_on(read):
    _, make = made({"二": KeyError("x")})
    [first, after] = run(
        read("- {name: a, turns: [{say: 一}, {say: 二}, {say: 三}]}\n- {name: b, turns: [{say: 一}]}"), make
    )
    assert keys(first) == [[], ["error"], []]
    assert first.turns[1].misses[0].seen == "KeyError: 'x'"
    assert first.turns[1].reply is None
    assert after.passed


def test_an_assistant_that_cannot_be_made_misses_every_turn(read):
    def make(scene):
        raise RuntimeError("no index")

    [result] = run(read("- {name: a, turns: [{say: 一}, {say: 二}]}"), make)
    assert keys(result) == [["error"], ["error"]]
    assert result.turns[0].misses[0].seen == "RuntimeError: no index"


def test_an_error_at_the_end_is_a_miss_too(read):
    class Sticky(Script):
        def close(self):
            raise OSError("locked")

    [result] = run(read("- {name: a, turns: [{say: 一}, {say: 二}]}"), made(kind=Sticky)[1])
    assert keys(result) == [[], ["error"]]


CARDS = """
- name: cards and a person
  customer: u-1001
  turns:
    - {say: 这个, items: [{order: ORD1}, {product: P-1}], expect: {reply_has: ["这个[order ORD1, product P-1]"]}}
    - {items: [{image: a.jpg}], expect: {reply_has: ["[image a.jpg]"]}}
    - {desk: claim}
    - {desk: {say: 我来}, say: 好}
"""


def test_cards_and_a_persons_acts_reach_an_assistant_that_takes_them(read):
    kept, make = made(kind=WithDesk)
    [result] = run(read(CARDS), make)
    assert result.passed, keys(result)
    assert [h[:2] for h in kept[0].heard if len(h) == 3] == [("claim", None), ("say", "我来")]
    assert len({h[-1] for h in kept[0].heard if len(h) == 3}) == 1


def test_an_assistant_that_takes_no_cards_and_has_no_desk_misses_those_turns(read):
    [result] = run(read(CARDS), made()[1])
    assert keys(result) == [["error"], ["error"], ["error"], ["error"]]
    assert "takes no cards" in result.turns[0].misses[0].seen


def test_a_desk_act_alone_brings_no_reply_to_expect_anything_of(read):
    [result] = run(read("- {name: a, turns: [{desk: return, expect: {mode: bot}}]}"), made(kind=WithDesk)[1])
    assert keys(result) == [["error"]]


def test_an_utterance_gives_a_row_of_what_was_said_and_not_of_what_was_looked_up(read):
    wish = Wish("order_status", slots={"product": (Slot("P-2002"),), "order_id": (Slot("ORD9", "resolver"),)})
    reply = Said(
        intents=("order_status",), wishes=(wish,), slots={"product": "P-2002", "order_id": "ORD9"}, mood="negative"
    )
    kept, make = made({"鼠标呢": reply})
    line = '{"text": "鼠标呢", "intents": ["order_status"], "slots": {"product": "无线鼠标M3"}, "mood": "neutral"}'
    [result] = run(read(line, "own.jsonl"), make)
    assert keys(result) == [["mood"]]
    assert result.row.intents == ({"order_status"}, {"order_status"})
    assert result.row.slots == ({("product", "无线鼠标M3")}, {("product", "无线鼠标M3")})
    assert result.row.mood == ("neutral", "negative")
    assert not kept[0].scene.model, "single utterances are understood without a model"
    assert kept[0].heard[0][2] == "u-1001"


def test_an_utterance_that_is_nothing_but_a_value_is_measured_by_the_replys_slots(read):
    _, make = made({"尾号003": Said(slots={"order_id": "ORD20241203003"})})
    [result] = run(read('{"text": "尾号003", "intents": [], "slots": {"order_id": "*003"}}', "own.jsonl"), make)
    assert result.passed
    assert result.row.slots == ({("order_id", "*003")}, {("order_id", "*003")})


def test_an_utterance_that_raises_is_a_row_in_which_nothing_was_understood(read):
    _, make = made({"一": KeyError("x")})
    [result] = run(read('{"text": "一", "intents": ["thanks"], "slots": {}, "mood": "neutral"}', "own.jsonl"), make)
    assert not result.passed
    assert result.row.intents == ({"thanks"}, frozenset())
    assert result.row.mood == ("neutral", "")


def test_a_reply_that_cannot_be_measured_is_a_miss_and_not_a_silent_zero(read):
    _, make = made({"一": Said(wishes=(object(),))})
    [result] = run(read('{"text": "一", "slots": {}}', "own.jsonl"), make)
    assert keys(result) == [["error"]]
    assert "AttributeError" in result.turns[0].misses[0].seen
