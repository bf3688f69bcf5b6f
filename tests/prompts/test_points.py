"""The decisive sentences, held against everything that the planner, the toolbox and the sample shop can say."""

import ast
import random
import re
from pathlib import Path

import points_walk as walk
import pytest

import shopassist.testing.rules as rules
from shopassist.errors import ConfigurationError
from shopassist.prompts.points import LANGUAGES, Points, say
from shopassist.prompts.points_file import KINDS
from shopassist.prompts.template import Group, Missing, look_up, read
from shopassist.text import HAN

POINTS = Points.load()
BOTH = pytest.mark.parametrize("language", LANGUAGES)
WRITES = tuple(walk.ARGS)
ORDER = {
    "order": "ORD20241201002",
    "items": [{"zh": "机械键盘K87", "en": "Mechanical Keyboard K87", "quantity": 1}],
    "total": "399",
}
RETURN = {"id": "RET7", "state": "已退款", "amount": "159"}


# --- What is said


@pytest.mark.parametrize(
    ("kind", "name", "data", "zh", "en"),
    [
        (
            "consent", "cancel_order", ORDER,
            "要为您取消订单 ORD20241201002（机械键盘K87，399 元）吗？",
            "Shall I cancel order ORD20241201002 (Mechanical Keyboard K87, CNY 399)?",
        ),
        (
            "done", "cancel_order", {**ORDER, "amount": "399.00", "refund_hours": 24},
            "订单 ORD20241201002 已取消。399 元会在 24 小时内退回。",
            "Order ORD20241201002 has been cancelled. CNY 399 will be refunded within 24 hours.",
        ),
        (
            "refused", "cancel_order.shipped", {},
            "已发货的订单不能取消，您可以拒收，或签收后申请退货。",
            "Your order has shipped, and shipped orders can't be cancelled; you can refuse the parcel, or return it after delivery.",
        ),
        (
            "fact", "track_delivery",
            {"order": "ORD7", "status": "shipped", "sent": True, "carrier": "顺丰", "number": "SF8", "late": False, "eta": "2024-12-06",
             "events": [["2024-12-03T08:00:00+08:00", "已揽收"], ["2024-12-04T21:10:00+08:00", "到达上海转运中心"]]},
            "订单 ORD7 由顺丰配送，单号 SF8，预计 12 月 6 日送达。最新进展：12 月 4 日 21:10，到达上海转运中心。",
            "Order ORD7 is on its way with SF Express, number SF8, expected on 6 December. Latest scan: 4 December, 21:10.",
        ),
        (
            "fact", "refund_status", {"order": "ORD7", "status": "delivered", "return": RETURN},
            "退货 RET7 已经退款，金额 159 元。",
            "Return RET7 has been refunded, CNY 159.",
        ),
        (
            "fact", "refund_status", {"order": "ORD7", "status": "delivered", "return": None},
            "订单 ORD7 没有退货或退款申请。",
            "There is no return or refund for order ORD7.",
        ),
        (
            "fact", "get_product",
            {"name": "鼠标", "name_en": "Mouse", "price": "20.5", "variant": "白", "prices": [["2024-11-20", "15"], ["2024-12-02", "29"]],
             "variants": [{"name": "珍珠白", "stock": 0, "restock": "2024-12-10"}, {"name": "黑色", "stock": 3}]},
            "鼠标的珍珠白暂时缺货（预计 12 月 10 日到货），现价 20.50 元，12 月 2 日及之前是 29 元。",
            "Mouse is sold out in pearl white and comes back on 10 December. It costs CNY 20.50, and was CNY 29 until 2 December.",
        ),
        (
            "ask", "which_order", {"intent": "cancel_order", "options": ["ORD7 耳机", "ORD8 键盘"]},
            "请问要取消的是哪一个订单？\n1. ORD7（耳机）\n2. ORD8（键盘）",
            "Which order would you like to cancel?\n1. ORD7\n2. ORD8",
        ),
        (
            "fact", "unknown", {"tool": "request_return"},
            "「退货退款」的结果正在核实，现在还不能确定是否办成，请先不要重复提交。",
            "The result of your return is still being verified, and I can't say yet whether it went through; please don't submit it again.",
        ),
    ],
)  # fmt: skip
def test_a_point_is_said(kind, name, data, zh, en):
    assert say(kind, name, data, "zh") == zh
    assert say(kind, name, data, "en") == en


def test_a_turn_picks_one_of_several_forms():
    first, second, third = (say("fact", "thanks", {}, "zh", variant=n) for n in range(3))
    assert first != second
    assert third == first


# --- Nothing goes without its own sentence


