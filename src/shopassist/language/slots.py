"""What a message says about order, product, address, day …: slot values with their place and their normal form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from shopassist.language.addresses import addresses, widened
from shopassist.language.amounts import prices, quantities
from shopassist.language.bare import bare
from shopassist.language.codes import codes
from shopassist.language.contacts import contacts
from shopassist.language.corrections import kept
from shopassist.language.invoices import titles
from shopassist.language.names import Names, names
from shopassist.language.periods import days, periods
from shopassist.language.reasons import complains, private, reasons
from shopassist.language.references import mentioned
from shopassist.language.spots import Folded, Spot, data, filled, pattern
from shopassist.language.variants import colour, variants
from shopassist.protocols import Product
from shopassist.text import fold

NAMES = (
    "order_id", "product", "variant", "address", "recipient", "phone", "email", "date", "period", "quantity", "reason",
    "invoice_title", "tax_no", "invoice_type", "tracking_no", "service_id", "price_range", "topic",
)  # fmt: skip
"""The slots that are found."""

APART = (
    "order_id", "product", "recipient", "phone", "email", "date", "period", "reason", "invoice_title", "tax_no",
    "tracking_no", "service_id",
)  # fmt: skip
"""Slots whose values are never a part of an address."""

CODES = ("email", "phone", "tax_no", "order_id", "service_id", "tracking_no")
"""Slots whose values are no names."""

_OURS = re.compile(r"\b(?:the|my|your|these|those|this|any|more|some|\d+|two|three|four|five|ten|both)\s(?:new |of )?$")


@dataclass(frozen=True, slots=True)
class Found:
    """A slot's value in its normal form, and where it stands in the text given in: ``text[span[0]:span[1]]``."""

    name: str
    value: str
    span: tuple[int, int]


def slots(
    text: str, language: str, *, today: date, products: Sequence[Product] = (), wanted: str | None = None
) -> list[Found]:
    """The slot values in a text, in its order, without overlaps: the more specific wins.

    `wanted` is the slot that was asked for: then a bare answer (003, 张三, 蓝色的, 明天下午) is its value, and a day
    that may be past or to come is to come. Both languages' forms are read whatever `language` says, as customers mix
    them. What is taken back is left out: 不是001是002 gives 002.
    """
    folded = Folded(text)
    named = list(_products(folded.text, products))
    spots = kept(folded.text, _apart(folded.text, [*named, *_spots(folded.text, today, named, wanted)]))
    spots = [s for s in spots if not _unmet(folded.text, s) and not _private(folded.text, s)]
    if wanted and not any(s.name == wanted for s in spots) and (answer := _answer(wanted, folded.text, today, spots)):
        weaker = [s for s in spots if s.end <= answer.start or answer.end <= s.start]
        spots = sorted([*weaker, answer], key=lambda s: s.start)
    spots = _whole_addresses(folded.text, spots, wanted)
    found = []
    for spot in spots:
        value = folded.words(spot.start, spot.end) if spot.value is None else spot.value
        found.append(Found(spot.name, value, folded.span(spot.start, spot.end)))
    return found


def normal(name: str, value: str, *, today: date, products: Sequence[Product] = ()) -> str | None:
    """The normal form in which values are compared, None if it is no valid value.

    A product given by name needs `products`; a product's id does not.
    """
    value = " ".join(value.split())
    if name not in NAMES or not value:
        return None
    if name == "product":
        return _product(value, products)
    form = data()["forms"].get(name)
    upper = value.upper() if name in ("order_id", "service_id", "tracking_no", "tax_no") else value
    if form and re.fullmatch(form, upper):
        return upper
    if name in ("topic", "invoice_type") and value in data()["labels"][name]:
        return value
    if name == "invoice_title":
        return None if pattern("invoices", "not_title").search(fold(value)) else value
    if name == "variant" and (known := colour(fold(value))) in data()["variants"]["family"]:
        return known
    found = [f.value for f in slots(value, "zh", today=today, wanted=name) if f.name == name]
    if found:
        return found[0]
    return fold(value) if name == "variant" or (name == "reason" and not private(fold(value))) else None


