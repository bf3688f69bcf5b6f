"""Whole turns on the sample shop, with a model that says what the test wants."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from shopassist.engine.evidence import untraced
from shopassist.engine.owner_view import owner_view
from shopassist.errors import ModelTimeout, ModelUnavailable
from shopassist.prompts import texts
from shopassist.replies import Reply
from shopassist.testing import ScriptedModel
from shopassist.text import fold
from shopassist.vault import Vault

GOOD = "单次续航 8 小时，配合充电盒共 30 小时。"


def words(page):
    """A page's text without mark-up, for comparing."""
    return "".join(c for c in fold(page) if c.isalnum())


@pytest.fixture(scope="module")
def pages():
    return words("\n".join(p.read_text("utf-8") for p in sorted(PAGES.rglob("*")) if p.is_file()))


def test_a_product_question_is_answered_with_its_page(assistant):
    reply = assistant(ScriptedModel(answers=[GOOD])).reply("无线降噪耳机Pro续航多久", conversation="c")
    assert reply.text == GOOD
    assert reply.rejected == ()
    assert reply.degraded is None
    assert "p-1001" in [c.document for c in reply.citations]
    assert reply.usage.model_calls == 1


def test_an_elliptical_question_is_about_the_other_product(assistant):
    model = ScriptedModel(answers=[GOOD, "Lite 单次续航 6 小时。"])
    shop = assistant(model)
    shop.reply("无线降噪耳机Pro续航多久", conversation="c")
    reply = shop.reply("那Lite呢", conversation="c")
    assert "无线降噪耳机Lite" in reply.query
    assert "续航" in reply.query
    assert reply.text == "Lite 单次续航 6 小时。"
    assert reply.citations[0].document in ("p-1002", "guide-headphones-choice")
    assert reply.evidence[0].document == "p-1002"


def test_a_policy_is_read_as_it_held_on_the_day_of_the_order(assistant):
    model = ScriptedModel(answers=["双十一的订单，签收后 30 天内都可以无理由退货。"])
    reply = assistant(model).reply("我双十一11月10号买的东西还能退吗", conversation="c")
    assert reply.valid_on.isoformat() == "2024-11-10"
    assert "30 天" in reply.text
    assert "returns@2024-11-01..2024-11-12" in [c.version for c in reply.citations]


def test_without_a_day_the_policy_of_today_holds(assistant):
    model = ScriptedModel(answers=["签收后 30 天内可以无理由退货。"])
    reply = assistant(model).reply("七天无理由退货怎么退", conversation="c")
    assert reply.valid_on.isoformat() == "2024-12-05"
    assert "2024-11-12" not in reply.citations[0].version
    assert [c.version for c in reply.citations if "2024-11-12" in c.version] == ["returns@2024-11-01..2024-11-12"]
    assert "11 月 1 日" in reply.text  # orders of other days have their own, which is told with its days


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("什么破耳机，气死我了，无线降噪耳机Pro续航到底多久", "zh"),
        ("This is ridiculous! How long does the battery of the Earbuds Pro last?", "en"),
    ],
)
def test_an_angry_customer_hears_an_apology_first(assistant, text, language, wordings):
    answer = {"zh": GOOD, "en": "They play for 8 hours on one charge."}[language]
    model = ScriptedModel(answers=[answer])
    reply = assistant(model).reply(text, conversation="c")
    assert reply.mood == "negative"
    assert reply.language == language
    assert reply.sentences[0] in wordings("sympathy", "any", language)
    assert answer in reply.sentences
    assert texts(language).moods["negative"] in model.calls[0][-1].text


def test_the_cause_of_a_mood_is_kept_without_personal_data_and_shown_to_its_owner(assistant):
    shop = assistant(ScriptedModel(answers=["好的。"]))
    reply = shop.reply("说好周五送到的打13800138000又没人管都周二了", conversation="c")
    assert reply.mood == "negative"
    assert reply.mood_cause
    kept = replace(reply, mood_cause=("打<PHONE_1>没人管",))
    assert owner_view(kept, Vault.from_dict({"<PHONE_1>": "13800138000"})).mood_cause == ("打13800138000没人管",)
    assert Reply.from_dict(kept.to_dict()) == kept


def test_what_no_page_says_is_not_guessed_but_offered_to_a_person(assistant, wordings):
    model = ScriptedModel(answers=["火锅底料特别辣。"])
    shop = assistant(model)
    unknown = shop.reply("火锅底料辣不辣", conversation="c")
    assert unknown.sentences[0] in wordings("knowledge", "unknown")
    assert unknown.evidence == ()
    assert unknown.citations == ()
    assert model.calls == []

    person = shop.reply("好的", conversation="c")
    assert person.intents == ("human",)
    assert person.handoff is not None
    assert person.handoff in person.text
    assert person.mode == "waiting"
    assert [h.id for h in shop.store.handoffs()] == [person.handoff]


