"""What a reply has to say, point by point, before it is words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PointKind = Literal["fact", "done", "refused", "ask", "consent", "handoff", "knowledge", "sympathy"]


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to say. `name` picks the template within the kind, `data` are plain JSON values that it may use."""

    kind: PointKind
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    task: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A question to the shop's pages. `policy` names the page that decides, `valid_on` the day in ISO form.

    `context` is the page that the conversation is about, which a question that leaves its subject unsaid may mean
    (`pending`: of a task that waits for an answer); `topic` the one that a word of the question names. A `silent`
    query only gives a source to what a template says. A `quoted` one stands beside what a tool told: it is answered in
    the page's own words, for a model would mix the rule with the order's state. One for a `rule` is not answered from
    the page of a product that nobody spoke of, whatever of the rule such a page repeats. `state` says what of an order
    is asked for, ``money`` or ``parcel``, and the order's state.
    """

    text: str
    policy: str | None = None
    products: tuple[str, ...] = ()
    valid_on: str | None = None
    silent: bool = False
    context: str | None = None
    topic: str | None = None
    pending: bool = False
    quoted: bool = False
    rule: bool = False
    state: tuple[str, str] | None = None
