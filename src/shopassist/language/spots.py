"""Candidates for slot values in folded text, and the folded text that knows where its characters came from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from shopassist.language.spelling import simplified
from shopassist.text import fold


@dataclass(frozen=True, slots=True)
class Spot:
    """A candidate in folded text. Of two that overlap the one of the lower `rank` wins, then the longer.

    `value` is None where the value is what the text says, in the customer's own spelling. With `trim` the spot gives
    way to stronger ones and keeps what they leave.
    """

    name: str
    value: str | None
    start: int
    end: int
    rank: int
    trim: bool = False


class Folded:
    """A text as `shopassist.text.fold` gives it, with the place of each character in the original."""

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = fold(original)
        self._places: list[int] | None = None
        if not original.isascii():
            parts = [fold(c) for c in original]
            self.text = simplified(
                "".join(parts)
            )  # NFKC by characters: an accent written apart stays apart, its place is known
            self._places = [n for n, part in enumerate(parts) for _ in part]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece of the folded text stands in the original."""
        if self._places is None or start >= end:
            return start, end
        return self._places[start], self._places[end - 1] + 1

    def words(self, start: int, end: int) -> str:
        """The piece as the customer wrote it: case kept, full-width forms and runs of blanks made plain."""
        first, last = self.span(start, end)
        return " ".join(unicodedata.normalize("NFKC", self.original[first:last]).split())


@lru_cache(maxsize=1)
def data() -> Mapping[str, Any]:
    """The word lists of slots.yaml."""
    loaded: dict[str, Any] = yaml.safe_load(resources.files(__package__).joinpath("slots.yaml").read_text("utf-8"))
    return loaded


def pattern(section: str, name: str) -> re.Pattern[str]:
    """A pattern of slots.yaml, compiled, with the lists and parts it names as ``{{name}}`` filled in."""
    return _patterns(section)[name]


def patterns(section: str, prefix: str) -> list[re.Pattern[str]]:
    """All patterns of a section whose name begins so, in their order."""
    return [p for name, p in _patterns(section).items() if name.startswith(prefix)]


def listed(section: str, name: str) -> Mapping[str, str]:
    """A table of a section."""
    table: dict[str, str] = data()[section][name]
    return table


@lru_cache(maxsize=32)
def _patterns(section: str) -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile(filled(p)) for name, p in data()[section].items() if isinstance(p, str)}


def filled(raw: str) -> str:
    """A pattern with its ``{{name}}`` filled in from the section `parts`; a list becomes its alternatives."""
    for _ in range(4):
        if "{{" not in raw:
            break
        raw = re.sub(r"\{\{(\w+)\}\}", lambda m: _part(m[1]), raw)
    return raw


@lru_cache(maxsize=128)
def _part(name: str) -> str:
    part = data()["parts"].get(name) or _colours(name)
    if isinstance(part, str):
        return part if re.fullmatch(r"^(?:\[[^]]*\]|[^|()\[]+)$", part) else f"(?:{part})"
    return "(?:" + "|".join(sorted(map(str, part), key=len, reverse=True)) + ")"


def _colours(name: str) -> list[str]:
    """The words for colours: in Chinese the families' own names, in English what stands beside them."""
    variants = data()["variants"]
    if name == "colour":
        return [*variants["family"], *variants["also"], *variants["named"]]
    return [*variants["named"].values(), *variants["family"].values()]
