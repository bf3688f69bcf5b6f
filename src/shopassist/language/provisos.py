"""A yes that hangs on a condition: yes but only if it is free, 行，前提是今天能退款."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

import yaml

from shopassist.language.answer_grammar import clauses
from shopassist.language.spelling import plain

_AGREES = ("yes", "resolved")


def with_proviso(text: str, language: str, deed: str | None) -> bool:
    """Whether a message answers the question about a deed by a condition: neither a yes nor a wish for anything."""
    rules, folded = _rules(language), plain(text).strip()
    if rules["leads"].search(folded):
        return True
    first = next((c for c in clauses(text, deed) if c.label != "silent"), None)
    agrees = first is not None and (first.label in _AGREES or first.tokens[0].kind in ("yes", "have"))
    return agrees and bool(rules["proviso"].search(folded))


def asks_something(text: str, language: str) -> bool:
    """Whether a message is a question: what the condition would come to is asked, and not made one."""
    return bool(_rules(language)["question"].search(plain(text)))


@lru_cache(maxsize=2)
def _rules(language: str) -> dict[str, re.Pattern[str]]:
    data = yaml.safe_load(resources.files(__package__).joinpath("provisos.yaml").read_text("utf-8"))
    return {name: re.compile(pattern) for name, pattern in data[language].items()}
