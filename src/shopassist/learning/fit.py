"""Fit a head to labelled messages: logistic rules by scikit-learn, weighed once without the voice that they judge.

The intents' rules are one against the rest over the parts of words (Rifkin & Klautau 2004), the acts' one over all
with the intent and the act that the expressions name. What becomes of their values, whether a message wishes it, is
learned on values that each voice got from rules fitted to the others, for those of its own examples look surer than
they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shopassist.errors import InputError, MissingExtra
from shopassist.language.acts import act as by_rule
from shopassist.language.catalogue import ACTS, Catalogue
from shopassist.language.grams import Vocabulary
from shopassist.language.head import STEPS, Head
from shopassist.language.intents import Classifier, digest, in_usual_words
from shopassist.language.judge import EVIDENCE, IDLE, INTENT, Piece, evidence, probabilities
from shopassist.language.segments import segments
from shopassist.language.slots import slots
from shopassist.language.wishes import Said, in_plain_words, said
from shopassist.learning.combine import joined, sold
from shopassist.learning.examples import Example, of_catalogue
from shopassist.learning.measure import Reading, Report, measured

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FOLDS = 5
STRENGTH = 10.0
"""How closely the rules follow single examples (scikit-learn's C); found by leaving voices out."""
CATALOGUE = 0.7
"""What an example of the catalogue weighs beside a labelled message: many are alike."""
ACT_STRENGTH = 5.0
OF_INTENT = 0.7
"""The length of the part of an act's evidence that is the intent; that of the act by rule is 1."""
JOINED = 0.15
"""Messages made of several for each one that was written."""
SMALLEST = 0.003
"""Weights below this part of a column's greatest are dropped: they change nothing and take room."""

Progress = Callable[[str], None]
Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Read:
    """An example as the engine would read it; words are in usual spelling."""

    example: Example
    pieces: tuple[Said, ...]
    texts: tuple[str, ...]
    cores: tuple[str, ...]
    told: tuple[tuple[str, ...], ...]
    whole: str
    made: bool = False
    """Whether it was made of others, and so tells nothing of how often its words come."""


def fit(
    examples: Sequence[Example], catalogue: Catalogue, *, progress: Progress = lambda _: None
) -> tuple[Head, Report]:
    """A head for the catalogue's intents, and how it reads what it was not fitted to.

    Raises `MissingExtra`, and `InputError` where there is too little to learn from.
    """
    _needs_sklearn()
    if len({e.voice for e in examples}) < 2:
        raise InputError(
            "examples of two files at the least are needed: what is fitted to one is measured on the other"
        )
    speller = _Speller(catalogue)
    made = [*sold(examples), *joined(examples, JOINED)]
    progress(f"reading {len(examples)} messages, and {len(made)} made of them")
    read = [*map(speller.read, examples), *(replace(speller.read(e), made=True) for e in made)]
    own = [speller.read(e) for e in of_catalogue(catalogue)]
    names = [intent.name for intent in catalogue]
    whole = _Rules.fit(read, own, names)
    left: list[tuple[_Read, Matrix, NDArray[np.bool_]]] = []
    for number, left_out in enumerate(_folds(read), start=1):
        progress(f"fitting without a part of the voices, {number} of {FOLDS}")
        rules = _Rules.fit([r for r in read if r.example.voice not in left_out], own, names)
        left += [(r, *_judged(r, rules, names)) for r in read if r.example.voice in left_out and r.pieces]
    progress("fitting how likely a wish is, and the acts")
    judge = _judge(np.concatenate([x for _, x, _ in left]), np.concatenate([y for *_, y in left]), len(names))
    readings = [_reading(one, found, right, judge, len(names)) for one, found, right in left if not one.made]
    bare = np.zeros((0, len(names)), np.float32)  # messages of small talk and values alone have no piece to be judged
    readings += [_reading(r, None, bare > 0, judge, len(names)) for r in read if not (r.pieces or r.made)]
    return whole.head(judge, catalogue, read, progress), measured(readings, names)


def _reading(one: _Read, found: Matrix | None, right: NDArray[np.bool_], judge: Matrix, intents: int) -> Reading:
    likely = np.zeros((0, intents), np.float32)
    if found is not None:
        likely = probabilities(found, judge[intents:-1], judge[:intents], float(judge[-1]))
    return Reading(one.example.voice, frozenset(i for i, _ in one.example.wishes), likely, right)


def _needs_sklearn() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise MissingExtra("fitting needs scikit-learn: pip install 'shopassist[train]'") from error


class _Speller:
    """Reads examples as the engine does, without a shop: values stand as common words."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.words = Classifier.known_words(catalogue)

    def plain(self, text: str, language: str) -> str:
        return in_usual_words(text, language, self.words)

    def read(self, example: Example) -> _Read:
        language = example.language
        found = slots(example.text, language, today=date(2024, 12, 5), products=())

        def within(piece: str) -> list[Any]:
            start = example.text.find(piece)
            end = start + len(piece)
            inside = [f for f in found if start >= 0 and start <= f.span[0] and f.span[1] <= end]
            return [replace(f, span=(f.span[0] - start, f.span[1] - start)) for f in inside]

        pieces = tuple(said(segments(example.text, language), language, self.catalogue, within))
        return _Read(
            example,
            pieces,
            tuple(self.plain(p.part.text, language) for p in pieces),
            tuple(self.plain(p.part.core, language) for p in pieces),
            tuple(tuple(self.plain(clause, language) for clause in p.part.told) for p in pieces),
            self.plain(in_plain_words(example.text, language, within), language),
        )


def _folds(read: Sequence[_Read]) -> list[set[str]]:
    """The voices in parts of about the same number of messages."""
    counts: dict[str, int] = {}
    for one in read:
        counts[one.example.voice] = counts.get(one.example.voice, 0) + 1
    parts: list[tuple[int, set[str]]] = [(0, set()) for _ in range(min(FOLDS, len(counts)))]
    for voice, count in sorted(counts.items(), key=lambda item: -item[1]):
        smallest = min(range(len(parts)), key=lambda n: parts[n][0])
        parts[smallest] = (parts[smallest][0] + count, parts[smallest][1] | {voice})
    return [voices for _, voices in parts]


def _labelled(one: _Read) -> list[tuple[str, tuple[str, ...]]]:
    """Texts and the intents that they wish: piece by piece where there is one wish a piece, else the whole message."""
    wishes = [intent for intent, _ in one.example.wishes]
    if not one.pieces:
        return [(one.whole, tuple(wishes))]
    if not wishes:
        return [(text, ()) for text in one.texts]
    if len(wishes) == len(one.texts):
        return [(text, (intent,)) for text, intent in zip(one.texts, wishes, strict=True)]
    return [(one.whole, tuple(wishes))]


@dataclass(frozen=True, slots=True)
class _Rules:
    """One rule for each intent: weights of the parts of words (parts, intents), and a bias."""

    vocabulary: Vocabulary
    weights: Matrix
    bias: Matrix

    @classmethod
    def fit(cls, read: Sequence[_Read], own: Sequence[_Read], names: Sequence[str]) -> _Rules:
        from sklearn.linear_model import LogisticRegression

        rows = [pair for one in read for pair in _labelled(one)]
        count = len(rows)
        rows += [(one.whole, (one.example.wishes[0][0],)) for one in own]
        written = dict.fromkeys(one.whole for one in [*read, *own] if not one.made)
        vocabulary = Vocabulary.of(list(written))
        found = _matrix(vocabulary, [text for text, _ in rows])
        weight = np.where(np.arange(len(rows)) < count, 1.0, CATALOGUE)
        columns, bias = [], []
        for name in names:
            wanted = np.array([name in intents for _, intents in rows])
            if not wanted.any():
                raise InputError(f"no example wishes {name!r}; write some, or take the intent away")
            rule = LogisticRegression(C=STRENGTH, solver="liblinear").fit(found, wanted, sample_weight=weight)
            columns.append(rule.coef_[0])
            bias.append(rule.intercept_[0])
        return cls(vocabulary, np.asarray(columns, np.float32).T, np.asarray(bias, np.float32))

    def values(self, text: str) -> Matrix:
        rows, found = self.vocabulary.vector(text)
        return np.asarray(found @ self.weights[rows] + self.bias, np.float32)

    def piece(self, text: str, core: str, told: Sequence[str], said: Said) -> Piece:
        whole, asked = self.values(text), self.values(core)
        beside = np.max([self.values(clause) for clause in told], axis=0) if told else asked
        return Piece(whole, asked, beside, said.part.asks, bool(told), len(said.part.text), "?" in text)

    def head(self, judge: Matrix, catalogue: Catalogue, read: Sequence[_Read], progress: Progress) -> Head:
        """The whole head: these rules, those of the acts over the same parts of words, and the judge."""
        acts, bias, of_intent, of_rule = _acts(self.vocabulary, catalogue, read)
        every = np.concatenate([self.weights, acts], axis=1)
        every[np.abs(every) < SMALLEST * np.abs(every).max(axis=0)] = 0
        kept = np.abs(every).max(axis=1) > 0
        scale = np.maximum(np.abs(every).max(axis=0), 1e-12)  # an act that nobody does has no weights
        examples = len(read)
        progress(f"{int(kept.sum())} parts of words tell something")
        return Head(
            keys=self.vocabulary.keys[kept],
            idf=self.vocabulary.idf[kept],
            weights=np.round(STEPS * np.sign(every[kept]) * np.sqrt(np.abs(every[kept]) / scale)).astype(np.int8),
            scale=scale.astype(np.float32),
            bias=np.concatenate([self.bias, bias]).astype(np.float32),
            act_intent=of_intent,
            act_rule=of_rule,
            judge=judge,
            intents=np.array([i.name for i in catalogue]),
            acts=np.array(ACTS),
            examples=np.array([digest(i) for i in catalogue]),
            told=np.array([f"{examples} messages of {len({r.example.voice for r in read})} voices"]),
        )


def _matrix(vocabulary: Vocabulary, texts: Sequence[str]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    vectors = [vocabulary.vector(text) for text in texts]
    begins = np.cumsum([0, *(len(rows) for rows, _ in vectors)])
    columns = np.concatenate([rows for rows, _ in vectors])
    values = np.concatenate([weights for _, weights in vectors])
    return csr_matrix((values, columns, begins), shape=(len(texts), len(vocabulary.keys)))


def _judged(one: _Read, rules: _Rules, names: Sequence[str]) -> tuple[Matrix, NDArray[np.bool_]]:
    """The evidence for each piece and intent of an example, and whether it is wished there."""
    english = one.example.language == "en"
    idle = np.array([n in IDLE for n in names])
    pieces = [rules.piece(*place) for place in zip(one.texts, one.cores, one.told, one.pieces, strict=True)]
    found = evidence(pieces, rules.values(one.whole), len(one.example.text), english, idle)
    wanted = np.zeros(found.shape[:2], bool)
    for number, (intent, _) in enumerate(one.example.wishes):
        column = names.index(intent)
        even = len(one.example.wishes) == len(pieces)
        wanted[number if even else int(np.argmax([p.text[column] for p in pieces])), column] = True
    return found, wanted


def _judge(found: Matrix, wanted: NDArray[np.bool_], intents: int) -> Matrix:
    """Weights of the intents, of the evidence, and the bias."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    flat = found.reshape(-1, len(EVIDENCE))
    scale = flat.std(axis=0)
    scale[scale == 0] = 1
    rows = np.arange(len(flat))
    own = csr_matrix((np.full(len(flat), INTENT, np.float32), (rows, rows % intents)), shape=(len(flat), intents))
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(hstack([own, flat / scale]).tocsr(), wanted.ravel())
    weights = fitted.coef_[0].copy()
    weights[intents:] /= scale
    return np.append(weights, fitted.intercept_[0]).astype(np.float32)


def _acts(vocabulary: Vocabulary, catalogue: Catalogue, read: Sequence[_Read]) -> tuple[Matrix, Matrix, Matrix, Matrix]:
    """Weights of the parts of words (parts, acts), the bias, the weights of the intents and of the rules' acts."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    names = [intent.name for intent in catalogue]
    texts, sure, wanted = [], [], []
    for one in read:
        wishes, language = one.example.wishes, one.example.language
        if len(wishes) == len(one.pieces):
            raw, plain = [p.segment.core for p in one.pieces], one.cores
        elif len(wishes) == 1:
            raw, plain = [one.example.text], (one.whole,)
        else:
            continue
        for (intent, act), text, spelled in zip(wishes, raw, plain, strict=True):
            own = np.zeros(len(names) + len(ACTS), np.float32)
            own[names.index(intent)] = OF_INTENT
            own[len(names) + ACTS.index(by_rule(text, language, intent))] = 1
            texts.append(spelled)
            sure.append(own)
            wanted.append(ACTS.index(act))
    found = hstack([_matrix(vocabulary, texts), csr_matrix(np.array(sure))]).tocsr()
    fitted = LogisticRegression(C=ACT_STRENGTH, max_iter=500, tol=1e-3).fit(found, wanted)
    weights = np.zeros((found.shape[1], len(ACTS)), np.float32)
    bias = np.full(len(ACTS), -20.0, np.float32)
    weights[:, fitted.classes_], bias[fitted.classes_] = fitted.coef_.T, fitted.intercept_
    parts, intents = len(vocabulary.keys), len(names)
    return (
        weights[:parts],
        bias,
        np.asarray(OF_INTENT * weights[parts : parts + intents], np.float32),
        weights[parts + intents :],
    )