def test_an_offer_that_was_not_made_is_not_accepted(assistant, wordings):
    reply = assistant().reply("好的", conversation="c")
    assert reply.text in wordings("fact", "acknowledge")
    assert reply.handoff is None


@pytest.mark.parametrize("invented", ["价格是 799 元。", "现在只要 ￥1,299。", "打 85 折，到手价 399 块。"])
def test_an_invented_price_is_never_shown(assistant, invented):
    model = ScriptedModel(answers=[f"{invented}{GOOD}"])
    reply = assistant(model).reply("无线降噪耳机Pro续航多久", conversation="c")
    assert [r.sentence for r in reply.rejected] == [invented]
    assert reply.rejected[0].reason.startswith("figure ")
    assert invented not in reply.text
    assert not any(price in reply.text for price in ("799", "1,299", "399"))


def test_an_echo_is_never_shown(assistant):
    model = ScriptedModel(answers=["无线降噪耳机Pro续航多久呢？无线降噪耳机Pro的续航。"])
    reply = assistant(model).reply("无线降噪耳机Pro续航多久", conversation="c")
    assert {r.reason for r in reply.rejected} == {"echo"}
    assert (len(model.calls), reply.degraded) == (2, "Echo")
    assert "？" not in reply.text
    assert "小时" in reply.text


@pytest.mark.parametrize("deed", ["已为您取消订单。", "我马上帮您退款。", "稍后有专员联系您。"])
def test_a_deed_is_never_claimed(assistant, deed):
    reply = assistant(ScriptedModel(answers=[deed])).reply("帮我退掉无线降噪耳机Pro，能退吗", conversation="c")
    assert deed not in reply.text
    assert [r.reason for r in reply.rejected] == ["deed"]
    assert reply.text


@pytest.mark.parametrize(
    ("answer", "degraded"),
    [
        (ModelUnavailable("gone"), "ModelUnavailable"),
        (ModelTimeout("slow"), "ModelTimeout"),
        (RuntimeError("boom"), "RuntimeError"),
        ("", "ValueError"),  # LangChain's own, for a stream without a chunk
        ("  \n ", "EmptyAnswer"),
    ],
)
def test_a_model_that_fails_is_replaced_by_templates(assistant, answer, degraded):
    reply = assistant(ScriptedModel(answers=[answer])).reply("K87键盘支持热插拔吗", conversation="c")
    assert "支持热插拔" in reply.text
    assert reply.citations
    assert reply.degraded == degraded


def test_what_a_model_said_before_it_broke_off_stays(assistant):
    model = ScriptedModel(answers=[("单次续航 8 小时。配合充电盒", ConnectionError("reset"))])
    reply = assistant(model).reply("无线降噪耳机Pro续航多久", conversation="c")
    assert reply.sentences[0] == "单次续航 8 小时。"
    assert "配合充电盒" not in reply.sentences[1:]
    assert reply.degraded == "ConnectionError"


@pytest.mark.parametrize(
    "text", ["你好", "谢谢", "再见", "你是谁", "嗯嗯", "hello", "thanks!", "转人工", "talk to a human"]
)
def test_small_talk_needs_no_model(assistant, text):
    model = ScriptedModel(answers=["不该说的话"])
    reply = assistant(model).reply(text, conversation="c")
    assert model.calls == []
    assert reply.text
    assert "不该说的话" not in reply.text
    assert reply.degraded is None


def test_a_figure_that_was_asked_for_and_not_named_is_appended(assistant):
    evasive = "无线降噪耳机Pro 的续航在日常通勤时很够用。"
    reply = assistant(ScriptedModel(answers=[evasive])).reply("无线降噪耳机Pro续航多久", conversation="c")
    assert reply.sentences[0] == evasive
    assert "8 小时" in reply.sentences[1]


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        ("\n\n防水等级是 IPX4。单次续航 8 小时。", ("防水等级是 IPX4。", "单次续航 8 小时。")),
        ("防水等级是 IPX4。\n\n单次续航 8 小时。", ("防水等级是 IPX4。", "单次续航 8 小时。")),
        ("1. 防水等级是 IPX4。\n2.\n单次续航 8 小时。", ("防水等级是 IPX4。", "单次续航 8 小时。")),
    ],
)
def test_sentences_are_whole_whatever_stands_between_them(assistant, answer, sentences):
    reply = assistant(ScriptedModel(answers=[answer])).reply("无线降噪耳机Pro防水吗，续航多久", conversation="c")
    assert reply.sentences == sentences


