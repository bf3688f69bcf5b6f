import os
import time
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from shopassist.errors import KnowledgeError, WeightsMissing
from shopassist.knowledge.embeddings import OnnxEmbeddings, onnx_file
from shopassist.knowledge.ingest import ingest
from shopassist.knowledge.search import LOOK_EVERY, ChromaKnowledge
from shopassist.testing import HashEmbeddings

ROOT = Path(__file__).parents[2]
TODAY = date(2024, 12, 5)
_SHARED = Path(os.environ.get("SHOPASSIST_SHARED") or ROOT.parent / "shared")
MODEL = Path(os.environ.get("SHOPASSIST_EMBEDDING_MODEL") or _SHARED / "models/bge-small-zh-v1.5")


@pytest.fixture(params=["lexical", "hashed"])
def shop(request):
    """The sample shop's pages, in each mode."""
    return request.getfixturevalue(request.param)


def small(tmp_path, pages, embeddings=None):
    """A knowledge over a few pages: name → text."""
    folder = tmp_path / "pages"
    folder.mkdir(exist_ok=True)
    for name, text in pages.items():
        (folder / name).write_text(text, "utf-8")
    ingest([folder], tmp_path / "index", embeddings)
    return ChromaKnowledge(tmp_path / "index", embeddings)


def versions(found, document):
    return {p.version for p in found if p.document == document}


def test_the_version_that_holds_on_the_day_is_found(shop):
    ask = {"query": "七天无理由退货政策 退货期 几天", "language": "zh", "limit": 10}
    assert versions(shop.search(**ask, valid_on=date(2024, 11, 5)), "returns") == {"returns@2024-11-01..2024-11-12"}
    assert versions(shop.search(**ask, valid_on=date(2024, 12, 5)), "returns") == {"returns@2024-01-01"}


@pytest.mark.parametrize(
    ("day", "days"), [("2024-10-31", "7"), ("2024-11-01", "30"), ("2024-11-12", "30"), ("2024-11-13", "7")]
)
def test_both_ends_of_a_period_are_in_it(shop, day, days):
    found = shop.search("无理由退货 签收后几天", language="zh", valid_on=date.fromisoformat(day), limit=10)
    assert any(f"{days} 天" in p.text for p in found if p.document == "returns")
    assert len(versions(found, "returns")) == 1


def test_of_two_versions_that_hold_the_later_one_wins(tmp_path):
    page = "---\nid: fee\nvalid_from: {}\n---\n# 运费\n\n运费 {} 元。"
    shop = small(tmp_path, {"a.md": page.format("2024-01-01", 8), "b.md": page.format("2024-06-01", 10),
                            "c.md": page.format("2025-01-01", 12)})  # fmt: skip

    def fee(day):
        return [p.text for p in shop.search("运费", language="zh", valid_on=day)]

    assert fee(date(2024, 3, 1)) == ["运费 8 元。"]
    assert fee(TODAY) == ["运费 10 元。"]
    assert fee(date(2023, 1, 1)) == []


def test_a_reader_notices_a_new_generation_and_a_search_keeps_its_own(tmp_path):
    shop = small(tmp_path, {"a.md": "# 运费\n\n运费 8 元。"})
    former = shop.generation
    for n in range(9, 13):  # four more: the reader's own files are gone from the disk
        (tmp_path / "pages/a.md").write_text(f"# 运费\n\n运费 {n} 元。", "utf-8")
        ingest([tmp_path / "pages"], tmp_path / "index", None)
    assert [r.text for r in former.shelves["zh"].rows] == ["运费 8 元。"]
    assert former.shelves["zh"].lexical.scores("运费")[0] > 0
    until = time.monotonic() + 2
    while (
        text := shop.search("运费", language="zh", valid_on=TODAY)[0].text
    ) != "运费 12 元。" and time.monotonic() < until:
        time.sleep(0.05)
    assert text == "运费 12 元。"


def test_each_language_is_answered_from_its_own_pages(shop):
    assert {p.language for p in shop.search("return policy", language="en", valid_on=TODAY)} == {"en"}
    assert {p.language for p in shop.search("return policy 退货", language="zh", valid_on=TODAY)} == {"zh"}


def test_a_language_without_pages_is_answered_from_the_others(tmp_path):
    shop = small(tmp_path, {"a.md": "# 退货 return\n\n七天内可以退货。"})
    assert shop.search("return", language="en", valid_on=TODAY)[0].language == "zh"


