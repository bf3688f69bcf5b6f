"""What a message leaves unsaid because it was said before: 那Lite呢, 它防水吗, what about the white one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

import yaml

from shopassist.language.names import names
from shopassist.language.spelling import plain
from shopassist.protocols import Product
from shopassist.text import content, fold

SHORT = {"zh": 12, "en": 45}
"""A message that leans on the one before is short: this many characters without its lead-in."""

BARE = {"zh": 4, "en": 14}
"""Up to this many characters a message is only the new point of the last question: 那运费呢, and the shipping?"""


def mentioned(text: str, products: Sequence[Product]) -> list[Product]:
    """The products that a text names, in its order. A longer name covers the shorter ones in it."""
    folded = plain(text)
    spans: list[tuple[int, int, Product]] = []
    for name, product in names(products).within(folded):
        for match in _whole(name).finditer(folded):
            if not any(start < match.end() and match.start() < end for start, end, _ in spans):
                spans.append((*match.span(), product))
    found: list[Product] = []
    for _, _, product in sorted(spans, key=lambda s: s[0]):
        if product not in found:
            found.append(product)
    return found


def leaning(text: str, language: str) -> bool:
    """Whether a message leans on what was said before."""
    return bool(_rules(language)["leaning"].search(plain(text).strip()))


def attached(text: str, language: str) -> bool:
    """Whether a message may be about the thing last spoken of: short, and its subject, if it brings one, is "it"."""
    core = plain(text)
    points = not own_subject(core, language) or bool(_rules(language)["pronoun"].search(core))
    return points and len(core) <= SHORT[language]


def own_subject(text: str, language: str) -> bool:
    """Whether a message brings a subject that policies are about: returns, delivery, invoices."""
    return bool(_rules(language)["own_subject"].search(plain(text)))


def asks_range(text: str, language: str) -> bool:
    """Whether a message asks if the shop sells a thing that it names: 你们卖冰箱吗, but not 你们卖它的滤芯吗."""
    rules, folded = _rules(language), plain(text)
    return bool(rules["sells"].search(folded)) and not rules["pronoun"].search(folded)


def restated(text: str, language: str, *, last: str | None, named: Sequence[Product], focus: Sequence[Product]) -> str:
    """The message with what it leaves unsaid, as a query.

    `last` is the last full question, `named` the products that the message names, `focus` those of the conversation.
    那Lite呢 repeats the last question for Lite; 它防水吗 gets the product in focus; a question that brings a subject
    of its own stays as it is.
    """
    rules = _rules(language)
    stripped = plain(text).strip()
    core = rules["tail"].sub("", rules["lead"].sub("", stripped))
    if named and last and leaning(text, language) and _only_names(core, named):
        return _with_product(last, named, focus)
    if last and len(core) <= BARE[language] and rules["lead"].match(stripped) and not named:
        return f"{last} {text}"
    if named or (len(core) > SHORT[language] and not leaning(text, language)):
        return text
    if not leaning(text, language) or (own_subject(core, language) and not attached(core, language)):
        return text
    deed = last is not None and rules["deed"].search(core)
    if focus and not deed and (last is None or mentioned(last, focus)):  # a product is what was spoken of last
        return f"{focus[0].title} {text}"
    return f"{last} {text}" if last else text


def _only_names(core: str, named: Sequence[Product]) -> bool:
    """Whether a message says little besides the names in it."""
    rest = core
    for product in named:
        for name in sorted(product.names, key=len, reverse=True):
            rest = _whole(name).sub(" ", rest)
    return len(content(rest)) <= 1


def _with_product(last: str, named: Sequence[Product], focus: Sequence[Product]) -> str:
    """The last question about another product."""
    question = fold(last)
    for product in focus:
        for name in sorted(product.names, key=len, reverse=True):
            question = _whole(name).sub(" ", question)
    return f"{' '.join(p.title for p in named)} {' '.join(question.split())}"


@lru_cache(maxsize=4096)
def _whole(name: str) -> re.Pattern[str]:
    """A name as a word of its own: pro is not in waterproof."""
    start, end = r"(?<![a-z0-9])", r"(?![a-z0-9])"
    return re.compile((start if name[0].isascii() else "") + re.escape(name) + (end if name[-1].isascii() else ""))


@lru_cache(maxsize=2)
def _rules(language: str) -> dict[str, re.Pattern[str]]:
    data = yaml.safe_load(resources.files(__package__).joinpath("references.yaml").read_text("utf-8"))
    return {name: re.compile(pattern) for name, pattern in data[language].items()}
