"""What goes into a prompt and what is left out: whole passages and whole turns, by what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shopassist.errors import PromptTooLong
from shopassist.models.tokens import FRAME, OPENING, Counter
from shopassist.replies import Section


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of a section, taken whole or left out: texts, and whether each is a message of its own."""

    texts: tuple[str, ...]
    framed: bool = False


class Budget:
    """The tokens of one prompt, given out section by section in the order of the calls: what is worth most comes first.

    `context` is all that the model reads and writes, `answer` what it may write. `sections` is the ledger so far.
    """

    def __init__(self, counter: Counter, context: int, answer: int) -> None:
        self.counter = counter
        self.sections: list[Section] = []
        self._given = context - answer
        self._left = self._given - OPENING

    @property
    def left(self) -> int:
        """Tokens that are not given out yet."""
        return self._left

    def cost(self, item: Item) -> int:
        """The tokens of an item."""
        return sum(map(self.counter.count, item.texts)) + (FRAME * len(item.texts) if item.framed else 0)

    def must(self, name: str, items: Sequence[Item]) -> None:
        """Give a section all that it needs. Raises `PromptTooLong`."""
        tokens = sum(map(self.cost, items))
        if tokens > self._left:
            raise PromptTooLong(
                f"the prompt's {name} takes {tokens} tokens and {max(self._left, 0)} of {self._given} are left "
                "(settings `model_context` and `max_tokens`)"
            )
        self._book(name, tokens, 0)

    def may(self, name: str, items: Sequence[Item], most: int | None = None, *, first: bool = False) -> int:
        """Give a section as many of its items as fit into what is left and into `most` tokens; how many those are.

        Items come best first; the first that does not fit ends it. With `first` one item may take more than `most`.
        """
        tokens = taken = 0
        limit = self._left if most is None else min(most, self._left)
        for item in items:
            cost = self.cost(item)
            if tokens + cost > (self._left if first and not taken else limit):
                break
            tokens += cost
            taken += 1
        self._book(name, tokens, len(items) - taken)
        return taken

    def _book(self, name: str, tokens: int, dropped: int) -> None:
        self._left -= tokens
        self.sections.append(Section(name, tokens, dropped))
