"""When two questions ask the same thing, so that one answer may serve both.

A question's form is what is left of it without courtesies, with one name for all expressions of the same meaning. Two
questions are the same only where their forms are: what the lists in ``sameness.yaml`` do not know, a colour, a place, a
不, stands in the form as it is written. So an unknown word keeps two questions apart, and a cosine, for which 黑色 is
much like 白色, joins none by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from shopassist.language.spelling import simplified
from shopassist.protocols import Product
from shopassist.text import HAN, fold

_MARKS = re.compile(rf"[^{HAN}a-z0-9.%+'-]+")
_POINT = re.compile(r"(?<!\d)[.]|[.](?!\d)")
_REPEATED = re.compile(rf"([{HAN}])不\1")
_PIECE = re.compile(rf"⟦[^⟧]{{0,120}}⟧|[a-z0-9.%+'-]+|[{HAN}]")
_CONTRACTED = (
    (re.compile(r"\bcan't\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"\b(what|where|who|how|when|it|that|there)'s\b"), r"\1 is"),
    (re.compile(r"'(?:ll)\b"), " will"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'ve\b"), " have"),
)


@dataclass(frozen=True, slots=True)
class Form:
    """What a question asks: `same` in its order, `alike` without it and with kindred words under one name.

    What is only alike says less than the question does and needs a second witness. An empty form is like no other.
    """

    same: str
    alike: str


def form(text: str, language: str, products: Sequence[Product] = ()) -> Form:
    """The forms of a question; products count by their document, under whatever name."""
    rules = _rules(language)
    plain = simplified(fold(text))
    if language == "en":
        for pattern, spelled in _CONTRACTED:
            plain = pattern.sub(spelled, plain)
    plain = _POINT.sub(" ", _MARKS.sub(" ", plain)).strip()
    asks = False

    def meant(match: re.Match[str]) -> str:
        nonlocal asks
        found = match[0]
        asks = asks or found in rules.polar
        return rules.names.get(found, found)

    plain = rules.count.sub(lambda m: rules.digits[m[1]], _named(plain, tuple(products)))
    plain, repeated = _REPEATED.subn(r"\1", rules.known.sub(meant, plain))
    pieces = _pieces(rules.lead.sub("", plain.strip()))
    end = ("?",) if asks or repeated else ()
    if not pieces:
        return Form("", "")
    return Form(" ".join((*pieces, *end)), " ".join((*_rotated(rules.alike(pieces)), *end)))


def private(text: str, products: Sequence[Product] = ()) -> bool:
    """Whether a question says who asks, or holds a number that may be somebody's: then it is nobody else's question."""
    names, folded = _names(tuple(products)), simplified(fold(text))
    if names is not None:
        folded = names[0].sub(" ", folded)
    return any(pattern.search(folded) for pattern in _private())


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(piece.strip("'-.") for piece in _PIECE.findall(text) if piece.strip("'-."))


def _rotated(pieces: tuple[str, ...]) -> tuple[str, ...]:
    """The pieces from the same beginning whichever part came first: 订单怎么取消 is 怎么取消订单.

    Only the parts change places: 白换黑 never becomes 黑换白.
    """
    return min((pieces[n:] + pieces[:n] for n in range(len(pieces))), default=())


def _named(text: str, products: tuple[Product, ...]) -> str:
    names = _names(products)
    if names is None:
        return text
    pattern, documents = names
    return pattern.sub(lambda m: f" ⟦{documents[m[0]]}⟧ ", text)


@lru_cache(maxsize=8)
def _names(products: tuple[Product, ...]) -> tuple[re.Pattern[str], dict[str, str]] | None:
    documents = {name: p.document for p in products for name in p.names if len(name) > 1}
    if not documents:
        return None
    return _any_of(documents), documents


def _any_of(expressions: Iterable[str]) -> re.Pattern[str]:
    """Any of the expressions, the longest first; in Latin letters as whole words."""
    ordered = sorted(expressions, key=len, reverse=True)
    found = [
        (r"(?<![a-z0-9])" if e[0].isascii() else "") + re.escape(e) + (r"(?![a-z0-9])" if e[-1].isascii() else "")
        for e in ordered
    ]
    return re.compile("|".join(found) or "(?!)")


@dataclass(frozen=True, slots=True)
class _Rules:
    """`known` finds every listed expression, `names` has what takes its place: nothing, or the name of its meaning."""

    lead: re.Pattern[str]
    known: re.Pattern[str]
    names: dict[str, str]
    polar: frozenset[str]
    like: tuple[tuple[tuple[str, ...], str], ...]
    count: re.Pattern[str]
    digits: dict[str, str]

    def alike(self, pieces: tuple[str, ...]) -> tuple[str, ...]:
        """The pieces with what is much the same under one name."""
        found: list[str] = []
        place = 0
        while place < len(pieces):
            size, name = next(
                ((len(e), name) for e, name in self.like if pieces[place : place + len(e)] == e), (1, pieces[place])
            )
            found.append(name)
            place += size
        return tuple(found)


@lru_cache(maxsize=1)
def _private() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in _data()["private"])


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return yaml.safe_load(resources.files(__package__).joinpath("sameness.yaml").read_text("utf-8"))  # type: ignore[no-any-return]


@lru_cache(maxsize=2)
def _rules(language: str) -> _Rules:
    data = _data()[language]
    names = {str(word): str(word) for word in data["whole"]}
    polar = set(data["asks"])
    names |= dict.fromkeys([*data["asks"], *(e for line in data["drop"] for e in _listed(line))], " ")
    for name, line in data["same"].items():
        for expression in _listed(line):
            names[expression.removesuffix("?")] = f" ⟦{name}⟧ "
            if expression.endswith("?"):
                polar.add(expression.removesuffix("?"))
    like = [
        (_pieces(" ".join(f"⟦{w}⟧" if w in data["same"] else w for w in e.split())), f"⟦~{name}⟧")
        for name, line in data["like"].items()
        for e in _listed(line)
    ]
    like.sort(key=lambda pair: -len(pair[0]))
    return _Rules(
        re.compile(rf"^(?:{data['lead']})(?![a-z])\s{{0,9}}"),
        _any_of(names),
        names,
        frozenset(polar),
        tuple(like),
        re.compile(data["count"]),
        {str(word): str(digit) for word, digit in data["digits"].items()},
    )


def _listed(line: str) -> list[str]:
    return [expression.strip() for expression in line.split(",")]