@pytest.mark.parametrize("embeddings", [None, HashEmbeddings()], ids=["lexical", "hashed"])
def test_the_focus_is_preferred_where_pages_say_alike(tmp_path, embeddings):
    pages = {f"{n}.md": f"# {n}\n\n{n}的防水等级是 IPX4。" for n in ("耳机", "手环", "音箱")}
    shop = small(tmp_path, pages | {"return.md": "# 退货\n\n七天内可以退货。"}, embeddings)
    for focus in ("耳机", "手环", "音箱"):
        found = shop.search("它防水吗", language="zh", valid_on=TODAY, within=frozenset({focus}))
        assert found[0].document == focus


def test_the_focus_does_not_drown_a_plain_answer(shop):
    found = shop.search("退货运费由谁承担", language="zh", valid_on=TODAY, within=frozenset({"p-6001"}))
    assert found[0].document != "p-6001"


@pytest.mark.parametrize("query", ["", "  \n", "？"])
def test_an_empty_query_finds_nothing_or_harms_nothing(shop, query):
    assert isinstance(shop.search(query, language="zh", valid_on=TODAY), list)
    if not query.strip():
        assert shop.search(query, language="zh", valid_on=TODAY) == []


def test_words_that_no_page_has_find_nothing_in_lexical_mode(lexical):
    assert lexical.search("xylophon", language="zh", valid_on=TODAY) == []


@pytest.mark.parametrize(
    ("query", "language", "document"),
    [("P-1001", "zh", "p-1001"), ("K87 轴体", "zh", "p-2001"), ("发票怎么开", "zh", "invoice"),
     ("warranty period", "en", "warranty"), ("P-4001", "en", "p-4001")],
)  # fmt: skip
def test_plain_questions_find_their_page(shop, query, language, document):
    assert document in [p.document for p in shop.search(query, language=language, valid_on=TODAY)]


def test_scores_fall_and_the_limit_holds(shop):
    found = shop.search("耳机续航多久", language="zh", valid_on=TODAY, limit=7)
    assert len(found) == 7
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
    assert all(0 <= p.relevance <= 1 for p in found)
    assert len({p.id for p in found}) == 7


def test_lexical_mode_has_no_cosines(lexical):
    assert {p.dense for p in lexical.search("退货", language="zh", valid_on=TODAY)} == {None}


def test_products_are_known_by_what_customers_call_them(lexical):
    products = {p.document: p for p in lexical.products("zh")}
    assert {"p-1001", "earbuds pro", "pro"} <= set(products["p-1001"].names)
    assert "k87" in products["p-2001"].names
    assert "returns" not in products
    assert lexical.products("fr") == ()
    assert "band" in products["p-3002"].names  # 我的band到哪了
    assert products["p-3002"].title == "智能手环B5"


def test_the_pages_are_a_retriever_of_langchain(shop):
    retriever = shop.as_retriever(language="zh", limit=2)
    assert isinstance(retriever, BaseRetriever)
    found = retriever.invoke("怎么退货")
    assert len(found) == 2
    assert all(isinstance(d, Document) for d in found)
    assert {"document", "version", "title", "url", "score"} <= set(found[0].metadata)


