"""The measures against tables that were counted by hand."""

import pytest

from shopassist.evaluation.measures import Row, exact, micro_f1, mood_accuracy, mood_macro_f1, understanding


def sets(*rows):
    """Pairs of sets from pairs of words: ``("a b", "a")``."""
    return [(frozenset(e.split()), frozenset(s.split())) for e, s in rows]


@pytest.mark.parametrize(
    ("rows", "f1", "share"),
    [
        ([("a", "a")], 1, 1),
        ([("a", "b")], 0, 0),
        ([("", "")], 1, 1),                                      # nothing expected, nothing seen
        ([("", "a")], 0, 0),                                     # tp 0, fp 1
        ([("a", "")], 0, 0),                                     # tp 0, fn 1
        ([("a b", "a")], 2 / 3, 0),                              # tp 1, fn 1: P 1, R 1/2
        ([("a", "a b c")], 1 / 2, 0),                            # tp 1, fp 2: P 1/3, R 1
        ([("a b", "b a")], 1, 1),
        ([("a", "a"), ("a b", "a c"), ("", "")], 2 / 3, 2 / 3),  # tp 2, fp 1, fn 1
        ([("a", "a"), ("a", "b"), ("b c", "c"), ("", "d")], 1 / 2, 1 / 4),  # tp 2, fp 2 (b, d), fn 2 (a, b)
    ],
)  # fmt: skip
def test_micro_f1_counts_over_all_utterances_and_exact_takes_each_as_a_whole(rows, f1, share):
    assert micro_f1(sets(*rows)) == pytest.approx(f1)
    assert exact(sets(*rows)) == pytest.approx(share)


def test_a_wrong_slot_value_counts_twice():
    one = (frozenset({("variant", "白"), ("quantity", "2")}), frozenset({("variant", "黑"), ("quantity", "2")}))
    assert micro_f1([one]) == pytest.approx(1 / 2)  # tp 1, fp 1, fn 1


@pytest.mark.parametrize(
    ("pairs", "accuracy", "macro"),
    [
        (["++", "00", "--"], 1, 1),
        (["00", "00", "00", "-0"], 3 / 4, (6 / 7 + 0) / 2),  # neutral: tp 3, fp 1; negative: fn 1
        (["+0", "-0"], 0, 0),
        # neutral: tp 2, fp 1, fn 1 → 2/3; negative: tp 1, fp 1 → 2/3; positive: tp 1, fn 1 → 2/3
        (["00", "00", "0-", "--", "++", "+0"], 4 / 6, 2 / 3),
        # a mood that was only seen counts: neutral 2/3, positive 0
        (["00", "0+"], 1 / 2, 1 / 3),
    ],
)
def test_macro_f1_weighs_moods_alike(pairs, accuracy, macro):
    names = {"+": "positive", "0": "neutral", "-": "negative"}
    moods = [(names[e], names[s]) for e, s in pairs]
    assert mood_accuracy(moods) == pytest.approx(accuracy)
    assert mood_macro_f1(moods) == pytest.approx(macro)


def test_only_utterances_that_say_what_to_expect_are_measured():
    rows = [
        Row(intents=(frozenset({"a"}), frozenset({"a"})), mood=("neutral", "negative")),
        Row(intents=(frozenset({"a"}), frozenset())),
        Row(),
    ]
    found = understanding(rows)
    assert (found.n, found.intent_exact, found.mood_accuracy, found.slot_f1) == (3, 0.5, 0.0, None)
    assert found.intent_micro_f1 == pytest.approx(2 / 3)
