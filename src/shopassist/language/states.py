"""Orders told by their state: 没付款的那个, the one on its way."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

import yaml

from shopassist.text import fold


def states(text: str, language: str) -> list[tuple[str, tuple[int, int]]]:
    """The states by which a text tells an order from the others, with their place; it may only mention a state."""
    folded = fold(text)
    found = [(state, match.span()) for state, rule in _rules(language) for match in rule.finditer(folded)]
    kept: list[tuple[str, tuple[int, int]]] = []
    for state, span in sorted(found, key=lambda f: (f[1][0] - f[1][1], f[1])):  # 还没收到的 is not 收到的
        if not any(span[0] < end and start < span[1] for _, (start, end) in kept):
            kept.append((state, span))
    return sorted(kept, key=lambda f: f[1]) if len(folded) == len(text) else []


@lru_cache(maxsize=2)
def _rules(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    data = yaml.safe_load(resources.files(__package__).joinpath("states.yaml").read_text("utf-8"))[language]
    thing = data["thing"]
    rule = data["rule"].replace("{thing}", data["thing"])
    return tuple((state, re.compile(rule.replace("{state}", words))) for state, words in data["states"].items())