@BOTH
def test_every_point_of_planner_and_shop_has_a_sentence_of_its_own(language):
    general = {
        (kind, name, key)
        for kind, name, data in walk.all_points()
        if (key := POINTS.speaks(kind, name, data, language)) not in (name, name.partition(".")[2])
    }
    assert general == set()


def test_the_walk_reaches_every_reason_of_the_rules():
    tree = ast.parse(Path(rules.__file__).read_text("utf-8"))
    raised = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "_No"]
    written = {c.value for call in raised for c in ast.walk(call.args[0]) if isinstance(c, ast.Constant)} - {
        "state",
        "status",
    }
    written |= {"needs_text", "already_cancelled", "needs_reason", "not_a_fault", "own_damage", "return_received"}
    written |= {"already_refunded", "already_withdrawn", "unpaid", "shipped", "delivered"}
    met = {name.partition(".")[2] for kind, name, _ in walk.checked() if kind == "refused"}
    assert written - met == set()


@BOTH
@pytest.mark.parametrize("tool", WRITES)
@pytest.mark.parametrize(
    "reason",
    ["login", "consent", "expired", "order", "product", "no_order", "not_found", "no_tool", "arguments", "raised", "garbage", "timeout", "failed", "changed", "version", "unknown"],
)  # fmt: skip
def test_what_the_toolbox_refuses_is_said(tool, reason, language):
    data = {"intent": "cancel_order", "wrong": ["address"]}
    assert POINTS.speaks("refused", f"{tool}.{reason}", data, language) == reason
    assert POINTS.speaks("refused", f"{tool}.{reason}", {}, language) == reason


@BOTH
@pytest.mark.parametrize("tool", WRITES)
def test_a_write_can_be_asked_for_done_and_refused(tool, language):
    assert POINTS.speaks("consent", tool, {**ORDER, "phone": "1", "order_id": "ORD7"}, language) == tool
    assert POINTS.speaks("done", tool, {**ORDER, "phone": "1"}, language) == tool
    assert POINTS.speaks("refused", f"{tool}.no_such_reason", {}, language) == tool


@BOTH
def test_every_slot_and_offer_of_the_catalogue_has_its_question(language):
    slots = {s for intent in walk.CATALOGUE for s in intent.slots} | {"subject", "text"}
    offers = {r.offer for intent in walk.CATALOGUE for r in intent.routes.values() if r.offer}
    names = [f"slot_{s}" for s in slots] + [f"offer_{o}" for o in offers]
    assert [n for n in names if POINTS.speaks("ask", n, {}, language) != n] == []


@BOTH
def test_both_languages_have_the_same_texts(language):
    sections = {one: POINTS.languages[one].section.kinds for one in LANGUAGES}
    for kind in KINDS:
        assert set(sections[language][kind]) == set(sections["zh"][kind])


# --- Templates and data fit


def _texts(language):
    """Kind, name and cases; the values of `handoff` come from a desk, which the sample shop has none of."""
    for kind, texts in POINTS.languages[language].section.kinds.items():
        for name, cases in texts.items():
            if kind not in ("handoff", "sympathy", "knowledge") and name != "any":
                yield kind, name, cases


def _data(kind, key):
    """What real points give to a text."""
    given = [{"shop": "Yunji", "assistant": "Yun"}] if key in ("greeting", "identity") else []
    if key == "arguments":
        given.append({"wrong": ["address"]})
    if key in ("no_tool", "unknown", "failed", "timeout", "raised", "garbage"):
        given.append({"intent": "cancel_order", "order": "ORD7"})
    for found, name, data in walk.all_points():
        tool, _, reason = name.partition(".")
        if found == kind and key in (name, reason, tool):
            given.append({"tool": tool, **data})
    return given


def _fields(template, data, words):
    """The fields that the data have no value for."""
    for field in template.fields():
        try:
            field.render(data, words._form)
        except Missing:
            if not any(_value(data, path) for path in field.paths) or words.language == "zh":
                yield field.paths  # in English a Chinese name or event is left out, though it is in the data


@BOTH
def test_every_field_of_a_template_is_in_real_data(language):
    words, lacking = POINTS.languages[language], []
    for kind, name, cases in _texts(language):
        templates = [t for case in cases for t in case.say if any(t.fields())]
        given = _data(kind, name) if templates else []
        for template in templates:
            missing = {f.paths for f in template.fields()}
            for data in given:
                missing &= set(_fields(template, data, words))
                if not missing:
                    break
            if missing:
                lacking.append((kind, name, missing))
    allowed = {("refund_status", "return.state")}  # a shop's own state, in letters that its customers read
    assert [x for x in lacking if not any((x[1], p) in allowed for paths in x[2] for p in paths)] == []


