"""Orders told by their state: 没付款的那个, the one on its way."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from shopassist.language.spelling import plain, simplified
from shopassist.text import fold


def states(text: str, language: str) -> list[tuple[str, tuple[int, int]]]:
    """The states by which a text tells an order from the others, with their place; it may only mention a state."""
    folded = plain(text)
    return _found(folded, language, "rule") if len(folded) == len(text) else []


def without_states(text: str, language: str) -> str:
    """A folded text without the states by which it tells an order, which are no part of what is done with it.

    没付钱那单取消 supposes nothing, as 没付钱就取消 does. What ends in one (刚收到的) tells of it.
    """
    thing = _thing(language)
    for _, (start, end) in reversed(states(text, language)):
        named = thing.search(text, start, end)
        if named and (named[0] != "的" or text[end:].strip()):
            text = text[:start] + named[0].removeprefix("的") + text[end:]
    return text


def supposed(text: str, language: str) -> tuple[str, ...]:
    """The states that a text supposes an order to be in: 没发货的话就取消, cancel it if it has not shipped."""
    return tuple(dict.fromkeys(state for state, _ in _found(plain(text), language, "supposed")))


def meant(matter: str, state: str, language: str) -> str | None:
    """What a question for the ``money`` or the ``parcel`` of an order in this state means; None: what its words say."""
    question: str | None = _data()[language]["means"][matter].get(state)
    return question


def _found(folded: str, language: str, rule: str) -> list[tuple[str, tuple[int, int]]]:
    """What the rule finds, in the order of the text; the longer of two that overlap: 还没收到的 is not 收到的."""
    if not _words(language).search(folded) or (rule == "rule" and not _thing(language).search(folded)):
        return []
    found = [(state, match.span()) for state, pattern in _rules(language, rule) for match in pattern.finditer(folded)]
    kept: list[tuple[str, tuple[int, int]]] = []
    for state, span in sorted(found, key=lambda f: (f[1][0] - f[1][1], f[1])):
        if not any(span[0] < end and start < span[1] for _, (start, end) in kept):
            kept.append((state, span))
    return sorted(kept, key=lambda f: f[1])


def bought(text: str, language: str, span: tuple[int, int]) -> bool:
    """Whether a day in the text is that of a purchase (上周买的那个), not one of delivery (周六到吗)."""
    rule = _data()[language]["bought"]
    if language == "zh":
        return bool(re.search(rule, simplified(text[span[1] : span[1] + 14])))
    return bool(re.search(rule, fold(text[max(0, span[0] - 28) : span[1] + 14])))


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(resources.files(__package__).joinpath("states.yaml").read_text("utf-8"))
    return loaded


@lru_cache(maxsize=2)
def _words(language: str) -> re.Pattern[str]:
    """What any state is said by: most texts hold none of it, and need no rule."""
    return re.compile("|".join(_data()[language]["states"].values()))


@lru_cache(maxsize=2)
def _thing(language: str) -> re.Pattern[str]:
    return re.compile(_data()[language]["thing"])


@lru_cache(maxsize=4)
def _rules(language: str, name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    data = _data()[language]
    rule = data[name].replace("{thing}", data["thing"])
    return tuple((state, re.compile(rule.replace("{state}", words))) for state, words in data["states"].items())
