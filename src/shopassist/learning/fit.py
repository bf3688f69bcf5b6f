"""Fit a head to labelled messages.

Whether a message wishes what its words may mean is learned on values that each voice got from rules fitted to the
others, for those of its own examples look surer than they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, replace

import numpy as np
from numpy.typing import NDArray

from shopassist.errors import InputError
from shopassist.language.catalogue import ACTS, Catalogue
from shopassist.language.head import STEPS, Head
from shopassist.language.intents import digest
from shopassist.language.judge import EVIDENCE, IDLE, INTENT, Limits, evidence, probabilities, weighed
from shopassist.language.linear import LinearHead, Matrix
from shopassist.language.reading import Reader
from shopassist.learning.combine import joined, sold
from shopassist.learning.examples import Example, of_catalogue
from shopassist.learning.fitting import FOLDS, beside_each_other, folds
from shopassist.learning.linear import needs_sklearn
from shopassist.learning.material import Material, material
from shopassist.learning.measure import Reading, Report, best_limits, measured
from shopassist.learning.moods import mood_head
from shopassist.learning.rules import IntentRules, act_rules, intent_rules

JOINED = 0.15
"""Messages made of several for each one that was written."""
SMALLEST = 0.003
"""Weights below this part of a column's greatest are dropped: they change nothing and take room."""

Progress = Callable[[str], None]


def fit(
    examples: Sequence[Example], catalogue: Catalogue, *, progress: Progress = lambda _: None
) -> tuple[Head, Report]:
    """A head for the catalogue's intents, and how it reads what it was not fitted to.

    Raises `MissingExtra`, and `InputError` where there is too little to learn from.
    """
    needs_sklearn()
    wishing = [e for e in examples if not e.mood_alone]
    if len({e.voice for e in wishing}) < 2:
        raise InputError(
            "examples of two files at the least are needed: what is fitted to one is measured on the other"
        )
    reader, names = Reader(catalogue), [intent.name for intent in catalogue]
    made = [*sold(wishing), *joined(wishing, JOINED)]
    progress(f"reading {len(wishing)} messages, and {len(made)} made of them")
    every = [material(reader, e) for e in wishing] + [material(reader, e, made=True) for e in made]
    own = [material(reader, e) for e in of_catalogue(catalogue)]
    rules = intent_rules(every, own, names)
    left: list[_Left] = []
    for number, (known, out) in enumerate(folds(len(every), [m.example.voice for m in every]), start=1):
        progress(f"fitting without a part of the voices, {number} of {FOLDS}")
        others = intent_rules([every[n] for n in known], own, names)
        left += [_Left(every[n], others, names) for n in out]
    progress("fitting how likely a wish is, and the acts")
    judge = _judge(left, len(names))
    readings = [one.reading(judge) for one in left if not one.material.made]
    limits = best_limits(readings, names)
    told = f"{len(wishing)} messages of {len({e.voice for e in wishing})} voices"
    progress("fitting the moods")
    mood, moods = mood_head(examples)
    report = replace(measured(readings, names, limits), moods=moods)
    return _head(rules, judge, limits, catalogue, every, told, mood), report


class _Left:
    """A message that was left out, and what rules fitted to others say of it.

    `found` is the evidence for each piece and intent, `wanted` whether it is wished there.
    """

    def __init__(self, one: Material, rules: IntentRules, names: Sequence[str]) -> None:
        self.material, self.rules = one, rules
        pieces = [weighed(piece.part, rules.values) for piece in one.message.pieces]
        self.found = np.zeros((len(pieces), len(names), len(EVIDENCE)), np.float32)
        self.wanted = np.zeros(self.found.shape[:2], bool)
        if not pieces:  # small talk and values alone
            return
        whole, idle = one.message.whole, np.array([n in IDLE for n in names])
        self.found = evidence(pieces, rules.values(whole), len(whole), one.example.language == "en", idle)
        even = len(one.example.wishes) == len(pieces)
        for number, (intent, _) in enumerate(one.example.wishes):
            column = names.index(intent)
            self.wanted[number if even else int(np.argmax([p.text[column] for p in pieces])), column] = True

    def reading(self, judge: Matrix) -> Reading:
        """How likely each wish is."""
        intents = self.found.shape[1]
        likely = probabilities(self.found, judge[intents:-1], judge[:intents], float(judge[-1]))
        parts = tuple(piece.part for piece in self.material.message.pieces)
        wished = frozenset(intent for intent, _ in self.material.example.wishes)
        return Reading(self.material.example.voice, wished, parts, likely, self.wanted, self.rules.values)


def _judge(left: Sequence[_Left], intents: int) -> Matrix:
    """Weights of the intents, of the evidence, and the bias."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    flat = np.concatenate([one.found for one in left]).reshape(-1, len(EVIDENCE))
    wanted = np.concatenate([one.wanted for one in left]).ravel()
    scale = flat.std(axis=0)
    scale[scale == 0] = 1
    rows = np.arange(len(flat))
    own = csr_matrix((np.full(len(flat), INTENT, np.float32), (rows, rows % intents)), shape=(len(flat), intents))
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(beside_each_other(own, flat / scale), wanted)
    weights = fitted.coef_[0].copy()
    weights[intents:] /= scale
    return np.append(weights, fitted.intercept_[0]).astype(np.float32)


def _head(
    rules: IntentRules,
    judge: Matrix,
    limits: Limits,
    catalogue: Catalogue,
    every: Sequence[Material],
    told: str,
    mood: LinearHead,
) -> Head:
    """All rules in one, small weights dropped and the others rounded."""
    vocabulary = rules.vocabulary
    acts = act_rules(vocabulary, every, [intent.name for intent in catalogue])
    weights: NDArray[np.float32] = np.concatenate([rules.weights, acts.weights], axis=1)
    weights[np.abs(weights) < SMALLEST * np.abs(weights).max(axis=0)] = 0
    kept = np.abs(weights).max(axis=1) > 0
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-12)  # an act that nobody does has no weights
    steps = STEPS * np.sign(weights[kept]) * np.sqrt(np.abs(weights[kept]) / scale)
    return Head(
        keys=vocabulary.keys[kept],
        idf=vocabulary.idf[kept],
        weights=np.round(steps).astype(np.int8),
        scale=scale.astype(np.float32),
        bias=np.concatenate([rules.bias, acts.bias]).astype(np.float32),
        act_intent=acts.of_intent,
        act_rule=acts.of_rule,
        judge=judge,
        limits=np.array(astuple(limits), np.float32),
        intents=np.array([i.name for i in catalogue]),
        acts=np.array(ACTS),
        examples=np.array([digest(i) for i in catalogue]),
        told=np.array([told]),
        mood=mood,
    )
