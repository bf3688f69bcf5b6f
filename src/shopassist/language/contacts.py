"""Who receives and how to reach them: the recipient's name, telephone numbers, e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shopassist.language.spots import Spot, pattern, patterns


def contacts(text: str) -> Iterator[Spot]:
    """Names, phones and e-mail addresses in folded text; the vault's placeholders count as what they stand for."""
    for match in pattern("contacts", "placeholder").finditer(text):
        yield Spot(match["kind"], match[0].upper(), *match.span(), rank=0)
    for match in pattern("contacts", "email").finditer(text):
        yield Spot("email", match[0], *match.span(), rank=1)
    for match in pattern("contacts", "phone").finditer(text):
        yield Spot("phone", phone_number(match[0]), *match.span(), rank=3)
    for rule in patterns("contacts", "recipient_"):
        for match in rule.finditer(text):
            if is_name(match["value"]):
                yield Spot("recipient", None, *match.span("value"), rank=4)


def phone_number(text: str) -> str:
    """The digits, without the country code of mainland China."""
    digits = re.sub(r"[^\d+]", "", text)
    return re.sub(r"^\+?86(?=1\d{10}$)", "", digits)


def is_name(value: str) -> bool:
    """Whether folded words may be a person's name: 我妈, 写错了, 应该是 and "should be" are none."""
    value = value.strip()
    return not (pattern("contacts", "not_name").search(value) or pattern("contacts", "no_name").search(value))
