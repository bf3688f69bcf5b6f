"""The forms in which a template's fields are said: money, days, order numbers, names, words and lists.

A filter gets a value and gives back what is put in its place, or raises `Missing` where it has no form for the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from shopassist.prompts.template import Missing, absent
from shopassist.replies import Language
from shopassist.text import HAN, fold

_HAN = re.compile(f"[{HAN}]")
_KIND = re.compile(r"(?:(?<=[^色款版的])|(?<=^.))[色款版的]+$")


class Wording(Protocol):
    """What a language gives to the filters; `formats` and `words` are those of its points.yaml."""

    @property
    def language(self) -> Language:
        """The customer's."""
        ...

    @property
    def formats(self) -> Mapping[str, str]:
        """How money and days are written."""
        ...

    @property
    def words(self) -> Mapping[str, Mapping[str, str]]:
        """Tables of words."""
        ...

    def piece(self, name: str, data: Mapping[str, Any]) -> str:
        """A small template that says one element of a list."""
        ...


def money(value: Any, _argument: str, _data: Mapping[str, Any], wording: Wording) -> str:
    """599.00 is 599 元; 20.5 is CNY 20.50."""
    amount = _decimal(value)
    plain = amount.to_integral_value() if amount == amount.to_integral_value() else amount.quantize(Decimal("0.01"))
    return wording.formats["money"].format(amount=format(plain, "f"))


def day(value: Any, _argument: str, _data: Mapping[str, Any], wording: Wording) -> str:
    """12 月 10 日, 10 December; the day of a moment counts where the moment was told."""
    found = _moment(value)
    return wording.formats["day"].format(month=_month(found, wording), day=found.day)


def moment(value: Any, _argument: str, _data: Mapping[str, Any], wording: Wording) -> str:
    """12 月 4 日 21:10, as the shop's clock told it."""
    found = _moment(value)
    return wording.formats["moment"].format(month=_month(found, wording), day=found.day, time=f"{found:%H:%M}")


def span(value: Any, _argument: str, _data: Mapping[str, Any], wording: Wording) -> str:
    """[1, 3] is 1–3; [2, 2] is 2."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise Missing
    return str(value[0]) if value[0] == value[1] else f"{value[0]}–{value[1]}"


def number(value: Any, _argument: str, _data: Mapping[str, Any], _wording: Wording) -> str:
    """An order's number, from its label or alone."""
    return str(value).split(maxsplit=1)[0] if str(value).strip() else ""


def label(value: Any, _argument: str, _data: Mapping[str, Any], wording: Wording) -> str:
    """An order's number with what is in it, where that has a name in the customer's language."""
    head, _, rest = str(value).partition(" ")
    try:
        return wording.formats["label"].format(number=head, name=name(rest.strip(), "", {}, wording))
    except Missing:
        return head


def name(value: Any, argument: str, _data: Mapping[str, Any], wording: Wording) -> str:
    """A name in the customer's language: of ``{zh, en}``, of a product's facts, or by the words `argument`.

    Without an argument these are ``products``. English has no form for a Chinese name of which no English one is known.
    """
    if isinstance(value, Mapping):
        keys = ("en", "name_en") if wording.language == "en" else ("zh",)
        for one in (value.get(key) for key in (*keys, "name", "zh")):
            if not absent(one):
                return name(one, argument, {}, wording)
        raise Missing
    text = wording.words.get(argument or "products", {}).get(str(value), str(value))
    return own(text, "", {}, wording)


def own(value: Any, _argument: str, _data: Mapping[str, Any], wording: Wording) -> str:
    """A text as the shop keeps it, where the customer reads its language."""
    if not str(value) or (wording.language == "en" and _HAN.search(str(value))):
        raise Missing
    return str(value)


def word(value: Any, argument: str, _data: Mapping[str, Any], wording: Wording) -> str:
    """The word for a value in the table `argument`; nothing where the table has none."""
    found = wording.words.get(argument, {}).get(str(value))
    if found is None:
        raise Missing
    return found


def named(value: Any, argument: str, _data: Mapping[str, Any], wording: Wording) -> str:
    """The word for a value in the table `argument`, else the value as it is."""
    return wording.words.get(argument, {}).get(str(value), str(value))


def each(value: Any, argument: str, _data: Mapping[str, Any], wording: Wording) -> str:
    """Every element by the piece `argument`, as a list in running text."""
    return wording.formats["list"].join(_elements(value, argument, wording))


def lines(value: Any, argument: str, _data: Mapping[str, Any], wording: Wording) -> str:
    """Every element by the piece `argument`, numbered, each on a line of its own."""
    return "".join(f"\n{n}. {text}" for n, text in enumerate(_elements(value, argument, wording), start=1))


def first(value: Any, argument: str, _data: Mapping[str, Any], _wording: Wording) -> Any:
    """The first so many elements."""
    return _list(value)[: int(argument)]


def last(value: Any, argument: str, _data: Mapping[str, Any], _wording: Wording) -> Any:
    """The last so many elements."""
    return _list(value)[-int(argument) :]


def above(value: Any, argument: str, data: Mapping[str, Any], _wording: Wording) -> Any:
    """Of pairs those whose second half is more than the field `argument`: former prices above today's."""
    limit = _decimal(data.get(argument))
    return [one for one in _list(value) if len(_list(one)) == 2 and _decimal(one[1]) > limit]


def like(value: Any, argument: str, data: Mapping[str, Any], wording: Wording) -> Any:
    """The variants that the field `argument` names, in either language; 白 and 白色 name 珍珠白."""
    wanted = _KIND.sub("", fold(str(data.get(argument) or "")).strip())
    if not wanted:
        raise Missing
    return [one for one in _list(value) if any(_alike(wanted, n) for n in _spellings(one, wording))]


FILTERS: Mapping[str, Callable[[Any, str, Mapping[str, Any], Wording], Any]] = {
    f.__name__: f
    for f in (money, day, moment, span, number, label, name, own, word, named, each, lines, first, last, above, like)
}
TABLES = frozenset(("word", "named"))
"""Filters whose argument is a table of words; `name` may have one."""

PIECES = frozenset(("each", "lines"))
"""Filters whose argument is a piece."""

COUNTS = frozenset(("first", "last"))
"""Filters whose argument is a number."""


def _elements(value: Any, piece: str, wording: Wording) -> list[str]:
    said = []
    for one in _list(value):
        data = {**one, "item": one} if isinstance(one, Mapping) else {"item": one}
        said.append(wording.piece(piece, data))
    if not said:
        raise Missing
    return said


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise Missing
    return value


def _decimal(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise Missing from None
    if not amount.is_finite():
        raise Missing
    return amount


def _moment(value: Any) -> datetime:
    if isinstance(value, date):
        return datetime.fromisoformat(value.isoformat())
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise Missing from None


def _month(found: date, wording: Wording) -> str:
    return wording.words.get("months", {}).get(str(found.month), str(found.month))


def _spellings(variant: Any, wording: Wording) -> list[str]:
    shop = str(variant.get("name", "")) if isinstance(variant, Mapping) else str(variant)
    return [_KIND.sub("", fold(n)) for n in (shop, wording.words.get("variants", {}).get(shop, "")) if n]


def _alike(wanted: str, known: str) -> bool:
    return wanted in known or known in wanted