def test_the_vector_index_finds_what_brute_force_finds(tmp_path):
    things = ["耳机", "键盘", "鼠标", "手表", "手环", "充电宝", "显示器", "净化器", "耳塞", "充电器"]
    deeds = ["退货", "换货", "保修", "发票", "运费", "安装", "配对", "清洁", "升级", "充电"]
    pairs = [(things[n % 10], deeds[n // 10 % 10], n) for n in range(500)]
    texts = {f"{n}.md": f"# {t}{d}说明{n}\n\n关于{t}的{d}，第{n}条：编号 {n * 37} 的规定。" for t, d, n in pairs}
    embeddings = HashEmbeddings()
    shelf = small(tmp_path, texts, embeddings).generation.shelves["zh"]
    assert len(shelf.rows) == 500
    everything = np.array(embeddings.embed_documents([r.indexed for r in shelf.rows]), np.float32)
    queries = [f"{t}怎么{d}，编号 {n * 37}" for t, d, n in pairs[::5]]
    same = []
    for query in queries:
        vector = np.array(embeddings.embed_query(query), np.float32)
        _, cosines = shelf.nearest(vector, 10)
        same.append(cosines[0] >= (everything @ vector).max() - 1e-5)
    assert np.mean(same) >= 0.95


def test_of_copies_of_a_page_both_ways_of_looking_find_the_first_ones(tmp_path):
    texts = {f"{n:02}.md": f"# 退货{n % 3}\n\n七天内可以退货，编号 {n % 3}。" for n in range(36)}
    embeddings = HashEmbeddings()
    shelf = small(tmp_path, texts, embeddings).generation.shelves["zh"]
    vector = np.array(embeddings.embed_query("七天内可以退货，编号 1"), np.float32)
    near, exact = (list(map(int, ways(vector, 10)[0])) for ways in (shelf.nearest, shelf.exact))
    assert near == exact
    assert len({shelf.rows[n].text for n in near}) == 1
    assert near == sorted(near)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    if onnx_file(MODEL) is None:
        pytest.skip(f"no ONNX embedding model in {MODEL}; set SHOPASSIST_EMBEDDING_MODEL")
    folder, embeddings = tmp_path_factory.mktemp("real"), OnnxEmbeddings(MODEL)
    ingest([ROOT / "knowledge"], folder, embeddings)
    return ChromaKnowledge(folder, embeddings)


@pytest.mark.real_embeddings
@pytest.mark.parametrize("language", ["zh", "en"])
def test_four_of_five_real_questions_are_found_among_the_first_three(real, language):
    questions = yaml.safe_load((ROOT / "benchmarks/data/questions.yaml").read_text("utf-8"))
    wanted = [q for q in questions if q["split"] == "test" and q["expect"] and q["language"] == language]
    assert len(wanted) > 15
    hits = [
        any(
            p.document in q["expect"]
            for p in real.search(q["q"], language=language, valid_on=q.get("valid_on") or TODAY, limit=3)
        )
        for q in wanted
    ]
    assert np.mean(hits) >= 0.8


@pytest.mark.real_embeddings
def test_a_question_that_no_page_answers_is_less_relevant_than_one_that_is_answered(real):
    def best(query):
        return real.search(query, language="zh", valid_on=TODAY)[0].relevance

    assert best("退货运费谁出") > 0.5 > best("唐朝是哪一年建立的")


def test_a_reader_keeps_the_former_generation_where_a_new_one_cannot_be_used(tmp_path, caplog):
    page = tmp_path / "pages" / "gift.md"
    page.parent.mkdir()
    page.write_text("# 礼品包装\n每件收 6 元。", "utf-8")
    ingest([page], tmp_path / "index", None)
    shop = ChromaKnowledge(tmp_path / "index", None)
    former = shop.generation.path
    ingest([page], tmp_path / "index", HashEmbeddings(), rebuild=True)  # by a process with other settings
    time.sleep(LOOK_EVERY + 0.1)
    assert shop.search("礼品包装", language="zh", valid_on=date(2024, 12, 5))
    assert shop.generation.path == former
    assert "--rebuild" in caplog.text


def test_a_reader_keeps_its_generation_while_current_cannot_be_read(tmp_path, caplog):
    shop = small(tmp_path, {"a.md": "# 运费\n\n运费 8 元。"})
    (tmp_path / "index" / "CURRENT").write_bytes(b"\xff\x00")
    for _ in range(2):
        time.sleep(LOOK_EVERY + 0.1)
        assert shop.search("运费", language="zh", valid_on=TODAY)
    assert caplog.text.count("stays in use") == 1


def test_a_page_of_headings_alone_finds_nothing_and_breaks_nothing(tmp_path):
    shop = small(tmp_path, {"a.md": "# 运费"})
    assert shop.search("运费", language="zh", valid_on=TODAY) == []


def test_a_question_that_is_no_text_is_searched_without_what_is_none(lexical):
    assert lexical.search("\udcff退货", language="zh", valid_on=TODAY) == lexical.search(
        "退货", language="zh", valid_on=TODAY
    )
    assert lexical.search("\udcff", language="zh", valid_on=TODAY) == []


class Quoting(HashEmbeddings):
    """Embeddings whose errors repeat what they were sent."""

    def __init__(self, error=ValueError):
        super().__init__()
        self.error = error
        self.away = False

    def embed_documents(self, texts):
        if self.away:
            raise self.error(f"cannot embed {texts!r}")
        return super().embed_documents(texts)


def test_embeddings_that_fail_on_a_question_are_named_without_it(tmp_path):
    embeddings = Quoting()
    shop = small(tmp_path, {"a.md": "# 运费\n\n运费 8 元。"}, embeddings)
    embeddings.away = True
    with pytest.raises(KnowledgeError, match=r"the embeddings failed \(ValueError\)$") as caught:
        shop.search("我的电话是13800000000", language="zh", valid_on=TODAY)
    assert caught.value.__cause__ is None


def test_weights_that_turn_out_to_be_lacking_are_a_fault_of_the_knowledge(tmp_path):
    embeddings = Quoting(lambda text: WeightsMissing("run `shopassist pull`"))
    shop = small(tmp_path, {"a.md": "# 运费\n\n运费 8 元。"}, embeddings)
    embeddings.away = True
    with pytest.raises(KnowledgeError, match="shopassist pull"):
        shop.search("运费", language="zh", valid_on=TODAY)


def test_a_vector_store_that_refuses_a_question_is_named_without_it(tmp_path):
    shop = small(tmp_path, {"a.md": "# 运费\n\n运费 8 元。"}, HashEmbeddings(32))
    shorter = HashEmbeddings(16)
    shorter.fingerprint = HashEmbeddings(32).fingerprint  # a model that was exchanged under the same name
    with pytest.raises(KnowledgeError, match=r"cannot be read .*dimension") as caught:
        ChromaKnowledge(tmp_path / "index", shorter).search("运费谁出", language="zh", valid_on=TODAY)
    assert "运费" not in str(caught.value)
    assert shop.search("运费谁出", language="zh", valid_on=TODAY)


@pytest.mark.parametrize("query", ["退货要几天", "能不能收到以后再给钱", "唢呐怎么吹"])
def test_only_the_named_documents_are_searched(shop, query):
    found = shop.search(query, language="zh", valid_on=TODAY, limit=20, only=frozenset({"payment"}))
    assert {p.document for p in found} == {"payment"}
    assert len(found) == len([r for r in shop.generation.shelves["zh"].rows if r.document == "payment"])


def test_of_the_named_documents_the_version_that_holds_is_searched(shop):
    ask = {"query": "退货期", "language": "zh", "limit": 20, "only": frozenset({"returns"})}
    assert versions(shop.search(**ask, valid_on=date(2024, 11, 5)), "returns") == {"returns@2024-11-01..2024-11-12"}


def test_an_unknown_document_holds_nothing(shop):
    assert shop.search("退货", language="zh", valid_on=TODAY, only=frozenset({"none"})) == []


def test_an_explanation_tells_what_made_up_each_score(shop):
    ask = {"query": "P-1001 续航多久", "language": "zh", "valid_on": TODAY, "limit": 5}
    told = shop.explained(**ask, within=frozenset({"p-1001"}))
    assert [f.passage for f in told.found] == shop.search(**ask, within=frozenset({"p-1001"}))
    for found in told.found:
        assert sum(found.parts.values()) == pytest.approx(found.passage.score, abs=1e-3)
    assert {f.passage.document for f in told.found if f.parts["focus"]} == {"p-1001"}
    assert 0 < told.words["p-1001"] <= 1
    assert (told.language, told.valid_on) == ("zh", TODAY)
    assert 0 < told.holding < told.passages


def test_an_explanation_names_what_the_day_keeps_out_and_why(shop):
    ask = {"query": "双十一期间下的订单 无理由退货期 延长", "language": "zh"}

    def out(knowledge, day, **ask):
        told = knowledge.explained(**ask, valid_on=day, limit=10)
        assert not {s.passage.id for s in told.superseded} & {f.passage.id for f in told.found}
        return {(s.passage.version, s.reason, s.by) for s in told.superseded}

    double11, usual = "returns@2024-11-01..2024-11-12", "returns@2024-01-01"
    assert out(shop, TODAY, **ask) == {(double11, "ended", usual)}
    assert (double11, "coming", usual) in out(shop, date(2024, 10, 1), **ask)
    assert out(shop, date(2024, 11, 5), **ask) == {(usual, "replaced", double11)}
    assert out(shop, date(2023, 1, 1), **ask) >= {(double11, "coming", None)}


def test_an_explanation_of_nothing_is_empty(shop):
    told = shop.explained("  ", language="zh", valid_on=TODAY)
    assert (told.found, told.superseded, dict(told.words)) == ((), (), {})
