"""What of a model's structured answer counts: the form, and values that the customer said."""

import json
from datetime import date

import pytest
from jsonschema import Draft202012Validator

from shopassist.errors import BadAnswer
from shopassist.language.catalogue import ACTS
from shopassist.language.slots import Found, slots
from shopassist.language.structured import MOST_WISHES, Said, Told, schema, told

INTENTS = ("cancel_order", "exchange", "invoice", "complaint")
TODAY = date(2024, 12, 5)


def wish(intent="cancel_order", act="request", **values):
    return {"intent": intent, "act": act, "slots": [{"name": n, "value": v} for n, v in values.items()]}


def answer(*wishes):
    return json.dumps({"wishes": wishes}, ensure_ascii=False)


def said(text):
    return Said(text, slots(text, "zh", today=TODAY), TODAY)


def arrays(part):
    found = [part] if part.get("type") == "array" else []
    inner = [*part.get("properties", {}).values(), *filter(None, [part.get("items")])]
    return found + [a for p in inner for a in arrays(p)]


def test_the_schema_bounds_every_array_and_allows_no_other_key():
    form = schema(INTENTS, ("order_id", "reason"))
    Draft202012Validator.check_schema(form)
    validator = Draft202012Validator(form)
    assert all("maxItems" in array for array in arrays(form))
    assert len(arrays(form)) == 2
    assert validator.is_valid(json.loads(answer(wish(order_id="003"))))
    for wrong in ({"wishes": [], "more": 1}, {"wishes": [wish("dance")]}, {"wishes": [wish(act="yes")]}):
        assert not validator.is_valid(wrong)
    assert not validator.is_valid({"wishes": [wish()] * (MOST_WISHES + 1)})
    assert not validator.is_valid({"wishes": [{**wish(), "sure": True}]})
    assert form["properties"]["wishes"]["items"]["properties"]["act"]["enum"] == list(ACTS)


@pytest.mark.parametrize("around", ["{}", "```json\n{}\n```", "```\n{}```", "Sure, here it is:\n{}\nAnything else?"])
def test_a_fence_around_the_answer_does_no_harm(around):
    assert told(around.format(answer(wish(order_id="003"))), INTENTS) == [
        Told("cancel_order", "request", (("order_id", "003"),))
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "cancel_order",
        "{",
        "[]",
        '{"wishes": [{"intent": "cancel_order", "act": "request", "slots": [',
        '{"wishes": {"intent": "cancel_order"}}',
        '{"wishes": [{"intent": "cancel_order"}]}',
        '{"wishes": [], "consent": "yes"}',
        '{"wishes": [{"intent": "cancel_order", "act": "request", "slots": [{"name": "order_id", "value": 3}]}]}',
        answer({**wish(), "我的密码": "x"}),
        answer(wish(reason="x" * 201)),
    ],
)
def test_what_is_not_of_the_form_is_refused_without_a_word_of_it(wrong):
    with pytest.raises(BadAnswer, match="not of the form") as raised:
        told(wrong, INTENTS)
    assert "密码" not in str(raised.value)


def test_a_wish_that_there_is_not_is_left_out_and_the_others_stay():
    found = told(answer(wish("dance"), wish("invoice", "yes"), wish("exchange", "can")), INTENTS)
    assert found == [Told("exchange", "can")]


def test_what_is_repeated_counts_once():
    assert told(answer(*[wish(order_id="003")] * 30), INTENTS) == [
        Told("cancel_order", "request", (("order_id", "003"),))
    ]


def test_more_wishes_than_are_bounded_are_cut():
    assert len(told(answer(*(wish("cancel_order", act) for act in ACTS)), INTENTS)) == MOST_WISHES


@pytest.mark.parametrize(
    ("text", "name", "value", "expected"),
    [
        ("尾号００３那单作废掉", "order_id", "003", "*003"),
        ("尾号003那单作废掉", "order_id", "００３", "*003"),
        ("ORD20241203003 作废掉", "order_id", "ord20241203003", "ORD20241203003"),
        ("表带断了 给我弄根新的", "reason", "表带断了", "表带断了"),
        ("錶帶斷了 給我弄根新的", "reason", "錶帶斷了", None),
        ("包成礼物吧，ＡＢ纸", "wrapping", "ab纸", "AB纸"),
    ],
)
def test_a_value_counts_however_it_is_written(text, name, value, expected):
    found = said(text).value(name, value)
    assert found is not None
    assert found.name == name
    if expected:
        assert found.value == expected
    start, end = found.span
    assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("那单作废掉", "order_id", "ORD20241203003"),
        ("那单作废掉", "order_id", "003"),
        ("ORD20241203003 作废掉", "quantity", "3"),
        ("ORD20241203003 作废掉", "order_id", "ORD20241203004"),
        ("送到上海市静安区南京西路8号", "quantity", "8"),
        ("那单作废掉", "reason", "质量问题"),
        ("那单作废掉", "wrapping", "红色"),
        ("那单作废掉", "phone", "作废"),
        ("那单作废掉", "reason", ""),
        ("不是001那单，是002那单作废掉", "order_id", "001"),
    ],
)
def test_a_value_that_nobody_said_does_not_count(text, name, value):
    assert said(text).value(name, value) is None


def test_what_code_found_already_is_taken_with_its_place():
    found = Found("product", "P-2001", (0, 2))
    assert Said("键盘作废掉", [found], TODAY).value("product", "P-2001") is found