class CutOff(ScriptedModel):
    """A model that reached its token limit."""

    def _stream(self, *arguments, **options):
        yield from super()._stream(*arguments, **options)
        yield ChatGenerationChunk(message=AIMessageChunk("", response_metadata={"finish_reason": "length"}))


def test_a_sentence_that_was_cut_off_is_not_shown(assistant):
    model = CutOff(answers=["防水等级是 IPX4。它可以戴着游泳"])
    reply = assistant(model).reply("无线降噪耳机Pro防水吗", conversation="c")
    assert "防水等级是 IPX4。" in reply.sentences
    assert "戴着游泳" not in reply.text
    assert reply.degraded == "CutOff"


def test_the_front_of_the_prompt_never_changes_and_the_evidence_is_last(assistant):
    model = ScriptedModel(answers=["支持的。"])
    shop = assistant(model)
    for conversation, text in [
        ("a", "无线降噪耳机Pro续航多久"), ("a", "那Lite呢"), ("a", "它防水吗"), ("b", "退货运费谁出"), ("b", "什么破店，怎么开发票"),
    ]:  # fmt: skip
        shop.reply(text, conversation=conversation)
    front = 1 + 2 * len(texts("zh").examples)
    assert len(model.calls) == 5
    assert len({json.dumps([(m.type, m.text) for m in call[:front]]) for call in model.calls}) == 1
    for call in model.calls:
        assert call[-1].type == "human"
        assert "资料：" in call[-1].text
        assert not any("资料：" in m.text for m in call[front:-1])


PAGES = Path(__file__).parents[2] / "knowledge"
QUESTIONS = [
    "无线降噪耳机Pro续航多久", "那Lite呢", "退货运费谁出", "怎么开发票", "K87键盘支持热插拔吗", "人工客服几点上班", "怎样才包邮",
    "保修需要准备什么", "How do I return something?", "How long does the battery of the Earbuds Pro last?", "Is K87 hot-swappable?",
]  # fmt: skip


@pytest.mark.parametrize("knowledge", ["lexical", "hashed"])
@pytest.mark.parametrize("model", [None, ScriptedModel(answers=[f"{GOOD}防水等级是 IPX9。It weighs 77 kg."])])
def test_every_figure_shown_is_in_the_evidence_and_every_quote_in_a_page(assistant, request, pages, model, knowledge):
    shop = assistant(model, knowledge=request.getfixturevalue(knowledge))
    cited = 0
    for question in QUESTIONS:
        reply = shop.reply(question, conversation="c")
        periods = [replace(p, text=f"{p.text}\n{p.valid_from}\n{p.valid_to}") for p in reply.evidence]
        for sentence in reply.sentences:
            assert untraced(sentence, periods, question) is None, (question, sentence)
        for citation in reply.citations:
            cited += 1
            for line in citation.quote.splitlines():
                for part in line.split("："):  # a table's cells are joined by colons
                    assert all(words(cell) in pages for cell in part.split("，")), (question, citation)
    assert cited >= 8


def test_without_a_model_templates_answer_from_the_pages(assistant):
    shop = assistant(None)
    reply = shop.reply("K87键盘支持热插拔吗", conversation="c")
    assert "热插拔" in reply.text
    assert "p-2001" in [c.document for c in reply.citations]
    assert reply.degraded is None
    assert reply.usage.model_calls == 0


def test_without_a_model_a_product_is_not_answered_from_anothers_page(assistant):
    reply = assistant(None).reply("无线降噪耳机Pro续航多久", conversation="c")
    assert "p-1002" not in [c.document for c in reply.citations]
    assert "8 小时" in reply.text


def test_without_knowledge_the_assistant_says_that_it_does_not_know(assistant, wordings):
    reply = assistant(ScriptedModel(answers=["胡说。"]), knowledge=None).reply("怎么退货", conversation="c")
    assert reply.sentences[0] in wordings("knowledge", "unknown")


def test_a_conversations_memory_does_not_grow(assistant):
    shop = assistant(ScriptedModel(answers=[GOOD]))
    sizes = []
    for turn in range(1, 61):
        shop.reply(f"无线降噪耳机Pro续航多久？{turn % 10}", conversation="c")
        if turn in (30, 60):
            sizes.append(len(json.dumps(shop.export("c")["state"])))
    assert sizes[1] <= sizes[0] * 1.05


def test_a_long_message_is_stored_once_and_not_carried_whole(assistant):
    shop = assistant(ScriptedModel(answers=[GOOD]))
    long = "无线降噪耳机Pro续航多久？" * 250
    shop.reply(long, conversation="c")
    assert shop.export("c")["messages"][0]["text"] == long
    assert len(json.dumps(shop.export("c")["state"], ensure_ascii=False)) < 2000
