"""A short answer to what was asked: 003, 张三, 蓝色的, 明天下午 are values because a value was asked for."""

from __future__ import annotations

import re
from datetime import date

from shopassist.language.amounts import bare_amount
from shopassist.language.codes import compact
from shopassist.language.contacts import is_name, phone_number
from shopassist.language.periods import day_of_month
from shopassist.language.reasons import private, trimmed
from shopassist.language.spots import Spot, listed, pattern
from shopassist.language.talk import small_talk
from shopassist.language.variants import bare_variant
from shopassist.text import fold

LONGEST = {"reason": 80, "address": 120, "invoice_title": 60, "recipient": 40}
"""How long an answer may be, in characters; `SHORT` for the other slots."""

SHORT = 30

_CODES = ("order_id", "service_id", "tracking_no", "tax_no", "phone")
_FREE = ("recipient", "address", "invoice_title", "reason")

_PIECES = re.compile(r"[^,，。;；!！\n]+[,，。;；!！\n]*")


def bare(name: str, text: str, today: date) -> Spot | None:
    """The value of the slot `name` in a folded text that says little else; None where it asks or declines."""
    start, end = core(text)
    words = text[start:end]
    if not words or end - start > LONGEST.get(name, SHORT) or _no_answer(text, words):
        return None
    if name == "reason" and pattern("reasons", "bare_wish").search(text):
        return None  # any clause may be a reason, but not a wish
    if name in _CODES:
        return _code(name, words, start)
    if name in _FREE:
        return _free(name, words, start)
    value = _closed(name, words, today)
    return Spot(name, value, start, end, rank=8) if value else None


def core(text: str) -> tuple[int, int]:
    """Where the answer stands, without 应该是, 好的, 吧, please."""
    start, end = 0, len(text)
    if match := pattern("bare", "lead").match(text):
        start = match.end()
    if match := pattern("bare", "tail").search(text, start):
        end = match.start()
    return start, end


def own_words(text: str) -> str:
    """The reason that an answer to the question why gives, as it stands there; empty where the answer is a wish."""
    if pattern("reasons", "bare_wish").search(fold(text)):
        return ""
    text = "".join(piece for piece in _PIECES.findall(text) if not private(fold(piece))).strip(" ,，。.;；!！、")
    start, end = core(text)
    match = pattern("reasons", "tail").search(text, start, end)
    return text[start : match.start() if match else end].strip()


def _no_answer(text: str, words: str) -> bool:
    return bool(pattern("bare", "question").search(text)) or small_talk(words) is not None


def _code(name: str, words: str, start: int) -> Spot | None:
    match = pattern("bare", name).search(words)
    if not match:
        return None
    if name == "order_id":
        digits = match["digits"]
        value = digits if len(digits) > 8 else f"*{digits}"
        return Spot(name, value, start + match.start("digits"), start + match.end("digits"), rank=8)
    code = phone_number(match[0]) if name == "phone" else compact(match[0])
    if name == "service_id" and len(code) <= 8 and code.isdigit():
        code = f"*{code}"
    return Spot(name, code, start + match.start(), start + match.end(), rank=8)


def _free(name: str, words: str, start: int) -> Spot | None:
    """A value in the customer's own words."""
    if name == "reason":
        first, last = trimmed(words, 0, len(words))
        if last - first < 2 or private(words) or pattern("reasons", "bare_not").search(words):
            return None
        return Spot(name, None, start + first, start + last, rank=8)
    if name == "address":
        ok = pattern("addresses", "bare").fullmatch(words)
        return Spot(name, None, start, start + len(words), rank=8) if ok else None
    match = pattern("contacts", "bare_recipient").search(words) if name == "recipient" else None
    if match and not is_name(match["value"]):
        return None
    if name == "invoice_title":
        match = pattern("invoices", "bare").search(words)
        if match and pattern("invoices", "not_title").search(match["value"]):
            return None
    return Spot(name, None, start + match.start("value"), start + match.end("value"), rank=8) if match else None


def _closed(name: str, words: str, today: date) -> str | None:
    if name in ("quantity", "price_range"):
        return bare_amount(name, words)
    if name == "variant":
        return bare_variant(words)
    if name == "date":
        match = pattern("days", "bare_day").search(words)
        day = day_of_month(match["day"], today, to_come=True) if match else None
        return day.isoformat() if day else None
    if name == "invoice_type":
        table = listed("labels", "bare")[name]
        return next((value for value, p in table.items() if re.search(p, words)), None)  # type: ignore[attr-defined]
    return None
