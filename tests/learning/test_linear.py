"""The linear head: what it learns from a few texts, by words, by vectors and by further numbers."""

import numpy as np
import pytest

from shopassist.errors import InputError

pytest.importorskip("sklearn", reason="scikit-learn, of the extra train, is not installed")

from shopassist.language.linear import LinearHead
from shopassist.learning.fitting import cuts, folds
from shopassist.learning.linear import fit

GREETINGS = ["hello {}", "good morning {}", "hello there {}", "good evening {}"]
THANKS = ["thank you {}", "thanks a lot {}", "many thanks {}", "thank you so much {}"]
NAMES = ["anna", "ben", "cleo", "dan", "eve", "finn"]


def said(patterns):
    return [pattern.format(name) for pattern in patterns for name in NAMES]


def halves(texts):
    """Vectors that tell whether a text begins in the first half of the alphabet."""
    return np.array([[0.8, 0.6] if text[0] < "n" else [0.6, 0.8] for text in texts])


def test_each_text_has_its_one_label():
    texts = said(GREETINGS) + said(THANKS)
    head = fit(texts, ["greet"] * 24 + ["thank"] * 24)
    assert head.names == ("greet", "thank")
    assert head.labels(["good morning gil", "thanks gil"]) == [("greet",), ("thank",)]
    scores = head.scores(["good morning gil", "thanks gil"])
    assert scores.shape == (2, 2)
    assert scores.sum(axis=1) == pytest.approx(1)


def test_a_text_has_all_its_labels_or_none():
    both = [f"{a}, {b}" for a, b in zip(said(GREETINGS), said(THANKS), strict=True)]
    other = said(["where is {}", "call {} now", "is {} in", "ask {} again"])
    wanted = [{"greet"}] * 24 + [{"thank"}] * 24 + [{"greet", "thank"}] * 24 + [set()] * 24
    head = fit(said(GREETINGS) + said(THANKS) + both + other, wanted)
    found = head.labels(["hello gil", "many thanks gil", "good evening gil, thank you gil", "where is gil"])
    assert found == [("greet",), ("thank",), ("greet", "thank"), ()]
    likely = head.scores(["hello gil"])[0]
    assert likely[0] > head.thresholds[0]
    assert likely[1] < head.thresholds[1]


def test_vectors_tell_what_words_do_not():
    texts = [a + b * 3 for a in "abcdefgh" for b in "xyz"] + [a + b * 3 for a in "opqrstuv" for b in "xyz"]
    labels = ["first"] * 24 + ["second"] * 24
    new = ["k", "l", "m", "w"]
    by_words = fit(texts, labels).scores(new)
    assert np.ptp(by_words, axis=0) == pytest.approx(0, abs=1e-6), "no part of these words is known"
    head = fit(texts, labels, vectors=halves(texts))
    assert head.labels(new, vectors=halves(new)) == [("first",), ("first",), ("first",), ("second",)]


def test_numbers_beside_the_text_tell_what_it_does_not():
    rows = np.arange(40)
    labels = ["odd" if n % 2 else "even" for n in rows]
    head = fit(["the same"] * 40, labels, beside=(rows % 2)[:, None])
    assert head.labels(["the same", "the same"], beside=np.array([[1], [0]])) == [("odd",), ("even",)]
    with pytest.raises(InputError, match=r"expected \(1, 1\)"):
        head.labels(["the same"])


def test_vectors_are_given_where_it_was_fitted_to_them_and_only_there():
    texts = said(GREETINGS) + said(THANKS)
    labels = ["greet"] * 24 + ["thank"] * 24
    with pytest.raises(InputError, match="was fitted with vectors"):
        fit(texts, labels, vectors=halves(texts)).labels(["hello gil"])
    with pytest.raises(InputError, match="takes no vectors"):
        fit(texts, labels).labels(["hello gil"], vectors=halves(["hello gil"]))


def test_it_says_the_same_when_it_was_kept():
    texts, beside = said(GREETINGS) + said(THANKS), np.repeat([0.0, 1.0], 24)[:, None]
    head = fit(texts, ["greet"] * 24 + ["thank"] * 24, beside=beside)
    again = LinearHead.of(head.arrays())
    told = {"beside": np.array([[0.0], [1.0]])}
    assert again.names == head.names
    assert again.scores(["hello gil", "gil"], **told) == pytest.approx(
        head.scores(["hello gil", "gil"], **told), abs=0.01
    )
    with pytest.raises(InputError, match="cannot be kept"):
        fit(texts, ["greet"] * 24 + ["thank"] * 24, vectors=halves(texts)).arrays()


def test_no_text_has_no_labels():
    head = fit(said(GREETINGS) + said(THANKS), ["greet"] * 24 + ["thank"] * 24)
    assert head.labels([]) == []
    assert head.scores([]).shape == (0, 2)


def test_a_label_that_one_text_has_is_fitted_too():
    texts = [*said(GREETINGS), "farewell"]
    head = fit(texts, [{"greet"}] * 24 + [{"part"}])
    assert head.labels(["hello gil"]) == [("greet",)]


@pytest.mark.parametrize(
    ("texts", "labels", "more", "told"),
    [
        (["a", "b"], ["x"], {}, "2 texts, and labels of 1"),
        ([], [], {}, "nothing to tell apart"),
        (["a", "b"], ["x", "x"], {}, "nothing to tell apart; the labels: x"),
        (["a", "b"], [set(), set()], {}, "the labels: none"),
        (["a", "b"], ["x", "y"], {"groups": ["g", "g"]}, "too little"),
        (["a", "b"], ["x", "y"], {"groups": ["g"]}, "groups of 1"),
        (["a", "b"], ["x", "y"], {"vectors": np.ones((1, 2))}, "vectors of 1"),
        (["a", "b"], ["x", "y"], {"beside": np.zeros(2)}, r"`beside` has the shape \(2,\)"),
    ],
)
def test_what_cannot_be_fitted_is_told(texts, labels, more, told):
    with pytest.raises(InputError, match=told):
        fit(texts, labels, **more)


def test_groups_are_left_out_together_and_each_place_once():
    groups = list("aabbccddeeffgg")
    found = folds(len(groups), groups)
    assert sorted(n for _, left in found for n in left) == list(range(len(groups)))
    for known, left in found:
        assert not {groups[n] for n in known} & {groups[n] for n in left}


def test_thresholds_lie_between_what_has_a_label_and_what_has_not():
    likely = np.array([[0.3, 0.1], [0.28, 0.2], [0.1, 0.9], [0.05, 0.8]], np.float32)
    wanted = np.array([[True, False], [True, False], [False, True], [False, True]])
    found = cuts(likely, wanted)
    assert ((likely >= found) == wanted).all()
