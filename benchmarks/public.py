"""How well texts of public data sets are labelled, by what was fitted to another part of each.

    python benchmarks/public.py [--data FOLDER] [--only NAME] [--json FILE]
    python benchmarks/public.py --model FILE.gguf [--texts N] [--data FOLDER] [--only NAME] [--json FILE]

Of each data set that FOLDER has: the linear head (`shopassist.learning.linear`) by words and, where the embedding model
is, by words and vectors; beside it the nearest example by tf-idf and by vector, and logistic regression on tf-idf. What
is held out plays no part in fitting, nor in finding strength and thresholds. Of any number of labels, F1 is over all of
them and `exact` the share of texts with just the right ones; of one label, `right` is that share and F1 the labels'
mean.

nlupp_banking: intents of bank customers, any number each. Folds as its authors take them: all but two of twenty are
fitted to, two, or one, and the mean is told. Then its slots, word by word, on the same folds: one is right where its
name, beginning and end are. Beside the head, logistic regression on the words around, and the values that were seen.
crosswoz_val: travellers' acts (intent, domain, slot), a fifth of the dialogues held out; each utterance alone, and with
the domains and acts of the reply before.
bitext_cs_8k: 27 intents in English, a tenth held out; then five examples of each, the mean of five draws.
online_shopping_10_cats, waimai_10k: praise or blame, a tenth held out; also the words of `shopassist.language.mood`, to
which nothing is fitted (neutral is wrong), and on waimai_10k what was fitted to the other.
own_moods: the moods of shopassist's own messages, a fifth of the voices held out in turn; also with what the words of
the mood say.

With --model instead a language model that is asked with a schema and shown no example, on some texts of each data set,
and the heads on the same texts. Needs the extra `train`, and `embedded` for --model.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

import options as option
from corpora import Labelled, bitext, crosswoz, nlupp, nlupp_slots, own_moods, reviews
from guessers import Guesser, Guesses, guessers, remembered, sets
from prompted import Prompted
from report import Figure, describe, embedding_folder, embeddings, save, shared, show
from shopassist.language.mood import by_words, material
from shopassist.learning.fitting import folds
from tagging import taggers

FOLDS_OF_NLUPP = 20
SHOTS = 5
DRAWS = 5
HEADS, BY_MOOD, TAGS = ("head",), ("the mood's words",), ("tags",)
"""How the names of ways begin."""
EVERY = (*HEADS, "nearest", "logistic")

Split = tuple[Labelled, Labelled]
"""What is fitted to, and what is held out."""


@dataclass(frozen=True)
class Trial:
    """Splits over which the mean is taken, the ways that are tried, and what some must reach with its main figure."""

    title: str
    splits: Sequence[Split]
    ways: tuple[str, ...] = EVERY
    targets: Mapping[str, float] = field(default_factory=dict)

    def of(self, texts: int) -> "Trial":
        """The heads on so many of the texts that the first split holds out."""
        known, left = self.splits[0]
        part = left.at(np.random.default_rng(0).permutation(len(left.texts))[:texts])
        return Trial(f"{self.title}, {len(part.texts)} texts", [(known, part)], HEADS)

    def figures(self, name: str, guess: Guesser) -> Iterator[Figure]:
        began = time.perf_counter()
        pairs = [(sets(left.labels), guess(known, left)) for known, left in self.splits]
        print(f"  {name}: {time.perf_counter() - began:.0f} s", flush=True)
        told = {"right": right, "F1": mean_f1} if self.splits[0][0].single else {"exact": right, "F1": f1}
        for kind, score in told.items():
            mean = float(np.mean([score(*pair) for pair in pairs]))
            target = self.targets.get(name) if kind == "right" else None
            yield Figure(f"{self.title}, {name}, {kind}", mean, "%", target, least=True)


def right(wanted: Guesses, found: Guesses) -> float:
    """The share of texts with just the right labels, in per cent."""
    return 100 * float(np.mean([a == b for a, b in zip(wanted, found, strict=True)]))


def f1(wanted: Guesses, found: Guesses) -> float:
    """Over all labels, in per cent."""
    hits = sum(len(a & b) for a, b in zip(wanted, found, strict=True))
    return 200 * hits / max(sum(map(len, [*wanted, *found])), 1)


def mean_f1(wanted: Guesses, found: Guesses) -> float:
    """The mean of the labels' F1, in per cent."""
    names = frozenset().union(*wanted)
    return float(np.mean([f1([a & {n} for a in wanted], [b & {n} for b in found]) for n in names]))


def banking(data: Path) -> Iterator[Trial]:
    every, slots = nlupp(data / "nlupp_banking"), nlupp_slots(data / "nlupp_banking")
    for name, labelled, ways in (("nlupp_banking", every, EVERY), ("nlupp_banking, slots", slots, TAGS)):
        for count in (18, 2, 1):
            yield Trial(f"{name}, {count} of {FOLDS_OF_NLUPP} folds", list(parted(labelled, count)), ways)


def parted(every: Labelled, count: int) -> Iterator[Split]:
    """What is fitted to so many folds of NLU++, each way that its authors part them."""
    size = min(count, FOLDS_OF_NLUPP - count)
    for first in range(0, FOLDS_OF_NLUPP, size):
        others, within = every.split(lambda fold, first=first: first <= int(fold) < first + size)
        yield (within, others) if count == size else (others, within)


