"""What a customer wants only in part: 只取消其中一件, cancel the ear tips and keep the band."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

import yaml

from shopassist.language.slots import Found
from shopassist.language.spelling import plain


def says_part(text: str, language: str) -> bool:
    """Whether a text asks for a part of what an order holds."""
    return bool(_rules(language)["some"].search(plain(text)))


def kept(text: str, language: str, found: Sequence[Found]) -> frozenset[str]:
    """The products that a text names only to say that they stay."""
    rules = _rules(language)

    def stays(one: Found) -> bool:
        before, after = _around(text, one)
        wanted = rules["wanted"].search(before) and rules["ends"].search(after)
        return bool(rules["before"].search(before) or rules["after"].search(after) or wanted)

    return frozenset(one.value for one in found if one.name == "product" and stays(one))


def names_order(text: str, language: str, found: Sequence[Found]) -> frozenset[str]:
    """The products by which a text names an order: 手环那单."""
    rules = _rules(language)

    def names(one: Found) -> bool:
        before, after = _around(text, one)
        return bool(rules["order_of"].search(before) or rules["order"].search(after))

    return frozenset(one.value for one in found if one.name == "product" and names(one))


def joined(between: str) -> bool:
    """Whether what stands between two descriptions says that they are two: 没付款的那单和充电器."""
    folded = plain(f"{between}|")[:-1]  # a mark keeps the blanks behind
    return any(_rules(language)["joins"].search(folded) for language in ("zh", "en"))


def _around(text: str, one: Found) -> tuple[str, str]:
    """The folded text before and behind a value; a mark keeps the blanks between."""
    start, end = one.span
    return plain(text[:start] + "|")[:-1], plain("|" + text[end:])[1:]


@lru_cache(maxsize=2)
def _rules(language: str) -> dict[str, re.Pattern[str]]:
    data = yaml.safe_load(resources.files(__package__).joinpath("parts.yaml").read_text("utf-8"))
    return {name: re.compile(pattern) for name, pattern in data[language].items()}
