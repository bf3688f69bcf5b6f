"""What a customer does with an intent: ask for it, ask whether, report that it was done (`shopassist.dialogue.Act`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, cast

import yaml

from shopassist.dialogue import Act
from shopassist.language.spelling import mended


def act(plain: str, language: str, intent: str) -> Act:
    """The act of one piece of a message, in plain form, as far as it shows one: of the first row that is found."""
    text = plain.strip(" ,;~")
    rules, default = _rules(language)
    for name, intents, pattern in rules:
        if (intents is None or intent in intents) and pattern.search(text):
            return name
    return default.get(intent, "request")


def taken_back(text: str, language: str, intents: Iterable[str]) -> str:
    """The text without a tag that only asks for leave (不退了行不行), where it takes back one of the intents."""
    bare = _leave(language).sub("", text.strip())
    if bare == text.strip():
        return text
    plain = mended(bare, language)
    return bare if any(act(plain, language, intent) == "retract" for intent in intents) else text


_Rule = tuple[Act, frozenset[str] | None, re.Pattern[str]]


@lru_cache(maxsize=2)
def _leave(language: str) -> re.Pattern[str]:
    return re.compile(_data()["leave"][language], re.IGNORECASE)


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(resources.files(__package__).joinpath("acts.yaml").read_text("utf-8"))
    return data


@lru_cache(maxsize=2)
def _rules(language: str) -> tuple[tuple[_Rule, ...], dict[str, Act]]:
    data = _data()
    return tuple(_rule(row, data["groups"]) for row in data[language]), data["default"]


def _rule(row: Mapping[str, Any], groups: Mapping[str, list[str]]) -> _Rule:
    intents = None if row["of"] == "any" else frozenset(groups.get(row["of"], [row["of"]]))
    return cast("Act", row["act"]), intents, re.compile(row["when"])
