"""Before and around the graph: one worker holds the conversation, and a turn is stored or not at all."""

from __future__ import annotations

import logging
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import count
from typing import Any, cast

from langsmith import tracing_context

from shopassist.engine.check import joined
from shopassist.engine.graph import RECURSION_LIMIT, graph
from shopassist.engine.hold import Hold, erased, take
from shopassist.engine.owner_view import owner_view
from shopassist.engine.state import Ports, Superseded, Turn
from shopassist.errors import ShopAssistError, StaleTurn, TurnFailed
from shopassist.protocols import Claim, ConversationStore, Enqueued, Kept, StoredMessage
from shopassist.replies import Done, Event, Language, Reply, Sentence, Stage, Started, ToolOutcome, Usage, plain
from shopassist.vault import Vault

log = logging.getLogger(__name__)

LOOKS = 20
"""After so many looks it is asked whether the conversation is still there."""

LIFE = 120.0
"""Seconds after which a hold is renewed no more, at the least: a stream that its caller neither reads nor closes."""

LOOK = 0.05
"""Seconds between two looks while another worker has the conversation."""


BURST = 5.0
"""Seconds for which a message waits for those after it, at the most: then what there is is answered."""

LATER = 5
"""How many of the later messages are looked at for the customer's."""


def answered(store: ConversationStore, conversation: str, message_ids: list[str]) -> Reply | None:
    """The last reply to these messages, once all of them have one, but for those that were given up.

    Raises `TurnFailed` if all of them were given up.
    """
    replies: list[Reply] = []
    lost: TurnFailed | None = None
    for message_id in message_ids:
        try:
            reply = store.reply_to(conversation, message_id)
        except TurnFailed as error:
            lost = error
            continue
        if reply is None:
            return None
        replies.append(reply)
    if lost and not replies:
        raise lost
    return max(replies, key=lambda r: r.turn)


def wait_for(
    store: ConversationStore,
    conversation: str,
    messages: Sequence[Enqueued],
    *,
    began: float,
    quiet: float,
    until: float,
    stopped: threading.Event,
) -> Claim | Reply | None:
    """The claim to work on, or the reply that another worker stored, or None when `until` (monotonic) has passed.

    A burst is joined: of several callers the one with the newest message claims, once no other has come for `quiet`
    seconds since it `began`; where they keep coming, any of them after `BURST` seconds. Raises `TurnFailed` if all of
    the messages were given up, `ConversationErased`.
    """
    message_ids, newest = [m.id for m in messages], max(m.seq for m in messages)
    for look in count(1):
        if look % LOOKS == 0 and not store.owner(conversation)[0]:
            raise erased(conversation)
        age = time.monotonic() - began
        ready = age >= BURST or (age >= quiet and not (quiet and newer(store, conversation, newest)))
        if ready and (claim := take(store, conversation)):
            if not {m.id for m in claim.messages}.isdisjoint(message_ids):
                return claim
            # Another worker answered ours since we looked, and these are somebody else's to wait for.
            store.release(claim, tried=False)
        if reply := answered(store, conversation, message_ids):
            return reply
        if time.monotonic() >= until or stopped.wait(LOOK):
            return None
    raise AssertionError("counting has no end")


def newer(store: ConversationStore, conversation: str, seq: int) -> bool:
    """Whether the customer has sent a message after the one with this number."""
    return any(m.role == "customer" for m in store.history(conversation, after=seq, limit=LATER))


def recent(messages: Sequence[StoredMessage], chars: int) -> tuple[str, ...]:
    """The texts of the last messages that have `chars` characters together, and of the last one in any case."""
    texts: list[str] = []
    for message in reversed(messages):
        chars -= len(message.text)
        if texts and chars < 0:
            log.warning("a turn takes the last %d of %d messages; more would be too long", len(texts), len(messages))
            break
        texts.append(message.text)
    return tuple(reversed(texts))


def turn(
    store: ConversationStore, claim: Claim, make_ports: Callable[[], Ports], *, stopped: threading.Event, life: float
) -> Iterator[Event]:
    """Run the graph for a claim and store what comes of it; the last event is `Done`.

    Closing the iterator stops the model and gives the conversation back with its messages unanswered, unless something
    was written: then the turn is finished without its caller, and stored. An iterator that is neither closed nor read
    to its end loses the conversation after `life` seconds. Raises `TurnFailed` for whatever nobody foresaw; three of
    those, and the messages are given up. Raises `Superseded` where a newer message has come and nothing was shown or
    done yet: the conversation is then free, and both are to be answered together.
    """
    with _held(store, claim, stopped, life) as hold, _translated(claim):
        ports = make_ports()
        ports.renew = hold.renew
        yield Started(claim.conversation, claim.turn)
        state: Turn = {}
        times: dict[str, float] = {}
        try:
            with closing(_events(ports, state, times)) as events:
                try:
                    for event in events:  # noqa: UP028 - `yield from` would close the steps with this
                        yield event
                except GeneratorExit:
                    if state.get("outcomes"):
                        _without_caller(hold, ports, state, times, events)
                    raise
            if ports.resumes and not state["reply"].text:
                return
            reply = _commit(hold, ports, state, times)
        except StaleTurn as error:
            error.outcomes = state.get("outcomes", ())
            error.sentences = tuple(map(ports.vault.reveal, state.get("sentences", ())))
            error.asks = "reply" in state and state["plan"].dialogue.asked is not None
            raise
    yield Done(owner_view(reply, ports.vault))


