"""What a text means by the parts of its words: linear rules, fitted beforehand, that numpy can run.

One value for each intent and each act, a weighted sum of the text's parts (`shopassist.language.grams`); a logistic
rule over what all pieces of a message say together tells how likely a candidate is a wish
(`shopassist.language.judge`). `shopassist.learning` fits them.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopassist.errors import ConfigurationError
from shopassist.language.grams import Vocabulary
from shopassist.language.linear import LinearHead

BUILT_IN = "head.npz"
CURRENT = "CURRENT"
"""The file that names the head in use, beside a shop's own heads."""
VERSION = 3
_MOOD = "mood_"
STEPS = 127
"""A weight is kept as a whole number w of so many steps: it is the column's greatest times (w / STEPS) squared, with
w's sign, for most weights are small and together tell much."""

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """Fitted rules. F parts of words are known, I intents, A acts.

    `weights` (F, I + A) are numbers of `STEPS`, `scale` is the greatest of each column; `bias` (I + A). `act_intent`
    (I, A) and `act_rule` (A, A) are added to an act's value for the intent, and for the act that the rules name.
    `judge` has the weights of each intent, of `judge.EVIDENCE`, and the bias; `limits` the values of `judge.Limits`.
    `examples` has a digest of the examples of each intent that it was fitted to. `told` says in words what it was
    fitted to. `mood` labels a message's mood (`shopassist.language.mood`).
    """

    keys: NDArray[np.uint32]
    idf: Vector
    weights: NDArray[np.int8]
    scale: Vector
    bias: Vector
    act_intent: Vector
    act_rule: Vector
    judge: Vector
    limits: Vector
    intents: NDArray[np.str_]
    acts: NDArray[np.str_]
    examples: NDArray[np.str_]
    told: NDArray[np.str_]
    mood: LinearHead

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The parts of words that are known."""
        return Vocabulary(self.keys, self.idf)

    def values(self, text: str) -> tuple[Vector, Vector]:
        """The values (log odds) of the intents and of the acts for a text in plain form."""
        rows, found = self.vocabulary.vector(text)
        steps = self.weights[rows].astype(np.float32)
        total: Vector = (found @ (steps * np.abs(steps))) * (self.scale / np.float32(STEPS**2)) + self.bias
        return total[: len(self.intents)], total[len(self.intents) :]

    def save(self, file: Path) -> None:
        """Write it, whole or not at all."""
        part = file.with_name(file.name + ".part")
        own = {name: getattr(self, name) for name in _ARRAYS}
        mood = {_MOOD + name: array for name, array in self.mood.arrays().items()}
        with part.open("wb") as out:
            np.savez_compressed(out, allow_pickle=False, version=VERSION, **own, **mood)
        part.replace(file)

    @classmethod
    def load(cls, file: Path | None = None) -> Head:
        """The head of a file, or the built-in one. Raises `ConfigurationError` naming the file."""
        if file is None:
            return _built_in()
        try:
            return _read(file.read_bytes())
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
            raise ConfigurationError(
                f"{file}: no fitted head of this version ({error}); fit one with `shopassist train`"
            ) from error


def fitted(folder: Path) -> Head | None:
    """The head of a shop's folder that is in use; None where that is the built-in one. Raises `ConfigurationError`."""
    try:
        name = (folder / CURRENT).read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    return Head.load(folder / name) if name else None


@lru_cache(maxsize=1)
def _built_in() -> Head:
    return _read(resources.files(__package__).joinpath(BUILT_IN).read_bytes())


def _read(data: bytes) -> Head:
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        if int(found["version"]) != VERSION:
            raise ValueError(f"version {found['version']}")
        own: dict[str, Any] = {name: found[name] for name in _ARRAYS}
        mood = {name.removeprefix(_MOOD): found[name] for name in found.files if name.startswith(_MOOD)}
    return Head(**own, mood=LinearHead.of(mood))


_ARRAYS = [f.name for f in fields(Head) if f.name != "mood"]