def same(name: str, first: str, second: str) -> bool:
    """Whether two normal forms mean the same.

    ``*003`` is any order or service number that ends so, 蓝 is any blue, and of two reasons or addresses one may say
    more than the other.
    """
    one, two = fold(first).replace(" ", ""), fold(second).replace(" ", "")
    if one == two:
        return True
    if name in ("order_id", "service_id"):
        return _same_number(one, two)
    if name == "variant":
        short, long = sorted((one, two), key=len)
        return short in data()["variants"]["family"] and (long.endswith(short) or long.startswith(short))
    if name in ("reason", "address"):
        one, two = (re.sub(r"[\W的]+", "", t) for t in (one, two))
        short, long = sorted((one, two), key=len)
        return len(short) > 1 and short in long
    return False


def _same_number(one: str, two: str) -> bool:
    letters = [re.sub(r"[^a-z]", "", t) for t in (one, two)]
    if all(letters) or (not any(letters) and "*" not in one + two):
        return False
    short, long = sorted((one.lstrip("*"), two.lstrip("*")), key=len)
    return long.endswith(short)


def _spots(text: str, today: date, named: Sequence[Spot], wanted: str | None) -> Iterator[Spot]:
    yield from codes(text)
    yield from contacts(text)
    yield from addresses(text)
    yield from titles(text)
    yield from days(text, today, ahead=wanted == "date")
    yield from periods(text, today)
    yield from prices(text)
    yield from quantities(text, [(s.start, s.end) for s in named])
    yield from variants(text)
    yield from reasons(text)
    for name, rank in (("invoice_type", 5), ("topic", 8)):
        for value, rule in _labels(name) if _labelled(name).search(text) else ():
            yield from (Spot(name, value, *m.span(), rank=rank) for m in rule.finditer(text))


def _answer(wanted: str, text: str, today: date, spots: Sequence[Spot]) -> Spot | None:
    """The bare answer; of a name, only what is no number and no e-mail address."""
    codes = [s for s in spots if s.name in CODES]
    if not codes or wanted not in ("invoice_title", "recipient"):
        return bare(wanted, text, today)
    rest = text
    for spot in codes:
        rest = rest[: spot.start] + "," * (spot.end - spot.start) + rest[spot.end :]
    pieces = [(m.start(), m[0]) for m in re.finditer(r"[^,，;；、\n]+", rest) if m[0].strip()]
    found = ((start, bare(wanted, piece, today)) for start, piece in pieces)
    return next((replace(s, start=start + s.start, end=start + s.end) for start, s in found if s is not None), None)


def _whole_addresses(text: str, spots: Sequence[Spot], wanted: str | None) -> list[Spot]:
    """The spots where each address has all its parts; what of lesser kinds stands in them is none."""
    taken = [(s.start, s.end) for s in spots if s.name in APART]
    wide: list[Spot] = []
    for spot in (widened(text, s, taken, asked=wanted == "address") for s in spots if s.name == "address"):
        if wide and spot.start < wide[-1].end:
            wide[-1] = replace(wide[-1], end=max(spot.end, wide[-1].end))
        else:
            wide.append(spot)
    rest = [s for s in spots if s.name != "address" and not any(s.start < w.end and w.start < s.end for w in wide)]
    return sorted([*rest, *wide], key=lambda s: s.start)


def _private(text: str, spot: Spot) -> bool:
    return spot.name == "reason" and private(text[spot.start : spot.end])


def _unmet(text: str, spot: Spot) -> bool:
    """Whether a day only sets a term that may fail: 要是明天还发不出来."""
    if spot.name not in ("date", "period") or not pattern("days", "condition").search(text[: spot.start]):
        return False
    return bool(pattern("days", "unmet").search(text[spot.end :]))


