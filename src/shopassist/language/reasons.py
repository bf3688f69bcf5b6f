"""Why: the clause after 因为 or "because", and the complaints that need no such word (有划痕, 不合适, doesn't work)."""

from __future__ import annotations

from collections.abc import Iterator

from shopassist.language.spots import Spot, listed, pattern
from shopassist.text import fold

LONGEST = 10
"""How many characters before a complaint are taken along as what it is about (左耳没声音)."""

_CLASSES = ("quality", "fit", "mind", "wrong", "slow", "english")


def reasons(text: str) -> Iterator[Spot]:
    """The reasons in folded text; each may be cut where a stronger value stands in it."""
    explicit: list[tuple[int, int]] = []
    for match in pattern("reasons", "explicit").finditer(text):
        group = "value" if match["value"] else "value2"
        start, end = trimmed(text, *match.span(group))
        if end - start >= 2:
            explicit.append((start, end))
            yield Spot("reason", None, start, end, rank=4, trim=True)
    for name in _CLASSES:
        for match in pattern("reasons", name).finditer(text):
            before = text[max(0, match.start() - 16) : match.start()]
            if pattern("reasons", "not_before").search(before):
                continue
            if not any(start <= match.start() < end for start, end in explicit):
                yield Spot("reason", None, _subject(text, match.start()), match.end(), rank=7, trim=True)


def _subject(text: str, start: int) -> int:
    """Where the clause begins that ends in a complaint, if that is near."""
    begin = max(0, start - LONGEST)
    ends = [m.end() for m in pattern("reasons", "breaks").finditer(text, begin, start + 1)]  # a break may look ahead
    breaks = [end for end in ends if end <= start]
    if breaks:
        begin = breaks[-1]
    elif begin:
        return start
    return trimmed(text, begin, start, lead_only=True)[0]


def trimmed(text: str, start: int, end: int, *, lead_only: bool = False) -> tuple[int, int]:
    """The clause without the words that only lead to it, and without what the customer concludes from it."""
    if not lead_only:
        if match := pattern("reasons", "consequence").search(text, start, end):
            end = match.start()
        if match := pattern("reasons", "tail").search(text, start, end):
            end = match.start()
    if match := pattern("reasons", "lead").match(text[start:end]):
        start += match.end()
    return start, max(start, end)


def complains(text: str) -> bool:
    """Whether a piece of text holds one of the complaints that are known."""
    return any(pattern("reasons", name).search(text) for name in _CLASSES)


def sound(text: str) -> bool:
    """Whether a text says that nothing is wrong with the thing after all: 说实话也没坏."""
    return bool(pattern("reasons", "sound").search(fold(text)))


def private(text: str) -> bool:
    """Whether a piece of folded text tells a number of the customer's, or where money is to go: it gives no reason."""
    return bool(pattern("reasons", "private").search(text))


def paid_to(text: str, language: str) -> str | None:
    """The question that a text leaves unsaid where it says to which card or account money is to go."""
    return listed("reasons", "payout_asks")[language] if pattern("reasons", "payout").search(fold(text)) else None
