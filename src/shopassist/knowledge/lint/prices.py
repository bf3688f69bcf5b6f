"""Prices and stock that stand in a page: they change by the hour, and the shop's tools say them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

import yaml

from shopassist.knowledge.lint.figures import figures, narrow
from shopassist.knowledge.lint.findings import Finding
from shopassist.knowledge.lint.material import Material
from shopassist.knowledge.split import Piece
from shopassist.text import fold, sentences

_CLAUSE = re.compile(r"(?<=[，,；;。])")
_STOCK = re.compile(
    r"(?:库存|现货|存货)[^，。；\d]{0,6}\d|(?:仅剩|只剩|还剩|剩余)[^，。；\d]{0,4}\d{1,6}\s?[件台个只双套]"
    r"|(?:目前|现在|暂时|现已|已经)[^，。；？?]{0,8}(?:缺货|断货|无货|有货|售罄|卖完)"
    r"|\b\d{1,6} (?:left )?in stock\b|\bonly \d{1,6} (?:are |items? |pieces? )?left\b"
    r"|\b(?:currently|now|temporarily) (?:out of stock|in stock|sold out)\b"
)


def prices(material: Material) -> Iterator[Finding]:
    """A finding a page, with every such sentence."""
    found: dict[str, tuple[list[tuple[Piece, str]], list[tuple[Piece, str]]]] = {}
    for piece in material.pieces:
        for line in piece.text.split("\n"):
            for sentence in sentences(line):
                priced, stocked = found.setdefault(piece.document.key, ([], []))
                if _has_price(sentence, piece, material):
                    priced.append((piece, sentence.strip()))
                elif _STOCK.search(narrow(sentence)):
                    stocked.append((piece, sentence.strip()))
    for priced, stocked in found.values():
        for name, said in (("price", priced), ("stock", stocked)):
            if said:
                yield Finding(
                    name, "warning", tuple(material.place(p.document, s) for p, s in said),
                    f"“{said[0][0].document.title}” states a {name} that will be wrong when it changes."
                    if name == "price"
                    else f"“{said[0][0].document.title}” says what is in stock, which will be wrong soon.",
                    "Take it out: the assistant asks the shop's own system for prices and stock.",
                )  # fmt: skip


def _has_price(sentence: str, piece: Piece, material: Material) -> bool:
    return any(_is_price(clause, piece, material) for clause in _CLAUSE.split(sentence))


def _is_price(clause: str, piece: Piece, material: Material) -> bool:
    if not any(f.kind == "money" for f in figures(clause)):
        return False
    plain = fold(clause)
    if _rule().search(plain):
        return False
    return bool(material.names.within(clause)) or "product" in piece.document.tags or bool(_price().search(plain))


@lru_cache(maxsize=1)
def _price() -> re.Pattern[str]:
    return _any_of("price")


@lru_cache(maxsize=1)
def _rule() -> re.Pattern[str]:
    return _any_of("rule")


def _any_of(name: str) -> re.Pattern[str]:
    words = yaml.safe_load(resources.files(__package__).joinpath("prices.yaml").read_text("utf-8"))[name]
    return re.compile("|".join(rf"\b{re.escape(w)}\b" if w.isascii() else re.escape(w) for w in words))