def _apart(text: str, spots: Sequence[Spot]) -> list[Spot]:
    """The spots without overlaps, in the order of the text."""
    taken: list[Spot] = []
    for spot in sorted(spots, key=lambda s: (s.rank, s.start - s.end, s.start)):
        over = [t for t in taken if spot.start < t.end and t.start < spot.end]
        if not over:
            taken.append(spot)
        elif spot.trim and (rest := _rest(text, spot, over)):
            taken.append(rest)
    return sorted(taken, key=lambda s: s.start)


def _rest(text: str, spot: Spot, over: Sequence[Spot]) -> Spot | None:
    """What stronger values leave of a reason: the piece that complains, else the longest, if it says anything."""
    pieces, start = [], spot.start
    for stronger in sorted(over, key=lambda s: s.start):
        pieces.append((start, stronger.start))
        start = stronger.end
    pieces.append((start, spot.end))
    cut = [(a, b) for a, b in (_stripped(text, *piece) for piece in pieces) if b - a >= 2]
    if not cut:
        return None
    first, last = max(cut, key=lambda p: (complains(text[p[0] : p[1]]), p[1] - p[0]))
    return Spot(spot.name, None, first, last, spot.rank)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start : max(start, end)]
    left = len(piece) - len(piece.lstrip(" ,，、的"))
    return start + left, start + max(left, len(piece.rstrip(" ,，、的")))


def _products(text: str, products: Sequence[Product]) -> Iterator[Spot]:
    """Where the products stand that a text names, by the longest of their names; English ones also in the plural."""
    known = names(products)
    taken: list[tuple[int, int]] = []
    for name, product in [*known.within(text), *_beginnings(text, known)]:
        for match in re.finditer(re.escape(name) + ("s?" if name[-1].isascii() and name[-1].isalpha() else ""), text):
            start, end = match.span()
            word = f"{text[start - 1 : start]}{match[0]}{text[end : end + 1]}"
            if not _whole(word, match[0], start > 0) or any(start < b and a < end for a, b in taken):
                continue
            if match[0] != name and not _OURS.search(text[:start]):
                continue  # headphones for flights: any of that kind
            taken.append((start, end))
            yield Spot("product", product.document.upper(), start, end, rank=1)


def _beginnings(text: str, known: Names) -> Iterator[tuple[str, Product]]:
    """How a Chinese name begins, where 的 follows and no other name begins so: 头戴的 for 头戴式耳机."""
    if "的" in text:
        for begin, product in known.beginnings(text).items():
            yield from ((match[0], product) for match in re.finditer(re.escape(begin) + "式?的", text))


def _whole(word: str, name: str, led: bool) -> bool:
    """Whether a Latin name stands as a word of its own, as `mentioned` reads it."""
    before, after = (word[0] if led else ""), word[len(name) + led :]
    latin = r"[a-z0-9]"
    return not (
        (name[0].isascii() and re.fullmatch(latin, before)) or (name[-1].isascii() and re.fullmatch(latin, after))
    )


def _product(value: str, products: Sequence[Product]) -> str | None:
    if known := mentioned(value, products):
        return known[0].document.upper()
    folded = fold(value)
    if match := pattern("codes", "product").fullmatch(folded):
        return "P-" + re.sub(r"\D", "", match[0])
    return (
        folded.upper() if re.fullmatch(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*", folded) and re.search(r"\d", folded) else None
    )


@lru_cache(maxsize=2)
def _labelled(name: str) -> re.Pattern[str]:
    """What any of the labels is said by."""
    return re.compile("|".join(f"(?:{rule.pattern})" for _, rule in _labels(name)))


@lru_cache(maxsize=2)
def _labels(name: str) -> list[tuple[str, re.Pattern[str]]]:
    return [(value, re.compile(filled(words))) for value, words in data()["labels"][name].items()]
