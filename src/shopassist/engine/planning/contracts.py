"""What the planner is given and what it gives back: plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from shopassist.dialogue import Answer, Asked, Consent, Focus, Slots, Task, Wish
from shopassist.engine.planning.binding import Hint
from shopassist.engine.planning.lookup import Call
from shopassist.engine.planning.points import Point, Query
from shopassist.language.catalogue import Catalogue
from shopassist.replies import ToolOutcome

Alarm = Literal["danger", "legal"]
HandOffReason = Literal["asked", "danger", "legal", "failed", "refused", "angry"]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What of the conversation the planner reads and writes.

    `last` are the wishes of the last turn that had any, `said` the latest value of each slot that the customer named.
    """

    focus: Focus = field(default_factory=Focus)
    asked: Asked | None = None
    tasks: tuple[Task, ...] = ()
    consent: Consent | None = None
    consent_task: str | None = None
    last: tuple[Wish, ...] = ()
    said: Slots = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """What understanding made of the turn's text.

    `answer` is read against `asked`. `slots` are all values that the text names, `talk` the kind of small talk where it
    is nothing else. `queries` give what a wish asks as a question that stands alone, by the wish's span; `query` is
    that of the whole text. `hints` describe orders, `supposed` are the states that the text supposes one to be in,
    `adds` says that it only adds a condition to the last question, `back` says that the message points to what was said
    before, `proviso` that it agrees to what was asked on a condition only, `gives_up` that a thing is not wanted any
    more, and not what is to be done about it, `other` that it asks for another deed in the same matter, `tells` that it
    asks nothing, `part` that it speaks of a part of what an order holds. `payout` is the question that a text leaves
    unsaid where it says to which account money is to go.
    """

    text: str
    wishes: tuple[Wish, ...] = ()
    answer: Answer | None = None
    asked: Asked | None = None
    slots: Slots = field(default_factory=dict)
    talk: str | None = None
    alarm: Alarm | None = None
    query: str = ""
    queries: Mapping[tuple[int, int], str] = field(default_factory=dict)
    products: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()
    supposed: tuple[str, ...] = ()
    adds: bool = False
    back: bool = False
    valid_on: str | None = None
    proviso: bool = False
    gives_up: bool = False
    other: bool = False
    tells: bool = False
    part: bool = False
    payout: str | None = None
    asks_range: bool = False
    """Whether it asks if the shop sells a thing that it names."""
    sound: bool = False
    """Whether it says that nothing is wrong with the thing after all."""
    corrects: bool = False
    """Whether it says that something else was meant than what was spoken of."""
    angry: bool = False
    """Whether its mood is negative."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What surrounds the turn.

    `tools` gives each write's required and all its arguments, `reads` the arguments of each read; `key` makes the
    consents' ids unique; `partial` names the writes whose pre-check needs the order alone. `handoff` is the number of
    the hand-off that is open, `answered_from` the moment from which a person answers: now within service hours
    (`desk_hours`), `ahead` how many wait before this customer, where it was asked and is known. `told`
    is what the last reply said, without its question, `seen` how orders stood then, and `rested` says that the
    customer was away for longer than the setting `resume_after`. `consent_lasts` is how long a change waits for a yes.
    """

    turn: int
    now: datetime
    catalogue: Catalogue
    key: str
    tools: Mapping[str, tuple[frozenset[str], frozenset[str]]]
    reads: Mapping[str, frozenset[str]]
    partial: frozenset[str] = frozenset()
    known_customer: bool = True
    handoff: str | None = None
    answered_from: datetime | None = None
    told: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)
    rested: bool = False
    desk_hours: str = ""
    ahead: int | None = None
    consent_lasts: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Settled:
    """What was done before the plan was made again: the write, and the hand-off's number.

    `found` says that the write was found in the ledger: another worker did it and could not tell. `unreached` says that
    the desk did not take the hand-off in.
    """

    outcome: ToolOutcome | None = None
    handoff: str | None = None
    found: bool = False
    unreached: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do next: `reads` first, if there are any; then the write or the hand-off; else the reply is ready.

    `slots` are the values in force for what the turn was about, by name, without repetitions.
    """

    reads: tuple[Call, ...] = ()
    write: Consent | None = None
    handoff: HandOffReason | None = None
    points: tuple[Point, ...] = ()
    queries: tuple[Query, ...] = ()
    dialogue: Dialogue = field(default_factory=Dialogue)
    intents: tuple[str, ...] = ()
    slots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
