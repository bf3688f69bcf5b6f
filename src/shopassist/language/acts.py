"""What a customer does with an intent: ask for it, ask whether, report that it was done (`shopassist.dialogue.Act`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Any, cast

import yaml

from shopassist.dialogue import Act
from shopassist.language.spelling import mended


def act(segment_text: str, language: str, intent: str) -> Act:
    """The act of one piece of a message. Where nothing tells and nothing asks, a wish is a request."""
    text = mended(segment_text, language).strip(" ,;~")
    rules, default = _rules(language)
    for name, groups, pattern in rules:
        if (groups is None or intent in groups) and pattern.search(text):
            return name
    return default.get(intent, "request")


def taken_back(text: str, language: str, intents: Iterable[str]) -> str:
    """The text without a tag that only asks for leave (不退了行不行), where it takes back one of the intents."""
    bare = _leave(language).sub("", text.strip())
    if bare == text.strip() or not any(act(bare, language, intent) == "retract" for intent in intents):
        return text
    return bare


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
    rules: list[_Rule] = []
    found: dict[str, Any] = data[language]
    for name, groups in [*((n, found.get(n, {})) for n in data["order"]), *found["asked"].items()]:
        for group, expressions in groups.items():
            intents = None if group == "any" else frozenset(data["groups"].get(group, [group]))
            rules.extend((cast("Act", name), intents, re.compile(expression)) for expression in expressions)
    return tuple(rules), data["default"]
