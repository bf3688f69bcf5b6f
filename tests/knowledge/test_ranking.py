import numpy as np
import pytest

from shopassist.knowledge import ranking
from shopassist.knowledge.lexical import Lexical

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
