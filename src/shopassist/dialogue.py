"""What a conversation is made of: wishes, slots, tasks, what was asked, consent.

Plain frozen values without behaviour; each can be written as JSON (`replies.plain`) and read back (`from_plain`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Act = Literal["request", "can", "how", "status", "report", "verify", "conditional", "retract", "blocked"]
"""What a customer does with an intent; for 取消:

- request: 帮我取消订单, cancel it please
- can: 还能取消吗, can I still cancel
- how: 怎么取消, how do I cancel
- status: 取消了吗, has it been cancelled (asks for the state of a thing that may be under way)
- report: 取消了怎么没退款, I cancelled and no money has come (tells what happened and wants it to go on)
- verify: 取消后直接等退款是吗, so I just wait, right (a yes or no from data)
- conditional: 要是不发货我就取消, if it does not ship I'll cancel (asks, decides nothing)
- retract: 不取消了, 先不退了, don't cancel after all (ends the task of that target)
- blocked: 我取消不了, the button does nothing (wants the deed, and tells that the way is barred)
"""

Source = Literal["said", "tool", "focus", "resolver"]
AskedKind = Literal["consent", "slot", "choice", "offer", "anything_else"]
Status = Literal["open", "asking", "consent", "queued", "done", "refused", "cancelled", "handed"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A value in its normal form, where it comes from, and where it stands in the turn's text (`span`, characters)."""

    value: str
    source: Source = "said"
    turn: int = 0
    span: tuple[int, int] | None = None


Slots = Mapping[str, tuple[Slot, ...]]
"""By name; `product` and `order_id` may have several values, the others have one."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that the customer wants. `target` names what the verb is aimed at where the intent leaves it open.

    `part` says whether it is wanted for a part of the order only (只退其中一件) or for all of it (手环那单); None where
    that is left open.
    `reader` is who understood it so: code, or the model where code was unsure.
    """

    intent: str
    act: Act = "request"
    slots: Slots = field(default_factory=dict)
    span: tuple[int, int] = (0, 0)
    score: float = 1.0
    target: str | None = None
    part: bool | None = None
    reader: Literal["code", "model"] = "code"


@dataclass(frozen=True, slots=True)
class Option:
    """One of what was offered to choose from: the slot's value, and the words that name it to the customer."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What our last reply asked; at most one thing. `intent` is the one whose task asked.

    `beside` says that the reply told something else too, which thanks may be for. `why` is the trigger that made us
    offer a person.
    """

    kind: AskedKind
    intent: str | None = None
    task: str | None = None
    slot: str | None = None
    options: tuple[Option, ...] = ()
    turn: int = 0
    beside: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A message read against what was asked.

    ``yes``, ``no`` and ``hold`` (等等, not yet) answer consents, offers and "anything else?"; ``value`` fills the slot;
    ``choice`` picks one of the options. ``bare`` says that nothing but the answer was said.
    """

    kind: Literal["yes", "no", "hold", "value", "choice"]
    value: str | None = None
    bare: bool = True


@dataclass(frozen=True, slots=True)
class Focus:
    """What the conversation is about: ids, most recent first."""

    orders: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    last_question: str | None = None
    last_write: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A wish under way. `opened` and `touched` are turns' numbers, `part` is the wish's.

    `failed`, `refused` and `angry` count what may call a person (`shopassist.engine.planning.triggers`). `reason` is
    the refusal's name, `number` what the shop gave to what was done.
    """

    id: str
    intent: str
    status: Status
    slots: Slots = field(default_factory=dict)
    opened: int = 0
    touched: int = 0
    part: bool | None = None
    failed: int = 0
    refused: int = 0
    angry: int = 0
    reason: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A write's pre-check: whether it is allowed, by which rule, what it costs or gives back, and of which version.

    `rule` is the document id of the policy that decides (``returns``, ``cancel``). `amount` is a decimal text in the
    shop's currency, `facts` what the question to the customer is built from, `version` changes with the order.
    """

    allowed: bool
    rule: str | None = None
    reason: str | None = None
    amount: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """The customer's yes that a write waits for: bound to tool, arguments, quote and time. `id` is the write's key."""

    id: str
    tool: str
    args: Mapping[str, Any]
    quote: Quote
    expires: datetime
