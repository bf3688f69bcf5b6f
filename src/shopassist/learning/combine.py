"""More messages out of those that people wrote: with the shop's own products in them, and several in one.

What a shop sells is a common word to the engine, so a message is worth as much with that word in it. Several wishes are
mostly written one after another; of two messages and a word between them comes a third.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from shopassist.language.spelling import changes_to, stand_in
from shopassist.learning.examples import Example
from shopassist.text import fold

JOINTS = {
    "zh": (
        "，",
        " ",
        "\n",
        "。",
        "，另外",
        " 还有",
        "，顺便",
        " 对了",
        "，再",
        "，然后",
        "；",
        "，还有个事 ",
        " 顺便问下",
    ),
    "en": (", and ", ". ", "\n", ". also ", ", also ", " and ", "? ", ". another thing, ", "; ", ", plus "),
}
LONGEST = 40
"""Characters of a message that is joined to another."""


def sold(examples: Sequence[Example]) -> list[Example]:
    """Those that name goods or what they shall be changed to, with the common words for what the shop sells."""
    found = []
    for one in examples:
        text = one.text
        for value in sorted(one.slots.get("product", ()), key=len, reverse=True):
            text = text.replace(value, stand_in("product", one.language) or "")
        for value in one.slots.get("variant", ()):
            before, _, after = text.partition(value)
            if value in text and changes_to(fold(before), one.language):
                text = f"{before}{stand_in('variant', one.language)}{after}"
        if text != one.text:
            found.append(replace(one, text=text, slots={}))
    return found


def joined(examples: Sequence[Example], share: float, seed: int = 0) -> list[Example]:
    """Pairs and triples of messages that wish one thing each, `share` times as many as there are messages.

    Both parts come from one voice, so that nothing of a voice that is left out is seen; the same each time.
    """
    chance = random.Random(seed)
    groups: dict[tuple[str, str], list[Example]] = {}
    for one in examples:
        if len(one.wishes) == 1 and len(one.text) <= LONGEST:
            groups.setdefault((one.voice, one.language), []).append(one)
    return [made for group in groups.values() for made in _pairs(group, int(share * len(group)), chance)]


def _pairs(group: Sequence[Example], count: int, chance: random.Random) -> Iterator[Example]:
    for _ in range(count if len(group) > 3 else 0):
        parts = chance.sample(group, 2 if chance.random() < 0.8 else 3)
        wishes = [wish for part in parts for wish in part.wishes]
        if len({intent for intent, _ in wishes}) < len(wishes):
            continue
        text = parts[0].text.rstrip("。.!！~ ")
        for part in parts[1:]:
            text += chance.choice(JOINTS[part.language]) + part.text.rstrip("。.!！~ ")
        moods = {part.mood for part in parts} - {"neutral"}
        yield replace(
            parts[0], text=text, wishes=tuple(wishes), mood=moods.pop() if len(moods) == 1 else "neutral", slots={}
        )
