"""How many, and between which prices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from shopassist.language.spots import Spot, pattern, patterns

LEAST_PRICE = 50
"""A bare number below this is no price (3以上 may count anything) unless money is spoken of."""

ABOUT = Decimal("0.2")
"""How far "about 500" reaches to both sides."""

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_COUNTED = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_WORDS = {w: n for n, w in enumerate(_COUNTED, start=1)}
_WORDS |= {"a dozen": 12, "a": 1}


def number(text: str) -> Decimal | None:
    """一千, 三百五 (350), 1.5k, 1,299, two; None if it is none."""
    text = text.strip().replace(",", "")
    if text in _WORDS:
        return Decimal(_WORDS[text])
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s?([千万百kw]?)", text):
        scale = {"": 1, "k": 1000, "w": 10000}.get(match[2]) or _SCALES[match[2]]
        return Decimal(match[1]) * scale
    return _chinese(text)


def _chinese(text: str) -> Decimal | None:
    total, digit, scale = 0, 0, 0
    if not text or any(c not in _DIGITS and c not in _SCALES for c in text):
        return None
    if all(c in _DIGITS for c in text):
        return Decimal("".join(str(_DIGITS[c]) for c in text))
    for c in text:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c == "万":
            total, digit, scale = (total + digit) * 10000, 0, 10000
        else:
            scale = _SCALES[c]
            total, digit = total + (digit or 1) * scale, 0
    short = text[-1] in _DIGITS and text[-2:-1] in _SCALES and scale > 10  # 三百五 is 350, 三百零五 is 305
    return Decimal(total + (digit * scale // 10 if short else digit))


def prices(text: str) -> Iterator[Spot]:
    """Price ranges: ``200-500``, ``0-300``, ``1000-``."""
    speaks_of_money = bool(pattern("amounts", "money_word").search(text))
    for kind in ("between_", "most_", "least_", "about_"):
        for rule in patterns("amounts", kind):
            for match in rule.finditer(text):
                found = match.groupdict()
                money = any(found.get(k) for k in ("m", "ma", "s"))
                if pattern("amounts", "no_price").search(text[max(0, match.start() - 16) : match.start()]):
                    continue
                if not money and _measures(text, match, kind, speaks_of_money):
                    continue
                if value := _range(kind, found):
                    yield Spot("price_range", value, *match.span(), rank=5)


def _measures(text: str, match: re.Match[str], kind: str, speaks_of_money: bool) -> bool:
    """Whether the number may count something other than money."""
    least = number(match["a"] + (match.groupdict().get("scale") or ""))  # 五六百
    if kind == "between_":
        return not (match.groupdict().get("cue") or speaks_of_money) or (least or 0) < 10
    if least is None or pattern("amounts", "unit_after").search(text[match.end("a") :]):
        return True
    return least < (10 if speaks_of_money else LEAST_PRICE)


def _range(kind: str, found: dict[str, str | None]) -> str | None:
    scale = number(found.get("scale") or "1") or Decimal(1)
    first, last = number(found.get("a") or ""), number(found.get("b") or "")
    if first is None or first <= 0:
        return None
    if kind == "between_":
        if last is None:
            return None
        if first < 10 <= last / 100 and (found.get("b") or "")[-1:] in "百千k":  # 3到5百
            first *= last / (number((found["b"] or "")[:-1]) or 1)
        first, last = sorted((first * scale, last * scale))
        return f"{_plain(first)}-{_plain(last)}" if last > first else None
    if kind == "about_":
        return f"{_plain(first * (1 - ABOUT))}-{_plain(first * (1 + ABOUT))}"
    return f"0-{_plain(first)}" if kind == "most_" else f"{_plain(first)}-"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def quantities(text: str, products: list[tuple[int, int]]) -> Iterator[Spot]:
    """How many pieces: 两个, 3件, two of them, and a number right before the name of a product."""
    for rule in patterns("amounts", "quantity_"):
        for match in rule.finditer(text):
            found = match.groupdict()
            value = Decimal(2) if found.get("both") else number(found["a"] or "")
            if value and 1 <= value <= 999 and (value > 1 or _one(text, match)):
                yield Spot("quantity", str(value), *match.span(), rank=6)
    rule = pattern("amounts", "counted")
    for start, _ in products:
        before = rule.search(text[:start])
        count = number(before["a"]) if before else None
        if before and count and count < 100:
            yield Spot("quantity", str(count), *before.span("a"), rank=6)


def _one(text: str, match: re.Match[str]) -> bool:
    """一个 is mostly an article; it counts where "only" or "buy" stands before it and nothing follows."""
    if "c" not in match.re.groupindex:
        return True
    return bool(
        pattern("amounts", "one").search(text[: match.start()])
        and pattern("amounts", "of_one").search(text[match.end() :])
    )


def bare_amount(name: str, core: str) -> str | None:
    """A short answer: 2, 两个, 三百左右."""
    match = pattern("amounts", f"bare_{'price' if name == 'price_range' else name}").search(core)
    if not match or not (value := number(match["a"])):
        return None
    return f"0-{_plain(value)}" if name == "price_range" else str(value)
