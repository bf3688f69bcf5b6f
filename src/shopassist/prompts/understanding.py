"""The words by which the model is asked what a customer wants: ``understanding.yaml`` of each language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from shopassist.replies import Language
from shopassist.yaml_text import load_yaml


@dataclass(frozen=True, slots=True)
class Asking:
    """The texts of one language. `shots` are examples: what a customer said, and the wishes in it."""

    system: str
    intent: str
    acts: Mapping[str, str]
    said: str
    likely: str
    before: Mapping[str, str]
    comma: str
    shots: Sequence[Mapping[str, Any]]


@lru_cache(maxsize=2)
def asking(language: Language) -> Asking:
    """The texts of a language, read once."""
    file = resources.files(__package__).joinpath(language, "understanding.yaml")
    return Asking(**load_yaml(file.read_text("utf-8")))
