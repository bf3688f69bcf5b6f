"""The linear rule and the nearest examples behind the classifier."""

import time

import numpy as np

from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.language.likeness import Likeness

EXAMPLES = [(0, "cancel my order"), (0, "please cancel it"), (1, "where is my order"), (1, "track it please")]


def test_an_example_is_most_like_its_own_intent():
    likeness = Likeness(EXAMPLES, 2)
    assert [int(likeness.near(text).argmax()) for _, text in EXAMPLES] == [0, 0, 1, 1]


def test_likeness_leaves_room_for_none():
    near = Likeness(EXAMPLES, 2).near("the weather in paris, please")
    assert 0 <= near.sum() < 0.9


def test_a_text_of_unknown_words_is_like_nothing():
    assert not Likeness(EXAMPLES, 2).near("乙炔").any()


def test_examples_without_a_word_and_none_at_all_do_no_harm():
    assert int(Likeness([*EXAMPLES, (1, "?!")], 2).near("cancel").argmax()) == 0
    assert not Likeness([], 2).near("cancel").any()


def test_the_rule_tells_more_examples_that_it_has_not_seen_than_the_nearest_do():
    classifier = Classifier(Catalogue.load())
    names = [i.name for i in classifier.catalogue]
    pairs = [(names.index(i.name), e) for i in classifier.catalogue for e in i.examples["zh"]]
    likeness = Likeness([p for n, p in enumerate(pairs) if n % 5], len(names))
    unseen = [p for n, p in enumerate(pairs) if not n % 5]
    right = np.mean([int(likeness.near(text).argmax()) == owner for owner, text in unseen])
    assert right > 0.75


def test_the_built_in_examples_are_learnt_in_no_time():
    catalogue = Catalogue.load()
    started = time.process_time()
    Classifier(catalogue)
    assert time.process_time() - started < 5  # half a second on a quiet machine
