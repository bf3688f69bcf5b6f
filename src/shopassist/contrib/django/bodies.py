"""What goes over the wire, in and out. The OpenAPI description is written from these classes."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from django.http import HttpRequest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shopassist.contrib.django.conf import options
from shopassist.contrib.django.problems import Refusal
from shopassist.messages import ID_CHARS, ITEMS, URL_CHARS

B = TypeVar("B", bound=BaseModel)

Id = Annotated[str, Field(min_length=1, max_length=ID_CHARS, pattern=r"^[\w.:@-]+$")]
Mode = Literal["bot", "waiting", "person"]
Reference = Annotated[str, Field(min_length=1, max_length=ID_CHARS, pattern=r"^[\w.:@/#-]+$")]
_REFERENCES = TypeAdapter(Annotated[list[Reference], Field(max_length=ITEMS)])
NAMED = 20
"""How many wrong fields are named."""


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class OrderCard(_In):
    """An order's card."""

    order: Reference


class ProductCard(_In):
    """A product's card."""

    product: Reference


class ImageCard(_In):
    """A picture, by its address; it is never fetched."""

    image: Annotated[str, Field(min_length=1, max_length=URL_CHARS, pattern=r"^https?://[!-~]+$")]


Card = OrderCard | ProductCard | ImageCard


class MessageIn(_In):
    """A message. `id` makes a repeat harmless: a message with a known id gets the stored reply."""

    text: str = ""
    id: Id | None = None
    items: Annotated[list[Card], Field(max_length=ITEMS)] = []


class FeedbackIn(_In):
    """What the customer thinks of the answer of a turn."""

    turn: Annotated[int, Field(ge=1, le=2_000_000_000)]
    rating: Literal["up", "down"]
    reason: Literal["", "wrong", "incomplete", "unclear", "impolite", "other"] = ""
    comment: Annotated[str, Field(max_length=1000)] = ""


class Citation(BaseModel):
    """A page that an answer draws on."""

    document: str
    title: str
    quote: str
    url: str | None


class Option(BaseModel):
    """One of what may be chosen from; the label is what to say."""

    value: str
    label: str


class Consent(BaseModel):
    """A change that waits for the customer's yes until it expires."""

    tool: str
    expires: datetime


class Outcome(BaseModel):
    """A change that was tried; `id` is the number of what it made."""

    name: str
    status: Literal["done", "refused", "changed", "failed", "not_found", "unknown"]
    id: str | None


class ShownCard(BaseModel):
    """An order or a product as its card shows it, as it is now. `amount` is a decimal text in `currency`."""

    kind: Literal["order", "product"]
    id: str
    title: str
    state: str
    amount: str | None
    currency: str
    date: str | None
    url: str | None
    image: str | None


class Cards(BaseModel):
    """The cards that there are for the caller."""

    cards: list[ShownCard]


class Reply(BaseModel):
    """An answer. `text` is empty while a person has the conversation (`mode`): they answer, see the messages.

    `asked` is the kind of question that it ends with, `items` the orders and products that it is about.
    """

    id: str
    turn: int
    seq: int | None
    text: str
    language: Literal["zh", "en"]
    mode: Mode
    asked: Literal["consent", "slot", "choice", "offer", "anything_else"] | None
    items: list[Card]
    consent: Consent | None
    options: list[Option]
    citations: list[Citation]
    outcomes: list[Outcome]
    handoff: str | None
    superseded: bool
    degraded: bool
    merged: list[str]


class HandOff(BaseModel):
    """The number under which a person was called, and whether one has the conversation."""

    id: str
    status: Literal["waiting", "person"]


class Conversation(BaseModel):
    """A conversation. `busy`: an answer is being written now. `seq` is the last message's number.

    `title` is how the customer's first message begins.
    """

    id: str
    mode: Mode
    handoff: HandOff | None
    title: str
    busy: bool
    seq: int
    created: datetime
    touched: datetime


class Conversations(BaseModel):
    """The caller's conversations, the latest first."""

    conversations: list[Conversation]


class Message(BaseModel):
    """A message. `partial` is what was shown of an answer to it that broke off; `reply` comes with an answer's text."""

    seq: int
    role: Literal["customer", "assistant", "person"]
    text: str
    id: str | None
    turn: int | None
    items: list[Card]
    partial: str
    created: datetime
    reply: Reply | None


class Messages(BaseModel):
    """Messages after a number, oldest first; `more` says that there are others."""

    messages: list[Message]
    more: bool
    conversation: Conversation


class Wrong(BaseModel):
    """A field that is not right."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457. `title` can be shown; `retry_after` is in seconds, where a retry helps."""

    type: str
    code: str
    title: str
    status: int
    detail: str
    retry_after: int | None = None
    errors: list[Wrong] = []


def read(request: HttpRequest, kind: type[B]) -> B:
    """A request's JSON body. Raises `Refusal`."""
    if request.content_type != "application/json":
        raise Refusal("content_type", "Content-Type must be application/json")
    try:
        # By json first, not by pydantic: it takes lone surrogates, which the engine then drops.
        data = json.loads(_bytes(request).decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refusal("malformed", "the body is no JSON in UTF-8") from None
    try:
        return kind.model_validate(_with_whole_characters(data))
    except ValidationError as error:
        wrong = [{"field": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
        raise Refusal("invalid", "the body does not fit its description", wrong=wrong[:NAMED]) from None


def number(request: HttpRequest, name: str, default: int, most: int) -> int:
    """A whole number among the query's parameters. Raises `Refusal`."""
    text = request.GET.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= most):
        raise Refusal("invalid", wrong=[{"field": name, "message": f"a whole number up to {most} is needed"}])
    return int(text)


def references(request: HttpRequest, name: str) -> list[str]:
    """The ids of orders or products among the query's parameters. Raises `Refusal`."""
    try:
        return _REFERENCES.validate_python(request.GET.getlist(name))
    except ValidationError:
        raise Refusal("invalid", wrong=[{"field": name, "message": f"at most {ITEMS} ids are needed"}]) from None


def _bytes(request: HttpRequest) -> bytes:
    most = options().max_body_bytes
    declared = request.META.get("CONTENT_LENGTH") or "0"
    too_large = Refusal("too_large", f"the body may have {most} bytes")
    if declared.isdigit() and int(declared) > most:
        raise too_large
    try:
        body: bytes = request.read(most + 1)
    except OSError:
        raise Refusal("malformed", "the body broke off") from None
    if len(body) > most:
        raise too_large
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _with_whole_characters(value: Any) -> Any:
    """Texts without lone surrogates, which pydantic takes for no text at all."""
    if isinstance(value, str):
        return value.encode("utf-8", "ignore").decode()
    if isinstance(value, list):
        return [_with_whole_characters(one) for one in value]
    if isinstance(value, dict):
        return {_with_whole_characters(key): _with_whole_characters(one) for key, one in value.items()}
    return value
