"""Short texts that mean the same come together, the same way each time, with the most typical one in front."""

import pytest

from shopassist.learning.alike import groups
from shopassist.testing import HashEmbeddings

STORES = ["你们有实体店吗", "实体店在哪里", "有没有实体店"]
POSTAGE = ["退货运费谁出", "退货的运费是谁承担"]


@pytest.mark.parametrize("embeddings", [None, HashEmbeddings()], ids=["words", "vectors"])
def test_questions_of_one_subject_come_together(embeddings):
    texts = [STORES[0], POSTAGE[0], STORES[1], POSTAGE[1], STORES[2], "可以刻字吗"]
    found = {frozenset(g) for g in groups(texts, [1] * 6, embeddings)}
    assert found == {frozenset((0, 2, 4)), frozenset((1, 3)), frozenset((5,))}


def test_the_order_of_the_texts_changes_no_group():
    texts = [*STORES, *POSTAGE, "可以刻字吗", "刻字要多久"]
    one = {frozenset(texts[n] for n in g) for g in groups(texts, [1] * 7, None)}
    other = {frozenset(texts[::-1][n] for n in g) for g in groups(texts[::-1], [1] * 7, None)}
    assert one == other


def test_the_text_that_is_asked_most_is_in_front():
    texts = ["退货运费谁出", "退货运费谁出呢"]
    assert groups(texts, [1, 9], None) == [[1, 0]]
    assert groups(texts, [9, 1], None) == [[0, 1]]


def test_no_text_makes_no_group_and_one_makes_one():
    assert groups([], [], None) == []
    assert groups(["？？"], [1], None) == [[0]]
