"""Answers that are kept for others: what is found again, what never is, and that nothing of a customer's gets in."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from shopassist import Customer
from shopassist.engine.sameness import form, private
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.messages import Message, OrderRef
from shopassist.protocols import Hot, Kept
from shopassist.replies import Reply, Saved, Sentence
from shopassist.storage.memory_answers import MemoryAnswers
from shopassist.testing import HashEmbeddings, MemoryShop, ScriptedModel
from shopassist.text import language_of

DATA = Path(__file__).parents[1] / "data"
PAGES = Path(__file__).parents[2] / "knowledge"
NEAR = [
    (kind, *pair)
    for kind, pairs in yaml.safe_load((DATA / "near_misses.yaml").read_text("utf-8")).items()
    for pair in pairs
]
ALIKE = yaml.safe_load((DATA / "paraphrases.yaml").read_text("utf-8"))
POSTAGE = "无理由退货的运费由买家承担，质量问题的运费由商家承担。"
ANA, BEN = Customer("u-1001"), Customer("u-1002")


def asked(assistant, text, conversation, customer=None, **options):
    return assistant.reply(text, conversation=conversation, customer=customer, **options)


def test_the_list_of_near_misses_is_long_enough():
    assert len(NEAR) >= 200
    assert len({frozenset(pair[1:]) for pair in NEAR}) == len(NEAR)


@pytest.mark.parametrize(("kind", "one", "other"), NEAR)
def test_a_near_miss_is_another_question_whatever_the_cosine(lexical, kind, one, other):
    language = language_of(one)
    first, second = (form(t, language, lexical.products(language)) for t in (one, other))
    assert first.same != second.same
    assert first.alike != second.alike


def test_most_paraphrases_are_the_same_question(lexical):
    for part, least in (("fit", 0.85), ("held", 0.75)):
        pairs = [[form(t, language_of(t), lexical.products(language_of(t))) for t in p] for p in ALIKE[part]]
        assert sum(a.alike == b.alike for a, b in pairs) / len(pairs) >= least, part


@pytest.mark.parametrize(
    "text", ["", "？！", "你好", "请问", "hello", "的", "1" * 2000, "吗" * 5000, "\ud800退货", "⟦⟧⟦", "不" * 300]
)
def test_any_text_has_a_form(text):
    assert isinstance(form(text, "zh").same, str)
    assert isinstance(form(text, "en").same, str)


@pytest.mark.parametrize(
    "text",
    [
        "我叫王小明，七天无理由怎么退", "张女士的退货运费谁出", "尾号003的退货运费谁出", "订单20241201002运费谁出",
        "我的订单退货运费谁出", "13912345678 退货运费谁出", "一三九一二三四五六七八 运费谁出", "卡号6222 0000 运费谁出",
        "<PHONE_1> 退货运费谁出", "my name is Ann, who pays the return postage", "a@b.cn 退货运费谁出",
    ],
)  # fmt: skip
def test_a_question_that_says_who_asks_is_nobody_elses(text):
    assert private(text)


@pytest.mark.parametrize(
    "text", ["满199减20怎么用", "DEC50怎么用", "耳机Pro防水吗", "20000毫安能上飞机吗", "满500元包邮吗"]
)
def test_amounts_and_products_are_anybodys(lexical, text):
    assert not private(text, lexical.products("zh"))


def test_a_second_customer_gets_the_kept_answer_in_a_turn_like_any_other(assistant):
    model = ScriptedModel(answers=[POSTAGE])
    made = assistant(model)
    first = asked(made, "退货运费谁出", "a", ANA)
    events = list(made.stream("请问退货的运费由谁承担呢？", conversation="b", customer=BEN))
    second = events[-1].reply
    assert first.usage.saved is None
    assert second.usage.saved.how == "same"
    assert second.usage.saved.calls == first.usage.model_calls == 1
    assert second.usage.saved.output_tokens == first.usage.output_tokens
    assert second.usage.model_calls == 0
    assert (second.text, second.citations, second.intents) == (first.text, first.citations, first.intents)
    assert "".join(e.text for e in events if isinstance(e, Sentence)) == second.text
    assert [m.role for m in made.history("b", customer=BEN)] == ["customer", "assistant"]
    assert len(model.calls) == 1
    assert made.store.latest("b") == second
    assert Reply.from_dict(second.to_dict()) == second


def test_a_kept_answer_is_remembered_by_its_conversation(assistant):
    made = assistant(ScriptedModel(answers=["防水等级是 IPX4，可以防汗水和小雨。", "单次续航 8 小时。"]))
    asked(made, "耳机Pro防水吗", "a")
    assert asked(made, "耳机Pro防水吗", "b").usage.saved is not None
    reply = asked(made, "那它续航多久", "b")
    assert "8 小时" in reply.text
    assert reply.usage.saved is None


def test_products_in_focus_part_questions(assistant):
    made = assistant(ScriptedModel(answers=["防水等级是 IPX4，可以防汗水和小雨。"]))
    asked(made, "耳机Pro防水吗", "a")
    assert asked(made, "耳机Lite防水吗", "b").usage.saved is None


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ((), "气死我了，退货运费谁出！"),
        ((), "我叫王小明，退货运费谁出"),
        ((), "我电话13912345678，退货运费谁出"),
        ((), "订单ORD20241201002退货运费谁出"),
        (("耳机Pro防水吗",), "那Lite呢"),
        (("把ORD20241201002取消了",), "退货运费谁出"),
    ],
)
def test_a_question_with_anything_personal_is_neither_kept_nor_served(assistant, settings, before, text):
    made = assistant(ScriptedModel(answers=[POSTAGE]), shop=MemoryShop.sample(settings.now))
    for conversation in ("a", "b"):
        for earlier in before:
            asked(made, earlier, conversation, ANA)
        size = len(made.answers)
        reply = asked(made, text, conversation, ANA)
        assert reply.usage.saved is None, reply.text
        assert len(made.answers) == size


def test_what_tools_tell_is_never_kept(assistant, settings):
    made = assistant(None, shop=MemoryShop.sample(settings.now))
    for n, text in enumerate(
        ["耳机Pro多少钱", "耳机Pro还有货吗", "我有什么优惠券", "我的快递到哪了", "推荐个500以内的耳机"]
    ):
        for customer in (ANA, BEN, None):
            assert asked(made, text, f"{n}-{customer and customer.id}", customer).usage.saved is None, text
    assert len(made.answers) == 0


def test_a_card_beside_the_question_is_personal(assistant, settings):
    made = assistant(None, shop=MemoryShop.sample(settings.now))
    asked(made, "退货运费谁出", "a", ANA)
    said = Message("退货运费谁出", items=(OrderRef("ORD20241201002"),))
    assert asked(made, said, "b", ANA).usage.saved is None


def test_no_word_of_one_customer_reaches_another(assistant, settings):
    """The model repeats whatever it was told; the other customers see none of it."""
    told = ("王小明", "13912345678", "ORD20241201002", "幸福路", "a@b.cn", "蓝鲸")
    texts = [
        "王小明问一下退货运费谁出", "退货运费谁出？我住幸福路8号", "退货运费谁出 13912345678", "退货运费谁出 a@b.cn",
        "蓝鲸的退货运费谁出", "ORD20241201002 退货运费谁出",
    ]  # fmt: skip
    for n, text in enumerate(texts):
        echo = f"{told[n % len(told)]}您好，{POSTAGE}"
        made = assistant(
            ScriptedModel(answers=[f"{text}：{POSTAGE}", echo]), name=f"{n}.db", shop=MemoryShop.sample(settings.now)
        )
        asked(made, text, "a", ANA)
        kept = [entry.answer for entry in made.answers._entries.values()]
        assert not any(word in "".join(k.sentences) for k in kept for word in told), text
        for question in (text, "退货运费谁出"):
            reply = asked(made, question, f"b{question}", BEN)
            if reply.usage.saved is not None:
                assert not any(word in reply.text for word in told), (text, reply.text)


def test_an_answer_that_names_the_customer_is_not_kept(assistant):
    made = assistant(ScriptedModel(answers=[f"小蓝鲸您好，{POSTAGE}"]))
    asked(made, "小蓝鲸的退货运费谁出", "a")
    assert len(made.answers) == 0


def test_what_was_said_before_in_the_conversation_keeps_an_answer_out(assistant):
    """The model had read it, and may have drawn on it."""
    made = assistant(ScriptedModel(answers=["防水等级是 IPX4，可以防汗水和小雨。", POSTAGE]))
    asked(made, "耳机Pro防水吗", "a")
    size = len(made.answers)
    asked(made, "退货运费谁出", "a")
    assert len(made.answers) == size


@pytest.mark.parametrize(
    "answers",
    [[RuntimeError("gone")], [(POSTAGE, RuntimeError("gone"))], ["我马上帮您退款。"], ["运费 99 元由买家承担。"]],
)
def test_a_degraded_or_mended_answer_is_not_kept(assistant, answers):
    made = assistant(ScriptedModel(answers=answers))
    asked(made, "退货运费谁出", "a")
    assert len(made.answers) == 0


def test_an_answer_that_says_i_do_not_know_is_not_kept(assistant):
    made = assistant(None)
    asked(made, "你们老板是哪里人", "a")
    assert len(made.answers) == 0


def test_templates_and_model_keep_apart(assistant):
    made = assistant(ScriptedModel(answers=[POSTAGE]))
    asked(made, "退货运费谁出", "a", deadline=0)
    assert asked(made, "退货运费谁出", "b").usage.saved is None
    assert asked(made, "退货运费谁出", "c").usage.saved.calls == 1
    assert asked(made, "退货运费谁出", "d", deadline=0).usage.saved.calls == 0


def test_another_day_is_another_question(assistant, settings):
    made = assistant(None)
    asked(made, "退货运费谁出", "a")
    made.settings = settings.model_copy(update={"clock": settings.clock + timedelta(days=1)})
    assert asked(made, "退货运费谁出", "b").usage.saved is None


def test_a_new_generation_invalidates(assistant, tmp_path):
    page, index = tmp_path / "returns.md", tmp_path / "index"
    page.write_text("---\nid: returns\ntags: [policy]\n---\n# 退货\n退货运费由买家承担，请保留好快递单据。\n", "utf-8")
    ingest([page], index, None)
    knowledge = ChromaKnowledge(index, None)
    made = assistant(None, knowledge=knowledge)
    asked(made, "退货运费谁出", "a")
    assert "买家" in asked(made, "退货运费谁出", "b").text
    page.write_text("---\nid: returns\ntags: [policy]\n---\n# 退货\n退货运费由商家承担，请保留好快递单据。\n", "utf-8")
    ingest([page], index, None)
    knowledge._looked = -1e9
    reply = asked(made, "退货运费谁出", "c")
    assert reply.usage.saved is None
    assert "商家" in reply.text


def test_a_question_in_another_order_needs_the_vectors(assistant, hashed):
    """At a cosine of .1 the vectors of the double, which share nothing but characters, are near enough."""
    by_words, by_vectors = assistant(None), assistant(None, knowledge=hashed, name="b.db", answer_cache_cosine=0.1)
    for made in (by_words, by_vectors):
        asked(made, "怎么修改收货地址", "a")
    assert asked(by_words, "收货地址怎么修改", "b").usage.saved is None
    assert asked(by_vectors, "收货地址怎么修改", "b").usage.saved.how == "alike"


def test_the_vector_of_a_question_is_computed_once(assistant, tmp_path):
    """For the kept answers, for the search, and for the answer that is kept."""
    asked_for = []

    class Counted(HashEmbeddings):
        def embed_query(self, text):
            asked_for.append(text)
            return super().embed_query(text)

    ingest([PAGES], tmp_path / "index", HashEmbeddings())
    knowledge = ChromaKnowledge(tmp_path / "index", Counted())
    made = assistant(None, knowledge=knowledge)
    asked(made, "怎么修改收货地址", "a")
    asked_for.clear()
    assert asked(made, "退货运费谁出", "b").citations
    assert len(asked_for) == 1


def test_the_setting_0_keeps_nothing(assistant):
    made = assistant(None, answer_cache=0)
    assert made.answers is None
    asked(made, "退货运费谁出", "a")
    assert asked(made, "退货运费谁出", "b").usage.saved is None


def hot(same, alike="x", context="c", vector=None):
    return Hot(context, same, alike, lambda: vector)


def kept(text):
    return Kept((text,), (), (), (), (), Saved("same"))


def test_the_longest_unused_answer_goes_first():
    answers = MemoryAnswers(2, 60, cosine=0.9)
    for name in "ab":
        answers.keep(hot(name, name), kept(name))
    answers.find(hot("a", "a"))
    answers.keep(hot("c", "c"), kept("c"))
    assert [bool(answers.find(hot(n, n))) for n in "abc"] == [True, False, True]
    assert len(answers) == 2


def test_an_answer_has_its_time():
    now = [0.0]
    answers = MemoryAnswers(9, 60, cosine=0.9, clock=lambda: now[0])
    answers.keep(hot("a"), kept("a"))
    now[0] = 59
    assert answers.find(hot("a"))
    now[0] = 60
    assert answers.find(hot("a")) is None
    assert len(answers) == 0


def test_contexts_do_not_mix_and_clear_forgets():
    answers = MemoryAnswers(9, 60, cosine=0.9)
    answers.keep(hot("a"), kept("a"))
    assert answers.find(hot("a", context="d")) is None
    answers.clear()
    assert answers.find(hot("a")) is None


def test_the_cosine_alone_and_the_form_alone_find_nothing():
    answers = MemoryAnswers(9, 60, cosine=0.9)
    answers.keep(hot("a", "form", vector=[1.0, 0.0]), kept("a"))
    assert answers.find(hot("b", "another form", vector=[1.0, 0.0])) is None
    assert answers.find(hot("b", "form", vector=[0.8, 0.6])) is None
    assert answers.find(hot("b", "form", vector=None)) is None
    assert answers.find(hot("b", "form", vector=[0.96, 0.28])).saved.how == "alike"


def test_threads_share_a_cache():
    answers, wrong = MemoryAnswers(20, 60, cosine=0.9), []

    def work(seed):
        for n in range(400):
            name = str((n * seed) % 37)
            answers.keep(hot(name, name), kept(name))
            found = answers.find(hot(name, name))
            if found is not None and found.sentences != (name,):
                wrong.append((name, found))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2, 3, 5)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not wrong
    assert len(answers) <= 20
