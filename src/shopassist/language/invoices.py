"""Whom an invoice is made out to."""

from __future__ import annotations

from collections.abc import Iterator

from shopassist.language.spots import Spot, pattern, patterns


def titles(text: str) -> Iterator[Spot]:
    """Invoice titles in folded text: what stands after 抬头 or "made out to", and names that end as companies' do."""
    for rule in patterns("invoices", "title_"):
        for match in rule.finditer(text):
            group = next(name for name, words in match.groupdict().items() if words)
            if not pattern("invoices", "not_title").search(match[group]):
                yield Spot("invoice_title", None, *match.span(group), rank=3)
