"""What a file of scenarios may say, and how what it may not say is named."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from stand_in import written

from shopassist.errors import InputError
from shopassist.evaluation.scenario import Card, DeskAct, Expect, Write, load

WHOLE = """
- name: everything at once
  customer: u-1001
  clock: 2024-12-05T20:59:00+08:00
  needs: embeddings
  turns:
    - say: [在吗, 取消订单]
      expect:
        intents: [cancel_order]
        intents_include: [cancel_order]
        slots: {order_id: 003, product: [P-1001, 无线鼠标M3], date: 2024-12-06}
        mood: neutral
        tools: [{name: cancel_order, args: {order_id: ORD20241201002, quantity: 2}}]
        reads_include: [get_order]
        consent: none
        handoff: false
        cites: [returns, [cancel, "returns@2024-11-01..2024-11-12"]]
        reply_has: [已取消, [yes, no], 599]
        reply_lacks: []
        language: zh
        mode: bot
    - {say: yes, after: 1h30m, as: u-1002}
    - {say: "", items: [{order: ORD20241201001}, {product: P-1001}, {image: a.jpg}]}
    - {desk: claim, as: null}
    - {desk: {say: 我来看一下}, say: 好}
"""


@pytest.fixture
def read(tmp_path):
    """The scenarios of a text."""
    return partial(written, tmp_path)


def test_every_key_of_the_format_is_read(read):
    [scenario] = read(WHOLE)
    assert scenario.name == "everything at once"
    assert scenario.clock == datetime.fromisoformat("2024-12-05T20:59:00+08:00")
    assert scenario.needs == {"embeddings"}
    first, second, third, fourth, fifth = scenario.turns
    assert first.say == ("在吗", "取消订单")
    assert first.expect == Expect(
        intents=("cancel_order",),
        intents_include=("cancel_order",),
        slots={"order_id": ("003",), "product": ("P-1001", "无线鼠标M3"), "date": ("2024-12-06",)},
        mood="neutral",
        tools=(Write("cancel_order", {"order_id": "ORD20241201002", "quantity": "2"}),),
        reads_include=("get_order",),
        consent="none",
        handoff=False,
        cites=(("returns",), ("cancel", "returns@2024-11-01..2024-11-12")),
        reply_has=(("已取消",), ("yes", "no"), ("599",)),
        reply_lacks=(),
        language="zh",
        mode="bot",
    )
    assert (second.say, second.after, second.customer) == (("yes",), timedelta(minutes=90), "u-1002")
    assert third.items == (Card("order", "ORD20241201001"), Card("product", "P-1001"), Card("image", "a.jpg"))
    assert (third.say, third.customer) == (("",), "u-1002")
    assert (fourth.say, fourth.desk, fourth.customer) == (None, DeskAct("claim"), None)
    assert (fifth.desk, fifth.customer) == (DeskAct("say", "我来看一下"), None)


def test_a_visitor_speaks_where_no_customer_is_named_and_a_clock_without_zone_is_the_shops(read):
    [scenario] = read("- {name: a, clock: 2024-12-05T20:00:00, turns: [{say: 你好}]}")
    assert scenario.turns[0].customer is None
    assert scenario.clock.isoformat() == "2024-12-05T20:00:00+08:00"


TURN = "- name: 好\n  turns:\n    - {say: 一}\n    - "


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (TURN + "{say: 二, expects: {}}", "scenario '好', turn 2, key 'expects': unknown; the keys are say, expect"),
        (TURN + "{say: 二, expect: {intent: [a]}}", "turn 2, key 'expect.intent': unknown"),
        (TURN + "{say: 二, expect: {intents: cancel_order}}", "turn 2, key 'expect.intents': expected a list"),
        (TURN + "{say: 二, expect: {intents: [cancel]}}", "key 'expect.intents': no intent is called 'cancel'"),
        (TURN + "{say: 二, expect: {intents_include: [[a]]}}", "key 'expect.intents_include': no intent"),
        (TURN + "{say: 二, expect: {slots: {colour: 红}}}", "key 'expect.slots.colour': unknown"),
        (TURN + "{say: 二, expect: {slots: {variant: {}}}}", "key 'expect.slots.variant': expected a text"),
        (TURN + "{say: 二, expect: {slots: {variant: []}}}", "key 'expect.slots.variant': expected at least one"),
        (TURN + "{say: 二, expect: {mood: angry}}", "key 'expect.mood': expected negative or neutral or positive"),
        (TURN + "{say: 二, expect: {consent: true}}", "key 'expect.consent': expected pending or none, got True"),
        (TURN + "{say: 二, expect: {handoff: yes}}", "key 'expect.handoff': expected true or false, got 'yes'"),
        (TURN + "{say: 二, expect: {language: fr}}", "key 'expect.language': expected zh or en"),
        (TURN + "{say: 二, expect: {mode: human}}", "key 'expect.mode': expected bot or waiting or person"),
        (TURN + "{say: 二, expect: {tools: [{tool: a}]}}", "key 'expect.tools.tool': unknown"),
        (TURN + "{say: 二, expect: {tools: [{args: {}}]}}", "key 'expect.tools.name': expected a text, got None"),
        (TURN + "{say: 二, expect: {tools: [{name: a, args: b}]}}", "key 'expect.tools.args': expected a mapping"),
        (TURN + "{say: 二, expect: {tools: null}}", "key 'expect.tools': expected a list, got None"),
        (TURN + "{say: 二, expect: {reply_has: 好}}", "key 'expect.reply_has': expected a list"),
        (TURN + "{say: 二, expect: {reply_has: [[]]}}", "key 'expect.reply_has': expected at least one text"),
        (TURN + "{say: 二, expect: []}", "turn 2, key 'expect': expected a mapping"),
        (TURN + "{say: 二, after: 31}", "turn 2, key 'after': expected a time such as 90s"),
        (TURN + "{say: 二, after: 999999999999d}", "turn 2, key 'after': '999999999999d' is too long"),
        (TURN + "{say: 二, items: [{parcel: 1}]}", "turn 2, key 'items.parcel': unknown"),
        (TURN + "{say: 二, items: [{order: 1, product: 2}]}", "turn 2, key 'items': a card is one of"),
        (TURN + "{say: 二, desk: leave}", "turn 2, key 'desk': expected claim or return"),
        (TURN + "{say: []}", "turn 2, key 'say': expected at least one text"),
        (TURN + "{say: {a: b}}", "turn 2, key 'say': expected a text"),
        (TURN + "{expect: {}}", "turn 2, key 'say': expected a text or a list"),
        (TURN + "{say: 二, as: [u-1]}", "turn 2, key 'as': expected a text"),
        (TURN + "二", "scenario '好', turn 2: expected a mapping"),
        ("- {turns: [{say: 一}]}", "scenario 1, key 'name': expected a text, got None"),
        ("- {name: 好, turns: []}", "scenario '好', key 'turns': expected a list of turns"),
        ("- {name: 好, needs: gpu, turns: [{say: 一}]}", "scenario '好', key 'needs': expected embeddings"),
        ("- {name: 好, clock: noon, turns: [{say: 一}]}", "scenario '好', key 'clock': expected a time such as"),
        ("- {name: 好, custmer: u-1, turns: [{say: 一}]}", "scenario '好', key 'custmer': unknown"),
        ("- {name: 好, name: 坏, turns: [{say: 一}]}", "the key 'name' stands twice"),
        ("name: 好", "expected a list of scenarios"),
        ("", "expected a list of scenarios"),
        ("- [", "no valid YAML"),
        ("[" * 5000, "no valid YAML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_file_scenario_turn_and_key(read, text, place):
    with pytest.raises(InputError) as caught:
        read(text)
    assert place in str(caught.value)
    assert "suite.yaml: " in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: the file cannot be read"):
        load(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"bytes\.yaml: the file cannot be read as UTF-8"):
        load(tmp_path / "bytes.yaml")


def test_utterances_are_single_turns_of_a_logged_in_customer(read):
    text = '{"text": "查下尾号003", "intents": ["order_status"], "slots": {"order_id": "003", "quantity": 2}, "mood": "neutral"}\n\n{"text": "嗯"}\n'
    first, second = read(text, "own.jsonl")
    assert first.single
    assert (first.name, second.name) == ("line 1", "line 3")
    assert first.turns[0].customer == "u-1001"
    assert first.turns[0].expect == Expect(
        intents=("order_status",), slots={"order_id": ("003",), "quantity": ("2",)}, mood="neutral"
    )
    assert second.turns[0].expect == Expect()


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('{"text": "嗯"}\n{"text": "嗯", "intent": []}', "line 2, key 'intent': unknown"),
        ('{"text": "嗯", "intents": ["no_such"]}', "line 1, key 'intents': no intent is called 'no_such'"),
        ('{"intents": []}', "line 1, key 'text': expected a text"),
        ('{"text": "嗯", "slots": {"order_id": true}}', "line 1, key 'slots.order_id': expected a text, got True"),
        ('["嗯"]', "line 1: expected a mapping"),
        ("{", "line 1 is no valid JSON"),
        ("\n", "expected a JSON object a line"),
    ],
)
def test_what_is_wrong_with_an_utterance_is_named_by_line_and_key(read, line, place):
    with pytest.raises(InputError) as caught:
        read(line, "own.jsonl")
    assert place in str(caught.value)
