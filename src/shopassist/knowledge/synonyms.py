"""What customers and pages call the same thing: built-in groups (``kindred.yaml``), and a shop's own file.

::

    zh:
      - [无线降噪耳机Pro, 小云豆, 豆子]     # each expression stands for the others, in both directions
      - [空气净化器A6, 小白塔]
    en:
      - [power bank, juice pack]

An expression stands in one group of a file only, so that none leads on to others: a search adds the other expressions
of the groups that a question names, and does not ask again what these are called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from shopassist.errors import ConfigurationError
from shopassist.text import HAN, fold, groups, stem
from shopassist.yaml_text import load_yaml

LANGUAGES = ("zh", "en")
LEAST = 2
"""Characters of an expression: a single one is in half of all questions."""
MOST = 40

_HAN = re.compile(f"[{HAN}]")
_WORD = re.compile(r"[a-z0-9]+")

Groups = tuple[tuple[str, ...], ...]


class Synonyms:
    """Groups of expressions that mean the same, all of one language."""

    def __init__(self, groups: Iterable[Iterable[str]]) -> None:
        self._groups = tuple(tuple(fold(e).strip() for e in group) for group in groups)
        self._forms = tuple((_form(e), e, n) for n, group in enumerate(self._groups) for e in group)

    @classmethod
    def of(cls, language: str, own: Mapping[str, Groups] | None = None) -> Synonyms:
        """The built-in groups of a language with a shop's own."""
        return cls((*groups(language), *(own or {}).get(language, ())))

    def named(self, text: str) -> list[tuple[str, tuple[str, ...]]]:
        """The expressions that a text names, each with the others of its group that it does not name."""
        words = _form(text, whole=True)
        plain = fold(text)
        found = [(e, n) for form, e, n in self._forms if form in (plain if _HAN.search(e) else words)]
        here = {e for e, _ in found}
        return [(e, tuple(o for o in self._groups[n] if o not in here)) for e, n in found]


def _form(text: str, *, whole: bool = False) -> str:
    """A text as it is compared: Chinese as it stands, else its words by their stems, between spaces."""
    text = fold(text)
    return text if _HAN.search(text) and not whole else f" {' '.join(map(stem, _WORD.findall(text)))} "


def load_synonyms(path: Path) -> dict[str, Groups]:
    """A shop's own groups by language. Raises `ConfigurationError` that names the file, the group and what is wrong."""
    try:
        data = load_yaml(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: the file of synonyms cannot be read ({error})") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: no valid YAML ({error})") from error
    if not isinstance(data, dict) or not data:
        raise ConfigurationError(f"{path}: expected a mapping of {' and '.join(LANGUAGES)} to lists of groups")
    if unknown := next((k for k in data if k not in LANGUAGES), None):
        raise ConfigurationError(f"{path}: unknown language {unknown!r}; allowed are {', '.join(LANGUAGES)}")
    return {language: _checked(f"{path}, {language}", data[language]) for language in data}


def _checked(place: str, found: Any) -> Groups:
    if not isinstance(found, list):
        raise ConfigurationError(f"{place}: expected a list of groups such as [power bank, juice pack]")
    where: dict[str, int] = {}
    for number, group in enumerate(found, start=1):
        here = f"{place}, group {number}"
        if not isinstance(group, list) or len(group) < 2 or not all(isinstance(e, str) for e in group):
            raise ConfigurationError(f"{here}: a group is a list of two texts or more, not {group!r}")
        for expression in group:
            form = _form(expression).strip()
            if not LEAST <= len(form) <= MOST:
                raise ConfigurationError(f"{here}: {expression!r} must have {LEAST} to {MOST} letters or characters")
            if form in where:
                there = f"group {where[form]}" if where[form] != number else "the same group"
                raise ConfigurationError(f"{here}: {expression!r} stands in {there} as well; put both into one")
            where[form] = number
    return tuple(map(tuple, found))
