import numpy as np
import pytest

from shopassist.knowledge import ranking
from shopassist.knowledge.lexical import Lexical, held, words

PAGES = [f"花呗怎么还款 {n}" for n in range(90)] + ["无线键盘 K87 支持热插拔", "净化器的 CADR 是 450"]


@pytest.fixture(scope="module")
def index():
    return Lexical.build(PAGES)


def test_words_count_for_more_the_more_they_tell(index):
    shares = [ranking.share(index.read(q)) for q in ("花呗还款", "K87 热插拔")]
    assert shares[0] < 0.1
    assert shares[1] > 0.5


def test_a_question_without_a_telling_word_has_a_share_too(index):
    assert 0 < ranking.share(index.read("是吗")) < 1


def test_a_passage_in_a_crowd_loses_to_one_as_near_that_stands_apart():
    vectors = np.zeros((24, 24), np.float32)
    vectors[:12, 0] = 1.0  # a dozen alike
    vectors[np.arange(12, 24), np.arange(12, 24)] = 1.0  # a dozen each by itself
    cosines = np.where(np.arange(24) % 2 == 0, 0.8, 0.5).astype(np.float32)
    scores = ranking.by_vectors(cosines, vectors)
    assert scores[12] > scores[0] > scores[13]
    assert ranking.by_vectors(cosines, None)[12] == ranking.by_vectors(cosines, None)[0]


def test_among_few_candidates_no_crowd_counts():
    cosines = np.array([0.9, 0.8, 0.7], np.float32)
    assert ranking.by_vectors(cosines, np.eye(3, dtype=np.float32)).tolist() == ranking.standard(cosines).tolist()


def test_coverage_is_told_from_the_index_as_from_the_texts(index):
    rows = np.array([0, 7, 90, 91])
    for query in ("K87 热插拔吗", "花呗怎么还款 7", "CADR 多少"):
        told = index.coverages(query, rows)
        assert told.tolist() == pytest.approx([index.coverage(query, PAGES[n]) for n in rows])
        assert told.max() > 0


def test_scores_are_those_of_bm25s(index):
    from shopassist.text import tokens

    for query in ("K87 热插拔", "花呗 花呗 还款"):
        known = [t for t in tokens(query) if t in index._model.vocab_dict]
        assert index.scores(query) == pytest.approx(index._model.get_scores(known), abs=1e-5)


def test_a_pair_across_two_words_and_a_courtesy_tell_nothing():
    assert [word.text for word in words("请问键盘支持热插拔吗")] == ["键盘", "支持", "热插拔"]
    assert [word.text for word in words("could you please tell me how much the shipping costs")] == [
        "shipping",
        "costs",
    ]


def test_a_verb_that_asks_whether_is_that_verb():
    assert [word.text for word in words("晚上开着吵不吵")] == ["晚上", "吵"]
    assert words("行不行") == ()


def test_a_thing_that_no_page_has_weighs_as_much_as_the_rarest_word(index):
    question = index.read("键盘支持ldac吗")
    assert question.weights["ldac"] == 1.0
    assert question.lacking(held("无线键盘 K87 支持热插拔")) == {"ldac"}
    assert question.covered(held("无线键盘 K87 支持热插拔")) < 0.7


def test_an_inflected_word_counts_once():
    assert [(w.text, w.parts) for w in words("shipped")] == [("shipped", frozenset({"ship"}))]


def test_what_stands_beside_the_question_counts_for_less(index):
    alone = index.read("K87 支持热插拔吗？")
    told = index.read("我在杭州开了一家网吧。K87 支持热插拔吗？谢谢老板！")
    page = held("无线键盘 K87 支持热插拔")
    assert alone.weights["k87"] == told.weights["k87"]
    assert told.weights["网吧"] == 0.5
    assert index.read("网吧用什么键盘").weights["网吧"] == 1.0
    assert alone.covered(page) > told.covered(page) > 0.4
