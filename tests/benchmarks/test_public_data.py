"""How the benchmark on public data takes its splits and its means."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import guessers
import public
from corpora import bitext


@pytest.fixture
def questions(tmp_path):
    intents = ["even", "odd"] * 4
    lines = [{"utterance": f"{name} question {n}", "intent": name} for n, name in enumerate(intents)]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return bitext(tmp_path)


def sets(*labels):
    return [frozenset(one) for one in labels]


def test_f1_is_over_all_labels_or_the_mean_of_theirs():
    wanted, found = sets("ab", "a", ""), sets("a", "a", "c")
    assert public.f1(wanted, found) == pytest.approx(100 * 2 * 2 / (3 + 3))
    assert public.mean_f1(wanted, found) == pytest.approx((100 + 0) / 2)
    assert public.right(wanted, found) == pytest.approx(100 / 3)
    assert public.f1(sets("", ""), sets("", "")) == 0


@pytest.mark.parametrize(("place", "known", "times"), [(0, 18, 10), (1, 2, 10), (2, 1, 20)])
def test_folds_are_fitted_to_and_held_out_in_turn(tmp_path, place, known, times):
    (tmp_path / "nlupp_banking").mkdir()
    lines = [{"text": f"text {n}", "intents": ["a"], "fold": n} for n in range(20)]
    (tmp_path / "nlupp_banking/banking.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    splits = list(public.banking(tmp_path))[place].splits
    assert [(len(a.texts), len(b.texts)) for a, b in splits] == [(known, 20 - known)] * times
    assert all(not set(a.texts) & set(b.texts) for a, b in splits)
    few = [(a if known < 10 else b).texts for a, b in splits]
    assert sorted(text for texts in few for text in texts) == sorted(line["text"] for line in lines)


def test_a_figure_is_the_mean_over_splits_and_held_against_its_target(questions):
    even, all_but_one = questions.at([0, 2, 4]), questions.at(range(7))
    trial = public.Trial("made up", [(even, questions), (even, all_but_one)], targets={"even": 50})

    def always_even(known, left):
        return guessers.sets(["even"] * len(left.texts))

    right, mean_f1 = trial.figures("even", always_even)
    assert right.value == pytest.approx(100 * (4 / 8 + 4 / 7) / 2)
    assert (right.verdict, mean_f1.verdict) == ("pass", "")
    assert mean_f1.value == pytest.approx(100 * (2 * 4 / 12 + 2 * 4 / 11) / 2 / 2)


def test_a_model_gets_some_of_what_is_held_out_and_only_the_heads_beside_it(questions):
    trial = public.Trial("made up", [(questions.at([0, 1]), questions.at(range(2, 8)))] * 2)
    ((known, left),) = (some := trial.of(4)).splits
    assert (len(known.texts), len(left.texts), some.ways) == (2, 4, public.HEADS)
    assert len(trial.of(200).splits[0][1].texts) == 6


def test_the_nearest_example_lends_its_labels(questions):
    found = guessers.nearest_by(lambda texts: np.eye(8)[[int(t[-1]) % 4 for t in texts]])
    assert found(questions.at([0, 1]), questions.at([4, 5])) == sets(["even"], ["odd"])


def test_the_head_is_fitted_by_words_and_by_vectors(questions):
    pytest.importorskip("sklearn", reason="scikit-learn, of the extra train, is not installed")

    def parity(texts):
        return np.eye(2, dtype=np.float32)[[int(text[-1]) % 2 for text in texts]]

    for name, guess in guessers.guessers(parity).items():
        found = guess(questions, questions)
        assert len(found) == 8, name
        if name.startswith("head"):
            assert found == sets(*[[label] for label in questions.labels]), name
    assert "vectors" not in " ".join(guessers.guessers(None))
