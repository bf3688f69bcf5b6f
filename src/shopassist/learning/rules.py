"""Logistic rules over the parts of words, by scikit-learn: one against the rest for intents, one over all for acts.

One against the rest: Rifkin & Klautau, "In Defense of One-Vs-All Classification", 2004.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shopassist.errors import InputError
from shopassist.language.acts import act as by_rule
from shopassist.language.catalogue import ACTS
from shopassist.language.grams import Vocabulary
from shopassist.language.linear import Matrix
from shopassist.learning.fitting import beside_each_other, parts
from shopassist.learning.material import Material, labelled

STRENGTH = 10.0
"""How closely the intents' rules follow single examples (scikit-learn's C)."""
CATALOGUE = 0.7
"""What an example of the catalogue weighs beside a labelled message: many are alike."""
ACT_STRENGTH = 5.0
OF_INTENT = 0.7
"""The length of the part of an act's evidence that is the intent; that of the act by rule is 1."""


@dataclass(frozen=True, slots=True)
class IntentRules:
    """One rule for each intent: weights of the parts of words (parts, intents), and a bias."""

    vocabulary: Vocabulary
    weights: Matrix
    bias: Matrix

    def values(self, text: str) -> Matrix:
        """The value of each intent for a text."""
        rows, found = self.vocabulary.vector(text)
        return np.asarray(found @ self.weights[rows] + self.bias, np.float32)


def intent_rules(every: Sequence[Material], own: Sequence[Material], names: Sequence[str]) -> IntentRules:
    """Rules fitted to messages and to the catalogue's `own` examples. Raises `InputError` for an intent without any."""
    from sklearn.linear_model import LogisticRegression

    rows = [pair for one in every for pair in labelled(one)]
    weight = np.repeat([1.0, CATALOGUE], [len(rows), len(own)])
    rows += [(one.message.whole, (one.example.wishes[0][0],)) for one in own]
    vocabulary = Vocabulary.of(list(dict.fromkeys(one.message.whole for one in [*every, *own] if not one.made)))
    found = parts(vocabulary, [text for text, _ in rows])
    columns, bias = [], []
    for name in names:
        wanted = np.array([name in intents for _, intents in rows])
        if not wanted.any():
            raise InputError(f"no example wishes {name!r}; write some, or take the intent away")
        rule = LogisticRegression(C=STRENGTH, solver="liblinear").fit(found, wanted, sample_weight=weight)
        columns.append(rule.coef_[0])
        bias.append(rule.intercept_[0])
    return IntentRules(vocabulary, np.asarray(columns, np.float32).T, np.asarray(bias, np.float32))


@dataclass(frozen=True, slots=True)
class ActRules:
    """Weights of the parts of words (parts, acts), the bias, and what an intent and the act by rule add."""

    weights: Matrix
    bias: Matrix
    of_intent: Matrix
    of_rule: Matrix


def act_rules(vocabulary: Vocabulary, every: Sequence[Material], names: Sequence[str]) -> ActRules:
    """Rules of the acts, fitted to the pieces and messages that wish one thing each."""
    from sklearn.linear_model import LogisticRegression

    rows = [row for one in every for row in _acts(one)]
    sure = np.zeros((len(rows), len(names) + len(ACTS)), np.float32)
    for row, (_, intent, _, rule) in enumerate(rows):
        sure[row, names.index(intent)] = OF_INTENT
        sure[row, len(names) + ACTS.index(rule)] = 1
    found = beside_each_other(parts(vocabulary, [text for text, *_ in rows]), sure)
    fitted = LogisticRegression(C=ACT_STRENGTH, max_iter=500, tol=1e-3)
    fitted.fit(found, [ACTS.index(act) for _, _, act, _ in rows])
    weights = np.zeros((found.shape[1], len(ACTS)), np.float32)
    bias = np.full(len(ACTS), -20.0, np.float32)
    weights[:, fitted.classes_], bias[fitted.classes_] = fitted.coef_.T, fitted.intercept_
    known, intents = len(vocabulary.keys), len(names)
    of_intent = np.asarray(OF_INTENT * weights[known : known + intents], np.float32)
    return ActRules(weights[:known], bias, of_intent, weights[known + intents :])


def _acts(one: Material) -> list[tuple[str, str, str, str]]:
    """Texts, the intent and the act that each wishes, and the act by rule."""
    wishes, pieces, language = one.example.wishes, one.message.pieces, one.example.language
    if len(wishes) == len(pieces):
        texts = [piece.part.core for piece in pieces]
    elif len(wishes) == 1:
        texts = [one.message.whole]
    else:
        return []
    return [
        (plain, intent, act, by_rule(plain, language, intent))
        for (intent, act), plain in zip(wishes, texts, strict=True)
    ]
