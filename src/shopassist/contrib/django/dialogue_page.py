"""A conversation as the staff reads it: messages, and behind each answer its trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shopassist.contrib.django import models
from shopassist.contrib.django.connection import reading
from shopassist.contrib.django.looks import HIDDEN
from shopassist.contrib.django.trail import Step, View, trail
from shopassist.learning.neutral import Values, neutral
from shopassist.protocols import StoredTurn
from shopassist.replies import Language, Reply
from shopassist.vault import Vault

MESSAGES = 60
"""Messages on a page."""


@dataclass(slots=True)
class Shown:
    """A message on the page, with what belongs to it."""

    seq: int
    role: str
    text: str
    created: Any
    agent: str = ""
    turn: int | None = None
    partial: str = ""
    cards: list[str] = field(default_factory=list)
    unanswered: bool = False
    mood: str = ""
    steps: list[Step] = field(default_factory=list)
    handoff: models.HandOff | None = None
    feedback: models.Feedback | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some messages of a conversation; `number` of `pages`, the first is 1."""

    messages: list[Shown]
    number: int
    pages: int


def page(row: models.Conversation, relevance: float, *, revealed: bool, number: int | None, turn: int | None) -> Page:
    """The page with this number, else with this turn, else the last one. Six queries at most."""
    with reading() as db:
        own = models.Message.objects.using(db).filter(conversation=row.pk)
        last = own.order_by("-seq").values_list("seq", flat=True).first() or 0
        pages = max(1, -(-last // MESSAGES))
        if number is None and turn is not None:
            first = own.filter(turn=turn).order_by("seq").values_list("seq", flat=True).first()
            number = -(-first // MESSAGES) if first else None
        number = min(max(number or pages, 1), pages)
        messages = list(own.filter(seq__gt=(number - 1) * MESSAGES, seq__lte=number * MESSAGES).order_by("seq"))
        numbers = {m.turn for m in messages if m.turn is not None}
        turns = models.Turn.objects.using(db).filter(conversation=row.pk, number__in=numbers)
        replies = {t.number: Reply.from_dict({**t.reply, "usage": t.usage}) for t in turns}
        handed = models.HandOff.objects.using(db).filter(conversation=row.pk, turn__in=numbers)
        handoffs = {one.turn: one for one in handed}
        judged = models.Feedback.objects.using(db).filter(conversation=row.pk, turn__in=numbers)
        feedback = {one.turn: one for one in judged}
    vault = Vault(row.vault or {})
    seen = vault.reveal if revealed else _masking(messages, replies)
    view = View(seen, revealed, vault)
    shown = [_shown(m, replies.get(m.turn) if m.turn else None, view, relevance) for m in messages]
    for one in shown:
        if one.role == "assistant" and one.turn is not None:
            one.handoff, one.feedback = handoffs.get(one.turn), feedback.get(one.turn)
            if one.feedback is not None:
                one.feedback.comment = seen(one.feedback.comment)
    return Page(shown, number, pages)


def _masking(messages: list[models.Message], replies: dict[int, Reply]) -> Callable[[str], str]:
    """Takes out of a text what is personal in it, as far as it is recognised (`shopassist.learning.neutral`)."""
    values = Values()
    for number, reply in replies.items():
        texts = tuple(m.text for m in messages if m.turn == number and m.role == "customer")
        values.learn(StoredTurn("", number, texts, reply, None))
    known: Language = next((r.language for r in replies.values()), "zh")
    done: dict[str, str] = {}

    def masked(text: str) -> str:
        if text not in done:
            done[text] = neutral(text, known, values).text if text else ""
        return done[text]

    return masked


def _card(item: dict[str, str], *, revealed: bool) -> str:
    return " ".join(f"{kind} {HIDDEN if kind == 'order' and not revealed else name}" for kind, name in item.items())


def _shown(row: models.Message, reply: Reply | None, view: View, relevance: float) -> Shown:
    answered = row.role == "assistant" and reply is not None
    return Shown(
        seq=row.seq,
        role=row.role,
        text=view.text(row.text),
        created=row.created,
        agent=row.agent or "",
        turn=row.turn,
        partial=view.text(row.partial),
        cards=[_card(item, revealed=view.revealed) for item in row.items],
        unanswered=row.role == "customer" and row.turn is None,
        mood=reply.mood if reply is not None and answered and reply.mood != "neutral" else "",
        steps=trail(reply, view, relevance) if reply is not None and answered else [],
    )  # fmt: skip
