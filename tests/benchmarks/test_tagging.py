"""Finding slots word by word, on a few made-up texts."""

import numpy as np
import pytest

import tagging
from corpora import Labelled
from tagging import Words

DAYS = ("monday", "tuesday", "friday", "sunday")


def labelled(*rows):
    """Texts whose slots stand in brackets: on [date: friday]."""
    texts, labels = [], []
    for row in rows:
        found, text = set(), ""
        for n, part in enumerate(row.replace("]", "[").split("[")):
            name, _, value = part.partition(": ") if n % 2 else ("", "", part)
            if n % 2:
                found.add(f"{name} {len(text)} {len(text) + len(value)}")
            text += value
        texts.append(text)
        labels.append(frozenset(found))
    return Labelled(tuple(texts), tuple(labels), tuple(map(str, range(len(texts)))), np.zeros((len(texts), 0)))


EXAMPLES = labelled(
    *(f"i paid on [date: next {day}]" for day in DAYS),
    *(f"send [amount: {n} pounds] on [date: {day}]" for n, day in zip((5, 20, 300, 41), DAYS, strict=True)),
    *(f"is the bank open {word}" for word in ("now", "today", "late", "early")),
)


@pytest.mark.parametrize("number", range(len(EXAMPLES.texts)))
def test_tags_of_words_tell_the_labels_again(number):
    words = Words.of(EXAMPLES.texts[number])
    assert words.labels(words.tags(EXAMPLES.labels[number])) == EXAMPLES.labels[number]


def test_two_slots_side_by_side_stay_two():
    words = Words.of("friday monday")
    assert words.labels(["b date", "b date"]) == {"date 0 6", "date 7 13"}
    assert words.labels(["b date", "i date"]) == {"date 0 13"}
    assert words.labels(["-", "i date"]) == {"date 7 13"}
    assert words.labels(["b time", "i date"]) == {"time 0 6", "date 7 13"}


@pytest.mark.parametrize("name", ["tags, head", "tags, logistic regression"])
def test_a_slot_is_found_by_the_words_around_it(name):
    left = labelled("send [amount: 77 pounds] on [date: friday]", "is the bank open")
    assert tagging.taggers()[name](EXAMPLES, left) == list(left.labels)


def test_a_value_that_was_seen_is_found_as_a_whole_word_and_the_longest_first():
    left = labelled("not on [date: next friday], fridays are bad", "block my card")
    assert tagging.taggers()["tags, values that were seen"](EXAMPLES, left) == list(left.labels)
