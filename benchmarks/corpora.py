"""Labelled texts of public data sets, read from their files, and those of this project by their moods."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shopassist.language.catalogue import Catalogue
from shopassist.learning.examples import read

MOST = 256
"""Characters of a text that are read: of the reviews, 98 in 100 are shorter."""


@dataclass(frozen=True)
class Labelled:
    """Texts with a label each (strings), or any number of them (sets); texts of one group are held out together.

    `beside` has further numbers of each text, with 0 columns where there are none.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...] | tuple[frozenset[str], ...]
    groups: tuple[str, ...]
    beside: NDArray[np.float32]

    @property
    def single(self) -> bool:
        return isinstance(self.labels[0], str)

    def at(self, places: Sequence[int]) -> "Labelled":
        own = [tuple(side[n] for n in places) for side in (self.texts, self.labels, self.groups)]
        return Labelled(*own, self.beside[np.asarray(places, np.intp)])

    def split(self, held_out: Callable[[str], bool]) -> tuple["Labelled", "Labelled"]:
        """What is fitted to, and what is held out by its group."""
        left = [held_out(group) for group in self.groups]
        return self.at([n for n, out in enumerate(left) if not out]), self.at([n for n, out in enumerate(left) if out])

    def without(self, part: float, seed: int) -> tuple["Labelled", "Labelled"]:
        """The same with a random part of the groups held out."""
        groups = sorted(set(self.groups))
        chosen = np.random.default_rng(seed).permutation(len(groups))[: round(part * len(groups))]
        return self.split({groups[n] for n in chosen}.__contains__)

    def bare(self) -> "Labelled":
        """The same without the further numbers."""
        return replace(self, beside=self.beside[:, :0])


def nlupp(folder: Path) -> Labelled:
    """Bank customers' questions with their intents; the groups are the folds, by number."""
    lines = _lines(folder / "banking.jsonl")
    return _labelled([(x["text"], frozenset(x.get("intents", ())), str(x["fold"])) for x in lines])


def nlupp_slots(folder: Path) -> Labelled:
    """The same with their slots: a name, where it begins, and where it ends (``date 8 17``)."""
    rows = []
    for x in _lines(folder / "banking.jsonl"):
        slots = {name: told["span"] for name, told in x.get("slots", {}).items()}
        rows.append((x["text"], frozenset(f"{n} {start} {end}" for n, (start, end) in slots.items()), str(x["fold"])))
    return _labelled(rows)


def crosswoz(folder: Path) -> Labelled:
    """Travellers' utterances with their acts (intent-domain-slot); the groups are the dialogues.

    `beside` tells which domains the reply before was about, and which acts it had.
    """
    said: list[tuple[str, frozenset[str], str]] = []
    before: list[frozenset[str]] = []
    for dialogue in _lines(folder / "val.jsonl"):
        reply: frozenset[str] = frozenset()
        for turn in dialogue["turns"]:
            acts = frozenset("-".join(act[:3]) for act in turn["acts"])
            if turn["role"] == "usr":
                said.append((turn["text"], acts, dialogue["id"]))
                before.append(reply)
            else:
                reply = acts | {act[1] for act in turn["acts"]}
    names = sorted(set(chain(*before)))
    return replace(_labelled(said), beside=np.array([[n in one for n in names] for one in before], np.float32))


def bitext(folder: Path) -> Labelled:
    """Customers' questions in English with an intent each, made of templates."""
    return _labelled([(x["utterance"], x["intent"], x["utterance"]) for x in _lines(folder / "train.jsonl")])


def reviews(file: Path) -> Labelled:
    """Reviews, each positive or negative."""
    moods = ("negative", "positive")
    return _labelled([(x["review"], moods[x["label"]], x["review"]) for x in _lines(file)])


def own_moods() -> Labelled:
    """The messages that shopassist's head is fitted to, with their moods; the groups are the voices."""
    with resources.as_file(resources.files("shopassist.learning").joinpath("messages")) as folder:
        return _labelled([(e.text, e.mood, e.voice) for e in read([folder], Catalogue.load())])


def _labelled(rows: Sequence[tuple[str, str | frozenset[str], str]]) -> Labelled:
    texts, labels, groups = zip(*[(text[:MOST], label, group) for text, label, group in rows], strict=True)
    return Labelled(texts, labels, groups, np.zeros((len(texts), 0), np.float32))


def _lines(file: Path) -> list[dict]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
