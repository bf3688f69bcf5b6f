"""Play scenarios: each on a fresh copy of the sample shop, at a time that stands still until it is moved."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from shopassist.evaluation.judge import Answer, Miss, judge
from shopassist.evaluation.measures import Row
from shopassist.evaluation.scenario import Card, DeskAct, Expect, Scenario, Turn
from shopassist.evaluation.values import Values
from shopassist.messages import Customer
from shopassist.protocols import Product
from shopassist.testing.memory_shop import MemoryShop
from shopassist.text import fold

START = datetime.fromisoformat("2024-12-05T10:00:00+08:00")
"""The moment at which scenarios begin that name none: the sample shop's orders are made for it."""


class Talks(Protocol):
    """What is talked to: an assistant on one scenario's shop."""

    def reply(self, messages: str | Sequence[str], *, conversation: str, customer: Customer | None = None) -> Answer:
        """Answer one message, or a burst."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


@runtime_checkable
class TakesCards(Protocol):
    """What is talked to also takes cards."""

    def reply_to_cards(
        self,
        messages: str | Sequence[str],
        cards: Sequence[Card],
        *,
        conversation: str,
        customer: Customer | None = None,
    ) -> Answer:
        """Answer messages that come with cards."""
        ...


@runtime_checkable
class HasDesk(Protocol):
    """What is talked to also has a desk with a person."""

    def desk_act(self, act: DeskAct, *, conversation: str) -> Answer | None:
        """Do what the person does; what the bot says to that, if anything."""
        ...


@dataclass(slots=True)
class Clock:
    """The time of one scenario; it stands still until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        """The time, with its timezone."""
        return self.now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@dataclass(frozen=True, slots=True)
class Scene:
    """What a scenario runs on. `model` says whether a language model may be used."""

    shop: MemoryShop
    clock: Clock
    model: bool = True


MakeAssistant = Callable[[Scene], Talks]


@dataclass(frozen=True, slots=True)
class Played:
    """A turn that was played. `reply` is its text, None where there was none."""

    number: int
    say: tuple[str, ...]
    misses: tuple[Miss, ...]
    reply: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a scenario; `row` is what was understood of a single utterance."""

    scenario: Scenario
    turns: tuple[Played, ...]
    row: Row | None = None

    @property
    def passed(self) -> bool:
        """Whether every expectation held and nothing was raised."""
        return not any(turn.misses for turn in self.turns)


def run(
    scenarios: Iterable[Scenario], make_assistant: MakeAssistant, done: Callable[[Result], None] | None = None
) -> list[Result]:
    """Play the scenarios one after the other; `done` hears of each.

    What an assistant raises is a miss with the key ``error``, and the next turn is played.
    """
    results = []
    for scenario in scenarios:
        results.append(play(scenario, make_assistant))
        if done is not None:
            done(results[-1])
    return results


def play(scenario: Scenario, make_assistant: MakeAssistant) -> Result:
    """Play one scenario."""
    clock = Clock(scenario.clock or START)
    scene = Scene(MemoryShop.sample(clock), clock, model=not scenario.single)
    try:
        talks = make_assistant(scene)
    except Exception as error:  # noqa: BLE001 - somebody's assistant; what is wrong with it belongs to the report
        return failed(scenario, error)
    stage = _Stage(scene, talks)
    turns = [stage.play(n, turn) for n, turn in enumerate(scenario.turns, 1)]
    row = None
    try:
        row = stage.row(scenario.turns[0]) if scenario.single else None
        talks.close()
    except Exception as error:  # noqa: BLE001
        row = row or (Row.of(scenario.turns[0].expect) if scenario.single else None)
        turns[-1] = replace(turns[-1], misses=(*turns[-1].misses, _raised(error)))
    return Result(scenario, tuple(turns), row)


def failed(scenario: Scenario, error: BaseException) -> Result:
    """The result of a scenario that could not be played."""
    turns = (Played(n, turn.say or (), (_raised(error),), None) for n, turn in enumerate(scenario.turns, 1))
    row = Row.of(scenario.turns[0].expect) if scenario.single else None
    return Result(scenario, tuple(turns), row)


def _raised(error: BaseException) -> Miss:
    text = " ".join(str(error).split())
    return Miss("error", "a reply", f"{type(error).__name__}: {text}" if text else type(error).__name__)


@dataclass(slots=True)
class _Stage:
    """One scenario under way. `conversations` are by customer: whoever speaks goes on with their own."""

    scene: Scene
    talks: Talks
    conversations: dict[str | None, str] = field(default_factory=dict)
    speaker: str | None = None
    answer: Answer | None = None

    def play(self, number: int, turn: Turn) -> Played:
        self.answer = None
        if turn.after is not None:
            self.scene.clock.move(turn.after)
        try:
            self.answer = self._answer(turn)
            if self.answer is not None:
                misses = judge(turn.expect, self.answer, self._values())
            elif turn.say is None and turn.expect == Expect():
                misses = ()
            else:
                misses = (Miss("error", "a reply", None),)
        except Exception as error:  # noqa: BLE001 - the next turn is played all the same, as a customer would go on
            misses = (_raised(error),)
        return Played(number, turn.say or (), misses, self.answer.text if self.answer is not None else None)

    def row(self, turn: Turn) -> Row:
        """What was understood of the only turn; nothing where it raised."""
        return Row.of(turn.expect, self.answer, self._values())

    def _answer(self, turn: Turn) -> Answer | None:
        conversation = self._conversation(turn.customer)
        customer = Customer(turn.customer) if turn.customer is not None else None
        answer = None
        if turn.desk is not None:
            if not isinstance(self.talks, HasDesk):
                raise NotImplementedError("this assistant has no desk")
            answer = self.talks.desk_act(turn.desk, conversation=conversation)
        if turn.say is None:
            return answer
        said = turn.say[0] if len(turn.say) == 1 else turn.say
        if not turn.items:
            return self.talks.reply(said, conversation=conversation, customer=customer)
        if not isinstance(self.talks, TakesCards):
            raise NotImplementedError("this assistant takes no cards")
        return self.talks.reply_to_cards(said, turn.items, conversation=conversation, customer=customer)

    def _conversation(self, customer: str | None) -> str:
        """A conversation has one owner: a login takes the visitor's along, everybody else begins their own."""
        if customer not in self.conversations and customer is not None and self.speaker is None:
            visitor = self.conversations.pop(None, None)
            if visitor is not None:
                self.conversations[customer] = visitor
        self.speaker = customer
        return self.conversations.setdefault(customer, uuid.uuid4().hex)

    def _values(self) -> Values:
        products = self.scene.shop.catalogue.search("")
        return Values(
            self.scene.clock.now.date(),
            [Product(p.id.lower(), p.name, (fold(p.name), fold(p.name_en), p.id.lower())) for p in products],
        )