def travel(data: Path) -> Iterator[Trial]:
    known, left = crosswoz(data / "crosswoz_val").without(0.2, seed=1)
    yield Trial("crosswoz_val", [(known.bare(), left.bare())])
    yield Trial("crosswoz_val after a reply", [(known, left)], HEADS)


def intents(data: Path) -> Iterator[Trial]:
    every = bitext(data / "bitext_cs_8k")
    least = {"head, words": 99.5, "head, words and vectors": 99.5}
    yield Trial("bitext_cs_8k", [every.without(0.1, seed=0)], targets=least)
    draws = []
    for seed in range(DRAWS):
        order = np.random.default_rng(seed).permutation(len(every.texts))
        some = {n for name in set(every.labels) for n in [n for n in order if every.labels[n] == name][:SHOTS]}
        draws.append((every.at(sorted(some)), every.at(sorted(set(order) - some))))
    yield Trial(f"bitext_cs_8k, {SHOTS} each", draws, targets={"head, words": 88, "head, words and vectors": 88})


def shopping(data: Path) -> Iterator[Trial]:
    yield from judged("online_shopping_10_cats", shop_reviews(data), {"head, words and vectors": 92})


def delivery(data: Path) -> Iterator[Trial]:
    every = reviews(data / "waimai_10k/all.jsonl")
    yield from judged("waimai_10k", every, {})
    if (data / "online_shopping_10_cats").is_dir():
        known, left = shop_reviews(data), every.without(0.1, seed=0)[1]
        yield Trial("waimai_10k after online_shopping_10_cats", [(known, left)], HEADS)


def own(data: Path) -> Iterator[Trial]:
    every = own_moods()
    parts = folds(len(every.texts), every.groups)
    yield Trial("own_moods", [(every.at(known), every.at(left)) for known, left in parts], (*EVERY, *BY_MOOD))
    told = replace(every, beside=np.array([material(text, by_words(text))[1] for text in every.texts], np.float32))
    yield Trial("own_moods with the mood's words", [(told.at(known), told.at(left)) for known, left in parts], HEADS)


def judged(title: str, every: Labelled, targets: Mapping[str, float]) -> Iterator[Trial]:
    known, left = every.without(0.1, seed=0)
    yield Trial(title, [(known, left)], (*EVERY, *BY_MOOD), targets)
    told = left.at([n for n, text in enumerate(left.texts) if by_words(text).mood != "neutral"])
    yield Trial(f"{title}, {len(told.texts)} texts of which the mood's words tell", [(known, told)], BY_MOOD)


@cache
def shop_reviews(data: Path) -> Labelled:
    return reviews(data / "online_shopping_10_cats/train_10k.jsonl")


DATA_SETS: dict[str, Callable[[Path], Iterator[Trial]]] = {
    "nlupp_banking": banking,
    "crosswoz_val": travel,
    "bitext_cs_8k": intents,
    "online_shopping_10_cats": shopping,
    "waimai_10k": delivery,
    "own_moods": own,
}
"""The first trial of each is that of which a model is asked."""


def measured(trial: Trial, ways: Mapping[str, Guesser]) -> list[Figure]:
    known, left = trial.splits[0]
    print(f"{trial.title}: {len(known.texts)} texts, {len(left.texts)} held out, {len(trial.splits)} times", flush=True)
    tried = {name: way for name, way in ways.items() if name.startswith(trial.ways)}
    return [figure for name, way in tried.items() for figure in trial.figures(name, way)]


def asked(trial: Trial, ways: Mapping[str, Guesser], model: Prompted) -> list[Figure]:
    made = [*measured(trial, ways), *trial.figures(model.name, model.guesses)]
    return [*made, Figure(f"{trial.title}, {model.name}, a text, median", model.median(), "s")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=option.folder, default=shared() / "data", help="has a folder for each data set")
    parser.add_argument("--only", action="append", choices=DATA_SETS, help="measure this data set; may come again")
    parser.add_argument("--model", type=option.file, help="a GGUF file, to be asked for labels")
    parser.add_argument("--texts", type=option.count, default=200, help="of each data set that the model is asked")
    parser.add_argument("--threads", type=option.count, default=2, help="of the embedding and the language model")
    parser.add_argument("--json", type=option.output, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    began = time.perf_counter()
    real, named = embeddings(options.threads)
    print(f"embeddings: {named}" if embedding_folder() else "skipped: vectors; no embedding model is there")
    ways = guessers(remembered(real) if embedding_folder() else None) | taggers()
    model = Prompted(options.model, options.threads) if options.model else None
    every: list[Figure] = []
    for name in options.only or DATA_SETS:
        if name != "own_moods" and not (options.data / name).is_dir():
            print(f"skipped: {name}; {options.data} has no such folder")
            continue
        trials = DATA_SETS[name](options.data)
        if model:
            every += asked(next(trials).of(options.texts), ways, model)
        else:
            every += [figure for trial in trials for figure in measured(trial, ways)]
    if model:
        model.close()
    every.append(Figure("the whole", time.perf_counter() - began, "s"))
    show("texts that were held out", every)
    save(options.json, every, embeddings=named)


if __name__ == "__main__":
    main()
