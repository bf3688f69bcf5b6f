"""Scenarios: dialogues with what must come of each turn, in YAML; single utterances in JSON lines.

::

    - name: a digression keeps the pending question
      customer: u-1001               # of the shop that the scenarios run on; left out or null: a visitor
      clock: 2024-12-05T10:00:00+08:00
      needs: embeddings
      turns:
        - say: 帮我把订单ORD20241201002取消了        # or a list: a burst
          expect: {intents: [cancel_order], consent: pending, tools: []}
        - after: 5m                  # the clock moves first
          say: 好的，那取消吧
          expect: {tools: [{name: cancel_order, args: {order_id: ORD20241201002}}], reply_has: [[已取消, 取消成功]]}

Other keys of a turn: `items` (cards: ``[{order: ORD…}]``), `as` (another customer, or null; holds until changed),
`desk` (a person's act: ``claim``, ``return``, ``{say: …}``). A line of JSON: ``{"text", "intents", "slots", "mood"}``,
all but `text` optional, with an `id` to be named by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from shopassist.replies import Language, Mode, Mood

Need = Literal["embeddings"]
CardKind = Literal["order", "product", "image"]


@dataclass(frozen=True, slots=True)
class Card:
    """A card that the customer sends along: an order's or a product's id, or an image's address."""

    kind: CardKind
    value: str


@dataclass(frozen=True, slots=True)
class DeskAct:
    """What a person at the desk does. `text` is what they write."""

    kind: Literal["claim", "return", "say"]
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """A write that must have run, with these arguments among its own."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)


Choice = tuple[str, ...]
"""One of these."""


@dataclass(frozen=True, slots=True)
class Expect:
    """What must come of a turn; None where nothing is said about it.

    - intents: exactly these; intents_include: these and maybe others
    - slots: by name the values that must be among the reply's
    - tools: the writes that ran in this turn, in order; none for an empty one
    - cites: ids of documents or versions that must be among the citations (of a list in it one); empty: none is cited
    - reply_has, reply_lacks: of each `Choice` one, or none, stands in the reply
    """

    intents: tuple[str, ...] | None = None
    intents_include: tuple[str, ...] | None = None
    slots: Mapping[str, tuple[str, ...]] | None = None
    mood: Mood | None = None
    tools: tuple[Write, ...] | None = None
    reads_include: tuple[str, ...] | None = None
    consent: Literal["pending", "none"] | None = None
    handoff: bool | None = None
    cites: tuple[Choice, ...] | None = None
    reply_has: tuple[Choice, ...] | None = None
    reply_lacks: tuple[Choice, ...] | None = None
    language: Language | None = None
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn. `say` is None where only a person at the desk acts; several texts are a burst.

    `customer` is who speaks, with every earlier `as` taken into account.
    """

    say: tuple[str, ...] | None
    customer: str | None
    expect: Expect = Expect()
    after: timedelta | None = None
    items: tuple[Card, ...] = ()
    desk: DeskAct | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A dialogue, or a `single` utterance. `clock` is None where the suite's own time holds."""

    file: str
    name: str
    turns: tuple[Turn, ...]
    clock: datetime | None = None
    needs: frozenset[Need] = frozenset()
    single: bool = False


def load(path: Path, intents: Mapping[str, tuple[str, ...]] | None = None) -> tuple[Scenario, ...]:
    """The scenarios of a YAML file, or the utterances of a ``.jsonl`` file.

    `intents` are the known ones and their slots; the built-in catalogue's if not given. Raises `InputError` naming
    file, scenario, turn and key.
    """
    from shopassist.evaluation.reading import dialogues, utterances

    read = utterances if path.suffix.lower() in (".jsonl", ".ndjson") else dialogues
    return read(path, built_in() if intents is None else intents)


def built_in() -> Mapping[str, tuple[str, ...]]:
    """The built-in catalogue's intents and their slots."""
    from shopassist.language.catalogue import Catalogue

    return {intent.name: intent.slots for intent in Catalogue.load()}