@BOTH
def test_every_condition_holds_for_some_real_data(language):
    never = []
    for kind, name, cases in _texts(language):
        for when in (case.when for case in cases if case.when):
            for path, wanted in when.items():
                values = {str(_value(data, path)) for data in _data(kind, name) or [{}]}
                expected = {str(one) for one in (wanted if isinstance(wanted, list) else [wanted])}
                asked = name.startswith(("slot_", "dropped")) or path == "intent"
                if not values & expected and not asked:
                    never.append((kind, name, path, wanted))
    assert never == []


def _value(data, path):
    try:
        return look_up(data, path)
    except Missing:
        return None


@BOTH
def test_no_figure_is_said_that_is_not_in_the_data(language):
    for kind, name, data in walk.all_points():
        said = re.sub(r"(?m)^\d+\. ", "", say(kind, name, data, language))
        known = re.findall(r"\d+", str(data))
        plain = {k.lstrip("0") for k in known}
        assert {n.lstrip("0") for n in re.findall(r"\d+", said)} <= plain, (name, said)


@BOTH
def test_no_template_holds_a_figure_an_exclamation_mark_or_an_emoji(language):
    section = POINTS.languages[language].section
    for case in section.cases():
        for template in case.say:
            own = "".join(_literals(template))
            assert not re.search(r"\d|[!！]|[\U0001f000-\U0001faff\u2600-\u27bf]", own), case.place


def _literals(template):
    for part in template.parts:
        if isinstance(part, Group):
            yield from _literals(part.template)
        elif isinstance(part, str):
            yield part


@BOTH
def test_what_is_told_asks_nothing(language):
    for name, cases in POINTS.languages[language].section.kinds["fact"].items():
        asks = [text for case in cases for text in map(repr, case.say) if "？" in text or "?" in text]
        assert not asks, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_consent_question_is_positive_and_asks_one_thing(language):
    for kind, name, data in walk.all_points():
        if kind != "consent":
            continue
        said = say(kind, name, data, language)
        assert len(re.findall("[?？]", said)) == 1, said
        assert said[-1] in "?？", said
        question = re.split(r"(?<=[。.]) ?(?=[^ ])", said)[-1]
        assert not re.search(r"不|没|\bnot\b|n't\b", question.replace(str(data.get("address")), "")), said


@BOTH
def test_a_consent_names_the_order_the_decisive_arguments_and_the_amount(language):
    for kind, name, data in walk.all_points():
        if kind == "consent":
            said = say(kind, name, data, language)
            named = [data[n] for n in ("order_id", "address", "recipient", "phone", "title", "amount") if data.get(n)]
            assert all(value in said for value in named), said


def test_a_refusal_shows_a_way_out():
    """What stands alone says that there is nothing to do, or what the customer can do."""
    way = r"可以|请|不用|来找我|告诉我|找人工客服"
    for kind, name, data in walk.checked():
        if kind == "refused":
            assert re.search(way, say(kind, name, data, "zh")), name


def test_english_sentences_hold_no_chinese_but_what_the_customer_gave():
    given = [v for variants in walk.ARGS.values() for args in variants for v in args.values()]
    for kind, name, data in walk.all_points():
        said = say(kind, name, data, "en")
        for value in sorted(given, key=len, reverse=True):
            said = said.replace(value, "")
        assert not re.search(f"[{HAN}]", said), (name, said)


# --- What is missing never raises


@BOTH
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["", "no_such_name", "no_such_tool.no_such_reason", "slot_engraving", "offer_engraving"]
)
def test_what_has_no_text_is_said_politely(kind, name, language):
    assert say(kind, name, {}, language)


@BOTH
def test_data_that_lack_fields_never_raise(language):
    for kind, texts in POINTS.languages[language].section.kinds.items():
        for name in texts:
            assert say(kind, name, {}, language).strip()


@pytest.mark.parametrize("seed", range(10))
def test_data_of_any_shape_never_raise(seed):
    dice = random.Random(seed)
    junk = [None, "", " ", 0, -1, 3.5, True, "nan", "2024-13-45", [], {}, [None], [[]], [[1, 2]], [{"zh": 1}], {"zh": ""}, {"en": {}}, "{x}", "[", ["a", "b"]]  # fmt: skip
    names = {path.split(".")[0] for language in LANGUAGES for case in POINTS.languages[language].section.cases() for t in case.say for f in t.fields() for path in f.paths}  # fmt: skip
    for language in LANGUAGES:
        for kind, texts in POINTS.languages[language].section.kinds.items():
            for name in texts:
                data = {field: dice.choice(junk) for field in names}
                assert say(kind, name, data, language, variant=dice.randrange(-3, 9)).strip()


