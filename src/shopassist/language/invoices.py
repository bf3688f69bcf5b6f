"""Whom an invoice is made out to."""

from __future__ import annotations

from collections.abc import Iterator

from shopassist.language.contacts import is_name
from shopassist.language.spots import Spot, pattern, patterns

_PERSONAL = ("个人", "Personal")


def titles(text: str) -> Iterator[Spot]:
    """Invoice titles in folded text: what stands after 抬头 or "made out to", and names that end as companies' do.

    个人 and "personal" are titles where nobody is named beside them.
    """
    found = list(_titles(text))
    named = [s for s in found if (s.value or text[s.start : s.end]) not in _PERSONAL]
    yield from named or found


def _titles(text: str) -> Iterator[Spot]:
    for rule in patterns("invoices", "title_"):
        for match in rule.finditer(text):
            group = next(name for name, words in match.groupdict().items() if words)
            if group.startswith("personal"):
                yield Spot("invoice_title", _PERSONAL[1], *match.span(group), rank=3)
            elif _names(match[group], person=group == "person"):
                yield Spot("invoice_title", None, *match.span(group), rank=3)


def _names(words: str, *, person: bool) -> bool:
    return is_name(words) if person else not pattern("invoices", "not_title").search(words)
