"""What helps a person at the desk to answer: the customer's orders, and answers from pages and templates.

Nothing of it is ever sent by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist

from shopassist.assistant import Assistant
from shopassist.contrib.django import models, names
from shopassist.contrib.django.approved import filled
from shopassist.contrib.django.conf import Options, made, options
from shopassist.contrib.django.connection import reading
from shopassist.contrib.django.frequent import relevant
from shopassist.contrib.django.texts import said
from shopassist.engine.quote import quote
from shopassist.errors import KnowledgeError
from shopassist.shop import OrderView
from shopassist.text import content, language_of

log = logging.getLogger(__name__)

ORDERS = 10
"""Orders that are shown, the latest."""

QUESTION_MESSAGES, QUESTION_CHARS = 3, 400
"""What the customer said last, by which answers are looked for."""

TEMPLATES, PAGES = 2, 3
NEAR = 0.5
"""The share of a question's words that a template's question has."""


def orders(owner: str | None) -> list[dict[str, Any]] | None:
    """The customer's latest orders through the shop's adapter; None where it cannot be asked, or fails."""
    shop = made(options().shop)
    if owner is None or shop is None or shop.orders is None:
        return [] if owner is None else None
    try:
        return [_order(view) for view in shop.orders.list(owner)[:ORDERS]]
    except Exception as error:  # noqa: BLE001 - any shop may be plugged in; its text may hold a customer's data
        log.error("the orders for the desk cannot be had: %s", type(error).__name__)
        return None


def customer_name(owner: str | None) -> str:
    """What the shop's login calls the customer, where their id is the user's key; else the id."""
    if owner is None or options().customer_id != Options().customer_id:
        return owner or ""
    try:
        user = get_user_model()._default_manager.get(pk=owner)
    except (ObjectDoesNotExist, ValueError):
        return owner
    return str(user.get_full_name() or user.get_username())


def question(conversation: str) -> str:
    """What the customer said last, with placeholders for personal data; 转人工 by itself asks for no answer."""
    with reading() as db:
        calls = models.TurnFacts.objects.using(db).filter(conversation=conversation, intents="|human|")
        rows = models.Message.objects.using(db).filter(conversation=conversation, role="customer").order_by("-seq")
        rows = rows.exclude(turn__in=calls.values("number"), turn__isnull=False)
        texts = list(rows.values_list("text", flat=True)[:QUESTION_MESSAGES])
    told = ""
    for text in texts:  # the latest first: a bare 在吗 says nothing, what stood before it does
        told = f"{text}\n{told}".strip()
        if len(content(told)) >= 2:
            break
    return told[-QUESTION_CHARS:]


def suggestions(assistant: Assistant, text: str) -> list[dict[str, Any]]:
    """Answers to a text, approved ones first; each with the page that bears it out. Empty where nothing is near."""
    language = language_of(text)
    known = language if language in ("zh", "en") else assistant.settings.language
    found = [*_templates(assistant, text, known)]
    try:
        found += _pages(assistant, text, known)
    except KnowledgeError as error:
        log.error("the suggestions for the desk cannot be had: %s", error)
    return found


def _templates(assistant: Assistant, text: str, language: str) -> Iterator[dict[str, Any]]:
    own = content(text)
    near: list[tuple[float, models.AnswerTemplate]] = []
    for row in said(assistant.settings.now().date()):
        if row.kind == models.TemplateKind.ANSWER and row.language == language and own:
            share = max((len(own & content(q)) / max(len(own), len(content(q))) for q in row.questions), default=0.0)
            near += [(share, row)] if share >= NEAR else []
    for _, row in sorted(near, key=lambda pair: -pair[0])[:TEMPLATES]:
        yield {
            "text": filled(row, assistant.settings), "title": row.questions[0], "quote": "", "url": None,
            "kind": "template",
        }  # fmt: skip


def _pages(assistant: Assistant, text: str, language: str) -> Iterator[dict[str, Any]]:
    """The best sentence of each page that is near enough, with the next best of the same page behind it."""
    passages = relevant(assistant, text, language, limit=8)
    for document in list(dict.fromkeys(p.document for p in passages))[:PAGES]:
        own = [p for p in passages if p.document == document]
        first = quote(text, own)
        if first is None:
            continue
        passage, sentence = first
        second = quote(text, own, used=[sentence])
        space = " " if language == "en" else ""
        told = f"{sentence}{space}{second[1]}" if second and second[0].document == document else sentence
        yield {"text": told, "title": passage.title, "quote": passage.text, "url": passage.url, "kind": "page"}


def _order(view: OrderView) -> dict[str, Any]:
    lines = [f"{line.name}{f' {line.variant}' if line.variant else ''} × {line.quantity}" for line in view.lines]
    return {
        "id": view.id,
        "status": view.state if view.status == "other" and view.state else names.word("status", view.status),
        "placed": f"{view.placed:%Y-%m-%d}",
        "total": str(view.total) if view.total is not None else None,
        "lines": lines,
        "address": view.address,
        "returned": f"{view.returned.id} {view.returned.state}" if view.returned else None,
    }