def test_a_kind_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="there are fact"):
        say("facts", "greeting", {}, "zh")


# --- A shop's own texts


def test_a_shop_changes_texts_words_and_formats(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text(
        """
        zh:
          formats: {money: "¥{amount}"}
          done: {cancel_order: "订单 {order|number} 取消好啦。", wrap_gift: "礼品包装已登记[，贺卡写「{card}」]。"}
        en:
          words: {products: {机械键盘K87: Keyboard K87}}
        """,
        "utf-8",
    )
    later = tmp_path / "later.yaml"
    later.write_text("zh: {done: {cancel_order: 取消了。}}", "utf-8")
    points = Points.load(own)
    assert points.say("done", "cancel_order", ORDER, "zh") == "订单 ORD20241201002 取消好啦。"
    assert points.say("done", "wrap_gift", {"card": "生日快乐"}, "zh") == "礼品包装已登记，贺卡写「生日快乐」。"
    assert points.say("done", "wrap_gift", {}, "zh") == "礼品包装已登记。"
    assert "¥399" in points.say("consent", "cancel_order", ORDER, "zh")
    asked = points.say("ask", "which_order", {"options": ["ORD7 机械键盘K87"]}, "en")
    assert asked == "Which order is this about?\n1. ORD7 (Keyboard K87)"
    assert Points.load(own, later).say("done", "cancel_order", ORDER, "zh") == "取消了。"
    assert say("done", "cancel_order", ORDER, "zh") == "订单 ORD20241201002 已取消。"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("zh: [", "YAML"),
        ("just a text", "expected a mapping"),
        ("fr: {}", "'fr'"),
        ("zh: {facts: {}}", "zh.facts"),
        ("zh: {fact: [a]}", "zh.fact"),
        ("zh: {fact: {greeting: 7}}", "zh.fact.greeting"),
        ("zh: {fact: {greeting: []}}", "zh.fact.greeting"),
        ("zh: {fact: {greeting: ''}}", "zh.fact.greeting"),
        ("zh: {fact: {greeting: ['a', {say: b}]}}", "zh.fact.greeting"),
        ("zh: {fact: {greeting: '{name|shout}'}}", "zh.fact.greeting.*'shout'"),
        ("zh: {fact: {greeting: '[{name}'}}", "zh.fact.greeting"),
        ("zh: {fact: {greeting: '{name'}}", "zh.fact.greeting"),
        ("zh: {fact: {greeting: '{na me}'}}", "zh.fact.greeting"),
        ("zh: {fact: {greeting: '{x|each:nothing}'}}", "zh.fact.greeting.*'nothing'"),
        ("zh: {fact: {greeting: '{x|word:nothing}'}}", "zh.fact.greeting.*'nothing'"),
        ("zh: {fact: {greeting: '{x|first:few}'}}", "zh.fact.greeting.*'few'"),
        ("zh: {fact: {greeting: {say: a, wenn: {b: c}}}}", "zh.fact.greeting.wenn"),
        ("zh: {fact: {greeting: {when: {b: c}}}}", "zh.fact.greeting.say"),
        ("zh: {fact: {greeting: {when: b, say: a}}}", "zh.fact.greeting.when"),
        ("zh: {fact: {any: '{name}'}}", "zh.fact.any"),
        ("zh: {formats: {money: '¥'}}", "zh.formats.money"),
        ("zh: {formats: {coins: '¥'}}", "zh.formats.coins"),
        ("zh: {words: {deed: {cancel_order: 7}}}", "zh.words.deed.cancel_order"),
    ],
)
def test_a_bad_file_is_named_with_its_key(tmp_path, text, key):
    file = tmp_path / "own.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=f"(?s)own.yaml.*{key}"):
        Points.load(file)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml"):
        Points.load(tmp_path / "nowhere.yaml")


# --- The notation


@pytest.mark.parametrize(
    ("text", "data", "said"),
    [
        ("a {b}", {"b": 0}, "a 0"),
        ("a[ {b}]", {}, "a"),
        ("a[ {b}[ {c}]]", {"b": 1}, "a 1"),
        ("{b/c}", {"b": "", "c": 2}, "2"),
        ("{b.-1.0}", {"b": [[1, 2], [3, 4]]}, "3"),
        ("{b.9}", {"b": [1]}, None),
        ("{b.c}", {"b": "text"}, None),
        ("{b}", {"b": "{c} [d]", "c": 1}, "{c} [d]"),
    ],
)
def test_fields_are_filled(text, data, said):
    template = read(text)
    if said is None:
        with pytest.raises(Missing):
            template.render(data, lambda *_: None)
    else:
        assert template.render(data, lambda *_: None) == said
