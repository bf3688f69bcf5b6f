"""Numbers that name something: orders, parcels, services, tax payers, products."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from shopassist.language.spots import Spot, data, filled, pattern, patterns

BEFORE, AFTER = 18, 12
"""How many characters around a number are looked at for the word that says what it numbers."""

_TYPOS = str.maketrans("oil", "011")
_HAN_DIGITS = str.maketrans("零〇一二三四五六七八九", "00123456789")
_FULL = 6
"""An order number of fewer digits is only the end of one."""

_TAX_DIGITS = 8
"""The least digits of a tax number: the region, and most of what follows."""


def codes(text: str) -> Iterator[Spot]:
    """Order, service, tracking, tax and product numbers in folded text. ``*003`` is a number that ends so."""
    for match in pattern("codes", "product").finditer(text):
        yield Spot("product", "P-" + re.sub(r"\D", "", match[0]), *match.span(), rank=2)
    yield from _prefixed(text)
    for match in pattern("codes", "parcel").finditer(text):
        yield Spot("tracking_no", compact(match[0]), *match.span(), rank=1)
    for name in ("tax", "credit"):
        for match in pattern("codes", name).finditer(text):
            if sum(c.isdigit() for c in match["code"]) < _TAX_DIGITS:
                continue  # VAT invoice for my mouse
            yield Spot("tax_no", compact(match["code"]), *match.span("code"), rank=1)
    for match in pattern("codes", "digits").finditer(text):
        if kind := _kind(text, match):
            yield Spot(kind, compact(match[0]), *match.span(), rank=2)
    yield from _suffixes(text)


def compact(code: str) -> str:
    """A code without separators, in capitals."""
    return re.sub(r"[\s\-_.#:]", "", code).upper()


def _prefixed(text: str) -> Iterator[Spot]:
    for name in ("spaced", "typed"):
        for match in pattern("codes", name).finditer(text):
            raw = match["digits"]
            digits = re.sub(r"\D", "", raw.translate(_TYPOS))
            if sum(c.isdigit() for c in raw) < max(2, len(digits) - 4):
                continue  # mostly letters
            if _orders().fullmatch(match["letters"]) or name == "typed":
                full = len(digits) >= _FULL
                value = f"ORD{digits}" if full else f"*{digits}"
                yield Spot("order_id", value, *match.span(), rank=1 if full else 3)
                yield from _more("more_full", "order_id", text, match.end())
            elif len(digits) >= _FULL and len(digits) < 20:
                yield Spot("service_id", match["letters"].upper() + digits, *match.span(), rank=1)


def _suffixes(text: str) -> Iterator[Spot]:
    for rule in patterns("codes", "suffix_"):
        for match in rule.finditer(text):
            start, end = match.span("digits")
            before = text[max(0, match.start() - BEFORE) : match.start()]
            if _searched("other_before", before) or _searched("other_after", text[end : end + AFTER]):
                continue
            name = "service_id" if _searched("service_before", before) else "order_id"
            if match.groupdict().get("other"):
                yield _ending(name, match["other"], *match.span("other"))
            yield _ending(name, match["digits"], start, end)
            yield from _more("more", name, text, end)


def _more(rule: str, name: str, text: str, end: int) -> Iterator[Spot]:
    """The numbers that go on after one: 尾号003和005."""
    while more := pattern("codes", rule).match(text[end:]):
        yield _ending(name, more["digits"], end + more.start("digits"), end + more.end("digits"))
        end += more.end("digits")


def _ending(name: str, digits: str, start: int, end: int) -> Spot:
    return Spot(name, "*" + digits.translate(_HAN_DIGITS), start, end, rank=3)


def _searched(name: str, text: str) -> bool:
    return bool(pattern("codes", name).search(text))


def _kind(text: str, match: re.Match[str]) -> str | None:
    """What a long number numbers: by the nearest word before it, then by the words after it, then by its shape."""
    letters, digits = match["letters"], re.sub(r"\D", "", match["digits"])
    before = text[max(0, match.start() - BEFORE) : match.start()]
    if before.endswith("#"):
        return "order_id"
    before = re.split(r"[。！？!?\n;；]", before)[-1]
    named = [m.lastgroup for m in pattern("codes", "kinds").finditer(before)]
    if named:
        kind = named[-1]
        if kind == "order_id" and pattern("contacts", "phone").fullmatch(match[0]) and not _searched("calls", before):
            return None  # my mobile on the order, 139…
        if kind == "tax_no":
            return kind if 15 <= len(letters + digits) <= 20 else None
        return kind if kind in ("order_id", "service_id", "tracking_no") else None
    if _searched("kinds_after", text[match.end() : match.end() + AFTER]):
        return "order_id"
    if pattern("codes", "coded_day").fullmatch(digits):
        return "order_id"
    return "order_id" if not letters and 12 <= len(digits) <= 19 else None


@lru_cache(maxsize=1)
def _orders() -> re.Pattern[str]:
    return re.compile("|".join(filled(p) for p in data()["parts"]["order_prefix"]))
