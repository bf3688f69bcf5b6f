"""How well messages are understood that nothing was fitted to: intents and acts, without a model call.

    python benchmarks/wishes.py [--jddc chat_sample.jsonl] [--json FILE]

The messages of data/apart.jsonl were written apart from those that the head is fitted to. With --jddc also 300 turns
of real chats (JDDC 2019, not a part of this project), labelled by hand in data/jddc_labels.jsonl by session and turn;
each is read alone, though some can be understood only from what was said before. Beside shopassist: the intent of the
nearest example by tf-idf, and logistic regression on tf-idf, both over the same labelled messages; they give one intent
for each message and no act. `exact` counts messages in which just the wished intents were seen, F1 all intents. Needs
the extra `train`.
"""

import argparse
import json
import time
from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path

import numpy as np

import options as option
from report import Figure, describe, save, show
from sample import ROOT
from shopassist.evaluation.measures import mood_accuracy, mood_macro_f1
from shopassist.language.catalogue import Catalogue
from shopassist.language.intents import Classifier
from shopassist.language.mood import by_words, feeling
from shopassist.language.reading import finder_in
from shopassist.language.slots import slots
from shopassist.language.wishes import wishes
from shopassist.learning.examples import Example, read
from shopassist.text import fold

TODAY = date(2024, 12, 5)
Pairs = list[tuple[frozenset, frozenset]]
Seen = Callable[[Example], frozenset]


def scores(pairs: Pairs) -> tuple[float, float]:
    """The share that is exactly right, and F1 over all."""
    hits = sum(len(a & b) for a, b in pairs)
    total = sum(len(a) + len(b) for a, b in pairs)
    return float(np.mean([a == b for a, b in pairs])), 2 * hits / max(total, 1)


def engine(classifier: Classifier, found: dict[str, list[float]]) -> Callable[[Example], frozenset]:
    def see(one: Example) -> frozenset:
        began = time.perf_counter()
        values = slots(one.text, one.language, today=TODAY, products=())
        told = wishes(one.text, one.language, classifier, finder_in(one.text, values))
        found["seconds"].append(time.perf_counter() - began)
        return frozenset((w.intent, w.act) for w in told)

    return see


def baselines(training: list[Example]) -> dict[str, Seen]:
    """What one would begin with: one intent for each message, by tf-idf of characters."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    single = [e for e in training if len(e.wishes) <= 1]
    names = [e.wishes[0][0] if e.wishes else "" for e in single]
    words = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, min_df=2)
    known = words.fit_transform([fold(e.text) for e in single])
    rule = LogisticRegression(C=10, max_iter=300, tol=1e-3).fit(known, names)

    def nearest(one: Example) -> frozenset:
        like = (words.transform([fold(one.text)]) @ known.T).toarray().ravel()
        return frozenset(filter(None, [names[int(like.argmax())]]))

    def regression(one: Example) -> frozenset:
        return frozenset(filter(None, rule.predict(words.transform([fold(one.text)]))))

    return {"nearest example, tf-idf": nearest, "logistic regression on tf-idf": regression}


def jddc(file: Path) -> list[Example]:
    """The labelled turns with their texts."""
    chats = {c["session"]: c["turns"] for c in map(json.loads, file.read_text("utf-8").splitlines())}
    labels = map(json.loads, (ROOT / "benchmarks/data/jddc_labels.jsonl").read_text("utf-8").splitlines())
    return [
        Example(chats[x["session"]][x["turn"]]["text"], "zh", tuple(map(tuple, x["wishes"])), x["mood"], voice="jddc")
        for x in labels
    ]


def figures(name: str, messages: list[Example], classifier: Classifier, others: dict[str, Seen]) -> list[Figure]:
    times: dict[str, list[float]] = {"seconds": []}
    see = engine(classifier, times)
    seen = [(one, see(one)) for one in messages]
    intents = [(frozenset(i for i, _ in one.wishes), frozenset(i for i, _ in found)) for one, found in seen]
    exact, f1 = scores(intents)
    both, both_f1 = scores([(frozenset(one.wishes), found) for one, found in seen])
    alike = [(dict(one.wishes), dict(found)) for one, found in seen]
    acts = [gold[i] == told[i] for gold, told in alike for i in gold.keys() & told.keys()]
    made = [
        Figure(f"{name}, intents exact", 100 * exact, "%"),
        Figure(f"{name}, intents F1", 100 * f1, "%"),
        Figure(f"{name}, acts of the intents that were seen", 100 * float(np.mean(acts)), "%"),
        Figure(f"{name}, intents and acts exact", 100 * both, "%"),
        Figure(f"{name}, intents and acts F1", 100 * both_f1, "%"),
        Figure(f"{name}, reading, mean", 1000 * float(np.mean(times["seconds"])), "ms"),
        Figure(f"{name}, reading, p99", 1000 * float(np.percentile(times["seconds"], 99)), "ms", 20),
    ]
    for other, guess in others.items():
        exact, f1 = scores([(frozenset(i for i, _ in one.wishes), guess(one)) for one in messages])
        made += [Figure(f"{name}, {other}, exact", 100 * exact, "%"), Figure(f"{name}, {other}, F1", 100 * f1, "%")]
    return made + moods(name, messages, classifier)


def moods(name: str, messages: list[Example], classifier: Classifier) -> list[Figure]:
    """The mean F1 of the moods that are among the messages, as they are heard and by words alone."""
    ways = {"moods": lambda text: feeling(text, classifier.head.mood), "moods by words alone": by_words}
    made = []
    for way, felt in ways.items():
        pairs = [(one.mood, felt(one.text).mood) for one in messages]
        made += [
            Figure(f"{name}, {way}, right", 100 * mood_accuracy(pairs), "%"),
            Figure(f"{name}, {way}, F1", 100 * mood_macro_f1(pairs), "%"),
        ]
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jddc", type=option.file, help="the chats of JDDC, to read 300 of their turns")
    parser.add_argument("--json", type=option.output, help="write the figures to this file")
    options = parser.parse_args()
    describe()
    catalogue = Catalogue.load()
    with resources.as_file(resources.files("shopassist.learning").joinpath("messages")) as folder:
        training = [e for e in read([folder], catalogue) if not e.mood_alone]
    classifier, others = Classifier(catalogue), baselines(training)
    apart = read([ROOT / "benchmarks/data/apart.jsonl"], catalogue)
    classifier.scores("你好", "zh")
    every = figures("apart, Chinese", [e for e in apart if e.language == "zh"], classifier, others)
    every += figures("apart, English", [e for e in apart if e.language == "en"], classifier, others)
    if options.jddc:
        every += figures("JDDC", jddc(options.jddc), classifier, others)
    else:
        print("skipped: the turns of JDDC; name its chats with --jddc")
    facts = {"fitted_to": str(classifier.head.told[0]), "labelled_messages": len(training), "apart": len(apart)}
    print(facts)
    show("understanding what nothing was fitted to", every)
    save(options.json, every, **facts)


if __name__ == "__main__":
    main()
