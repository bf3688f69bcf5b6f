"""Gaps are real turns that found nothing good: grouped, counted, without personal data, with the nearest page."""

from datetime import date, datetime

import pytest
from stored import answered

from shopassist import Customer
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import ChromaKnowledge
from shopassist.language.catalogue import Catalogue
from shopassist.learning.gaps import gaps
from shopassist.replies import Passage
from shopassist.storage.memory import MemoryStore
from shopassist.testing import MemoryShop

CATALOGUE = Catalogue.load()
ME = Customer("u-1001")


def passage(relevance):
    return Passage("x", "returns", "退货", "七天内可以退。", 1.0, relevance, "zh")


@pytest.fixture
def found_in(lexical, settings):
    def find(store, knowledge=lexical, since=None):
        return gaps(
            store,
            CATALOGUE,
            knowledge,
            None,
            zone=settings.timezone,
            today=date(2024, 12, 5),
            relevance=0.5,
            since=since,
        )

    return find


@pytest.fixture
def talked(assistant, settings):
    """Real turns: three ways to ask for a shop to go to, one that the pages answer, one that needs no page."""
    made = assistant(shop=MemoryShop.sample(settings.now))
    for n, text in enumerate(
        ["你们有实体店吗", "实体店在哪里", "实体店在哪里啊", "退货运费谁出", "无线降噪耳机Pro多少钱"]
    ):
        made.reply(text, conversation=f"c-{n}", customer=ME)
    return made


def test_what_the_pages_do_not_answer_is_one_gap_with_its_count_and_days(talked, found_in):
    found = found_in(talked.store)
    [gap] = found.gaps
    assert (gap.count, gap.language, gap.why) == (3, "zh", {"nothing": 3})
    assert "实体店" in gap.question
    assert len(gap.examples) == 2
    assert sum(gap.days.values()) == 3
    assert gap.last == datetime.now(talked.settings.timezone).date()
    assert (found.questions, found.looked_at) == (3, 4)
    assert not gap.closed


def test_a_page_that_was_written_since_closes_the_gap(talked, found_in, tmp_path):
    page = tmp_path / "stores.md"
    page.write_text("---\ntitle: 你们有实体店吗\n---\n云集数码没有实体店，只在网上卖。", "utf-8")
    ingest([page], tmp_path / "newer", None)
    [gap] = found_in(talked.store, ChromaKnowledge(tmp_path / "newer", None)).gaps
    assert gap.nearest.document == "stores"
    assert gap.closed


def test_a_question_before_a_person_or_anger_counts_however_good_the_answer_was(found_in):
    store, good = (
        MemoryStore(),
        {"query": "可以货到付款吗", "evidence": (passage(0.99),), "considered": (passage(0.99),)},
    )
    answered(store, "a", "可以货到付款吗", **good)
    answered(store, "a", "太坑了", mood="negative")
    answered(store, "b", "可以货到付款吗", **good)
    answered(store, "b", "转人工", intents=("human",), handoff="H1")
    answered(store, "c", "可以货到付款吗", **good)
    answered(store, "c", "谢谢")
    [gap] = found_in(store).gaps
    assert gap.why == {"anger": 1, "handed_over": 1}
    assert not gap.closed


def test_a_weak_answer_counts_and_a_sure_one_does_not(found_in):
    store = MemoryStore()
    for name, relevance in (("a", 0.6), ("b", 0.9)):
        answered(store, name, "可以刻字吗", query="可以刻字吗", evidence=(passage(relevance),))
    [gap] = found_in(store).gaps
    assert (gap.count, gap.why) == (1, {"weak": 1})


def test_personal_data_is_taken_out(assistant, settings, found_in):
    made = assistant(shop=MemoryShop.sample(settings.now))
    made.reply("我叫王小明，电话13812345678，订单ORD20241201002，想问可不可以在上面刻字", conversation="c", customer=ME)
    store = MemoryStore()
    for text in ("我叫王小明，可以刻字吗，邮箱wang@example.com", "<PHONE_1> 可以刻字吗"):
        answered(store, text, text, query=text)
    told = str([g.plain() for s in (store, made.store) for g in found_in(s).gaps])
    assert "刻字" in told
    assert not any(secret in told for secret in ("王小明", "13812345678", "ORD2024", "wang@", "u-1001"))


def test_languages_are_grouped_apart(found_in):
    store = MemoryStore()
    answered(store, "a", "实体店 store", query="实体店 store")
    answered(store, "b", "实体店 store", query="实体店 store", language="en")
    assert sorted(g.language for g in found_in(store).gaps) == ["en", "zh"]


def test_since_leaves_out_what_was_asked_before(talked, found_in):
    now = datetime.now().timestamp()
    assert found_in(talked.store, since=now - 3600).questions == 3
    assert found_in(talked.store, since=now + 3600).looked_at == 0


def test_without_conversations_there_are_no_gaps(found_in):
    assert found_in(MemoryStore()).gaps == ()
