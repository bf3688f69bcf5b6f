"""Which turns are worth a look: where understanding was unsure, was corrected by the customer, or ended with a person.

The turn that is found is the one that was not understood: of a correction, and of a hand-off, the turn before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Literal, get_args

from shopassist.language.catalogue import Catalogue
from shopassist.language.ellipsis import supposing
from shopassist.language.wishes import CLEAR
from shopassist.learning.corrected import corrected
from shopassist.protocols import ConversationStore, StoredTurn
from shopassist.replies import Reply
from shopassist.text import clean

Reason = Literal["unsure", "corrected", "handed_over"]
"""Why a turn is worth a look:

- unsure: of what was understood a wish has a score below `CLEAR`, or none was clear enough to be one and the text was
  put to the pages, or the model was asked
- corrected: the next message takes back, puts right, contradicts or repeats
- handed_over: the next turn hands over to a person since this one did not help
"""
REASONS: tuple[Reason, ...] = get_args(Reason)
PAGE = 100
"""Turns that are read at a time."""

_ANYBODYS = frozenset(("policy_question", "product_question", "out_of_scope"))
"""What a question to the pages is called that no wish names."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A turn with its neighbours, and why it is worth a look, if it is: each reason with a few words."""

    before: StoredTurn | None
    turn: StoredTurn
    after: StoredTurn | None
    reasons: Mapping[Reason, str]

    @property
    def known(self) -> float | None:
        """The time at which the last of the reasons could be known, in seconds since the epoch."""
        late = self.after is not None and not self.reasons.keys() <= {"unsure"}
        return self.after.answered if late and self.after is not None else self.turn.answered


def reviewed(store: ConversationStore, catalogue: Catalogue, *, since: float | None = None) -> Iterator[Reviewed]:
    """Every answered turn of the conversations that were answered since then, a conversation after the other.

    The store is read by pages, and three turns are held at a time. Raises `StorageError`.
    """
    for _, turns in groupby(_turns(store, since), lambda turn: turn.conversation):
        before: StoredTurn | None = None
        now: StoredTurn | None = None
        corrects = False
        for after in chain(turns, (None,)):
            if now is not None:
                reasons = _reasons(now, after, catalogue, corrects)
                corrects = "corrected" in reasons
                yield Reviewed(before, now, after, reasons)
            before, now = now, after


def said(turn: StoredTurn) -> str:
    """The text of a turn as the engine read it: its messages without what cannot be shown, a line each."""
    return "\n".join(filter(None, (clean(text).strip() for text in turn.texts)))


def _turns(store: ConversationStore, since: float | None) -> Iterator[StoredTurn]:
    after = None
    while page := store.turns(after=after, since=since, limit=PAGE):
        yield from (turn for turn in page if turn.reply.text)  # without one, a person had the conversation
        after = page[-1].conversation, page[-1].number


def _reasons(turn: StoredTurn, after: StoredTurn | None, catalogue: Catalogue, corrects: bool) -> Mapping[Reason, str]:
    """Why a turn is worth a look; `corrects` says that it corrects the one before it.

    What follows an answer of which the model failed to write its part speaks of that, and not of understanding.
    """
    found: dict[Reason, str] = {}
    if why := _unsure(said(turn), turn.reply):
        found["unsure"] = why
    if after is None or turn.reply.degraded:
        return found
    if why := corrected(said(turn), turn.reply, said(after), after.reply, catalogue):
        found["corrected"] = why
    if why := _handed_over(turn.reply, after.reply, catalogue, failed=bool(found) or corrects):
        found["handed_over"] = why
    return found


def _unsure(text: str, reply: Reply) -> str | None:
    by_model = next((w for w in reply.wishes if w.reader == "model"), None)
    if by_model is not None:
        return f"{by_model.intent}, by the model"
    low = min(reply.wishes, key=lambda w: w.score, default=None)
    if low is not None:
        return f"{low.intent} {low.score:.2f}" if low.score < CLEAR else None
    if reply.query is None or not _ANYBODYS.issuperset(reply.intents) or supposing(text, reply.language):
        return None
    return "nothing understood, put to the pages" if reply.evidence else "nothing understood, nothing found"


def _handed_over(reply: Reply, then: Reply, catalogue: Catalogue, *, failed: bool) -> str | None:
    """Whether the next turn hands over because this one was no help, and not for danger or law."""
    if then.handoff is None or not any(_hands_over(catalogue, intent) for intent in then.intents):
        return None
    if not any(_hands_over(catalogue, wish.intent) for wish in then.wishes):
        return "a person was offered and wanted"
    helpless = reply.query is not None and not reply.evidence
    undone = any(outcome.status != "done" for outcome in reply.tool_outcomes)
    return "a person was asked for" if failed or helpless or undone else None


def _hands_over(catalogue: Catalogue, intent: str) -> bool:
    known = catalogue.intents.get(intent)
    return known is not None and any(route.handoff for route in known.routes.values())
