"""Cases as they are shown and exported: without personal data, and never trained on before somebody has looked."""

import json
from datetime import datetime

import pytest
from stored import answered

from shopassist.dialogue import Consent, Quote, Wish
from shopassist.errors import InputError
from shopassist.language.catalogue import Catalogue
from shopassist.learning.cases import examples, latest, texts_of
from shopassist.learning.examples import Example, read
from shopassist.storage.memory import MemoryStore
from shopassist.testing import MovedClock

EXPIRES = datetime(2024, 12, 5, 10, 15)
SECRETS = (
    "王小明",
    "小明",
    "世纪大道",
    "501",
    "ORD20241203003",
    "20241203003",
    "1203",
    "零零一三八",
    "conv-7",
    "u-1001",
    "云集",
)


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.load()


@pytest.fixture
def store():
    return MemoryStore(MovedClock())


def unsure(store, said, conversation="conv-7", text="好的。", score=0.52, **values):
    wishes = (Wish("order_status", "status", score=score),)
    answered(store, conversation, said, text, wishes=wishes, intents=("order_status",), **values)


def lines(store, catalogue, known=()):
    return [json.loads(line) for line in examples(latest(store, catalogue, 100).cases, catalogue, known)]


def test_a_case_says_why_what_was_understood_and_what_stands_around_it(store, catalogue):
    answered(store, "c", "你好", "您好！\n请问是哪一个订单？\n1. ORD20241203003（充电器）")
    unsure(store, ["那个", "咋样了"], "c", "订单 ORD20241203003 已付款。还没有发货。", mood="negative")
    answered(store, "c", "不对，我说的是键盘")
    [case] = latest(store, catalogue, 5).cases
    assert (case.text, case.language, case.mood, case.turn) == ("那个\n咋样了", "zh", "negative", 2)
    assert case.reasons == {"unsure": "order_status 0.52", "corrected": "contradicted"}
    assert case.wishes == (("order_status", "status", 0.52),)
    assert (case.before, case.after) == ("请问是哪一个订单？", "不对，我说的是键盘")
    assert case.answer == "订单 12 已付款。还没有发货。"


def test_the_newest_come_first_and_all_are_counted(store, catalogue):
    for n in range(5):
        unsure(store, f"第{n}个呢", f"c{n}")
        store._clock.now += 60
    found = latest(store, catalogue, 2)
    assert [c.text for c in found.cases] == ["第4个呢", "第3个呢"]
    assert (found.total, found.counts) == (5, {"unsure": 5})
    since = store._clock.now - 2 * 60
    assert latest(store, catalogue, 9, since=since).total == 2
    assert latest(store, catalogue, 9, reasons=["corrected"]).cases == ()


def test_an_example_is_refused_until_somebody_has_looked_and_then_read_as_it_is(store, catalogue, tmp_path):
    unsure(store, "查下ORD20241203003", mood="negative")
    [line] = lines(store, catalogue)
    file = tmp_path / "week.jsonl"
    file.write_text(json.dumps(line, ensure_ascii=False) + "\n", "utf-8")
    with pytest.raises(InputError, match=r"week\.jsonl:1: nobody has looked at this line yet: .* take `check` out"):
        read([file], catalogue)
    assert line.pop("check").startswith("unsure: order_status 0.52")
    file.write_text(json.dumps(line, ensure_ascii=False) + "\n", "utf-8")
    wished = (("order_status", "status"),)
    assert read([file], catalogue) == [Example("查下12", "zh", wished, "negative", {"order_id": ["12"]}, "week")]


def test_a_text_that_comes_twice_or_is_known_is_exported_once_or_not(store, catalogue):
    for n, text in enumerate(("查下ORD20241203003", "查下ORD20241201002", "已有的", "")):
        unsure(store, text, f"c{n}")
    assert [line["text"] for line in lines(store, catalogue, {("已有的", "zh")})] == ["查下12"]


def test_the_texts_of_the_built_in_messages_and_of_other_files_are_known(tmp_path):
    file = tmp_path / "week.jsonl"
    file.write_text('{"text": "已有的", "language": "zh"}\nno json\n[]\n', "utf-8")
    known = texts_of([file])
    assert {("已有的", "zh"), ("还是给我退掉吧", "zh")} <= known


def test_an_intent_that_the_catalogue_has_no_more_is_no_label(store, catalogue):
    answered(store, "c", "包成礼物", wishes=(Wish("gift_wrap", score=0.5),), intents=("gift_wrap",))
    assert lines(store, catalogue)[0]["wishes"] == []


def test_what_some_readers_take_for_the_end_of_a_line_does_not_end_it(store, catalogue, tmp_path):
    unsure(store, "那个\u2028咋样\u2029了")
    [line] = examples(latest(store, catalogue, 5).cases, catalogue, ())
    assert line.splitlines() == [line]
    assert json.loads(line)["text"] == "那个\u2028咋样\u2029了"


def test_no_personal_data_and_no_id_is_in_what_is_shown_or_exported(store, catalogue):
    args = {"order_id": "ORD20241203003", "recipient": "王小明"}
    consent = Consent("k", "change_contact", args, Quote(True, facts={"address": "世纪大道100号3号楼501"}), EXPIRES)
    answered(
        store,
        "conv-7",
        "我叫王小明，地址上海市浦东新区世纪大道100号3号楼501",
        "收件人王小明，寄到世纪大道100号3号楼501，对吗？",
    )
    unsure(
        store,
        "王小明那单 ORD 2024 1203 003 电话一 三 八 零 零 一 三 八 零 零 零",
        text="要改 ORD20241203003 吗？",
        consent=consent,
    )
    unsure(store, "小明的世纪大道那个")
    unsure(store, "抬头杭州云集科技有限公司，还是小明")
    answered(store, "conv-7", "不对，我说的是小明的1203003")
    found = latest(store, catalogue, 100)
    assert found.total == 3
    shown = json.dumps([c.plain(None) for c in found.cases], ensure_ascii=False)
    shown += "\n".join(examples(found.cases, catalogue, ()))
    assert [secret for secret in SECRETS if secret in shown] == []
    assert "某人" in shown