def _events(ports: Ports, state: Turn, times: dict[str, float]) -> Generator[Event]:
    """What the graph's steps tell; `state` and `times` grow with each step."""
    try:
        for node, update in _steps(ports):
            state.update(update)
            seconds = time.monotonic() - ports.began
            if node != "compose":
                times[node] = round(seconds, 4)
                yield Stage(node, seconds)
            for event in update.get("events", ()):
                if isinstance(event, Sentence):
                    times.setdefault("first_sentence", round(seconds, 4))
                    event = Sentence(ports.vault.reveal(event.text))
                yield event
    finally:
        if ports.draft is not None:
            ports.draft.close()


def _without_caller(hold: Hold, ports: Ports, state: Turn, times: dict[str, float], events: Generator[Event]) -> None:
    """Bring a turn to its end that has written something and whose caller left: the customer must be told of it."""
    ports.stopped.set()  # the model's words are for nobody now
    try:
        for _ in events:
            pass
        _commit(hold, ports, state, times)
    except Exception as error:  # noqa: BLE001 - nobody is there to be told; the ledger has what was written
        log.warning("turn %d was left after a write and is not stored: %s", hold.claim.turn, type(error).__name__)


def quiet(
    store: ConversationStore,
    claim: Claim,
    *,
    language: Language,
    outcomes: Sequence[ToolOutcome] = (),
    said: Sequence[str] = (),
) -> Iterator[Event]:
    """Answer the messages of a claim with nothing: a person has the conversation, and they are theirs to answer.

    `outcomes` are what a turn wrote whose reply was dropped, since the person came in between, and `said` what of it
    the customer has seen or has to hear: it is stored, so that the person sees it too.
    """
    merged = tuple(m.id for m in claim.messages if m.id)
    vault = Vault(claim.vault)
    sentences = tuple(str(vault.cover(sentence, claim.turn * 1000)) for sentence in said)
    reply = Reply(uuid.uuid4().hex, claim.turn, joined(sentences, language), sentences, language)
    reply = replace(reply, mode="person", merged=merged, tool_outcomes=tuple(outcomes))
    store.commit(claim, state=claim.state, reply=reply, vault=_added(vault, claim))
    yield Started(claim.conversation, claim.turn)
    yield Done(owner_view(reply, vault))


def _steps(ports: Ports) -> Iterator[tuple[str, Turn]]:
    """The graph's steps, in the caller's thread."""
    # One context for each step would do as well, but the generator is resumed in between, by callers with their own.
    steps = graph().stream(
        cast("Turn", {}), context=ports, stream_mode="updates", config={"recursion_limit": RECURSION_LIMIT}
    )
    with closing(cast("Any", steps)):
        while True:
            with tracing_context(enabled=ports.settings.tracing):
                chunk = next(steps, None)
            if chunk is None:
                return
            for node, update in cast("dict[str, Turn | None]", chunk).items():
                yield node, update or {}


def _usage(ports: Ports, times: dict[str, float], recalled: Kept | None) -> Usage:
    first = times.pop("first_sentence", None)
    draft, writer, spent = ports.draft, ports.writer, ports.spent
    if draft and draft.first_token is not None:
        times["first_token"] = round(draft.first_token, 4)
    return Usage(
        model=writer.name if writer else None,
        model_calls=spent.calls + (draft.calls if draft else 0),
        input_tokens=spent.input_tokens + (draft.input_tokens if draft else 0),
        output_tokens=spent.output_tokens + (draft.output_tokens if draft else 0),
        context=writer.context if writer else None,
        prompt=draft.sections if draft else (),
        counted=bool(writer and writer.counter.exact),
        times=times,
        first_sentence=first,
        total=round(time.monotonic() - ports.began, 4),
        saved=recalled.saved if recalled else None,
    )


def _added(vault: Vault, claim: Claim) -> dict[str, str]:
    """What a turn added to the conversation's vault."""
    return {k: v for k, v in vault.to_dict().items() if k not in claim.vault}


def _commit(hold: Hold, ports: Ports, state: Turn, times: dict[str, float]) -> Reply:
    """Store the turn and give the conversation back; the reply as it is stored."""
    merged = tuple(m.id for m in hold.claim.messages if m.id)
    reply = replace(state["reply"], usage=_usage(ports, times, state.get("recalled")), merged=merged)
    hold.end()
    hold.store.commit(hold.claim, state=plain(state["memory"]), reply=reply, vault=_added(ports.vault, hold.claim))
    hold.committed = True
    return reply


@contextmanager
def _held(store: ConversationStore, claim: Claim, stopped: threading.Event, life: float) -> Iterator[Hold]:
    hold = Hold(store, claim, stopped, life)
    tried = False
    try:
        yield hold
    except TurnFailed:
        tried = True  # whatever else ends a turn is not the messages' fault: a caller who left, a part that was out
        raise
    finally:
        hold.end()
        if not hold.committed:
            try:
                store.release(hold.claim, tried=tried)
            except Exception as error:  # noqa: BLE001 - what ended the turn says more, and the lease runs out by itself
                log.warning("the conversation was not given back: %s", type(error).__name__)


@contextmanager
def _translated(claim: Claim) -> Iterator[None]:
    """Turn what nobody foresaw into `TurnFailed`. Its text is not told, since it may quote the customer."""
    try:
        yield
    except (ShopAssistError, Superseded):
        raise
    except Exception as error:  # noqa: BLE001 - any knowledge and model may be plugged in
        name, where = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
        log.error("turn %d broke on a %s:\n%s", claim.turn, name, where)
        raise TurnFailed(
            f"turn {claim.turn} broke on a {name} and nothing of it was stored; the log says where. The same message "
            "may be sent again"
        ) from None
