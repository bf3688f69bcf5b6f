"""A chat model as the engine calls it: let in, watched, tried again where nothing is lost by it, and counted."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from shopassist.errors import (
    BadAnswer,
    CircuitOpen,
    EmptyAnswer,
    ModelBusy,
    ModelMissing,
    ModelSilent,
    ModelTimeout,
    ModelUnavailable,
    PromptCut,
    PromptTooLong,
)
from shopassist.models.admission import Admission
from shopassist.models.bounded import Limits, bounded
from shopassist.models.breaker import Breaker
from shopassist.models.requests import asked_for
from shopassist.models.tokens import OPENING, Counter, Estimate
from shopassist.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from tenacity import RetryCallState

log = logging.getLogger(__name__)

TRIES = 2
"""Calls for one answer: the second where the first failed before its first word."""

PAUSE, LONGEST_PAUSE = 0.25, 2.0
"""Seconds: a pause before the second call lies anywhere between 0 and these (full jitter), so that callers who failed
together do not come back together."""


PACES = 20
"""Calls of which the slowest says how fast the model reads: another process may have filled the server's cache."""

ENOUGH = 64
"""Tokens below which the time to read them says little."""


@dataclass(slots=True)
class Writing:
    """One answer as it comes: iterate for its texts, close it to end it; then read what it took.

    `shared` are the tokens with which this prompt begins as the one before it, so that they are in the server's cache.
    `ended` is the server's reason (``stop``, ``length``), None where it gave none. Tokens are as the server counted, or
    as `Writer.counter` does where the server did not say, as of an answer that was closed. `first` is the seconds from
    the last call to its first text. `read` are the tokens of the prompt that the server had not in its cache, and the
    seconds in which it read them.
    """

    shared: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    ended: str | None = None
    first: float | None = None
    read: tuple[int, float] | None = None
    _texts: Generator[str] | None = field(default=None, repr=False)

    def __iter__(self) -> Iterator[str]:
        assert self._texts is not None  # noqa: S101 - `Writer.write` sets it
        return self._texts

    def close(self) -> None:
        """End the answer; the model stops within a token."""
        if self._texts is not None:
            self._texts.close()

    def count(self, counter: Counter, messages: Sequence[BaseMessage], said: str) -> None:
        """Count an answer that had begun and whose tokens the server did not tell."""
        if self.first is not None and not self.input_tokens:
            self.input_tokens, self.output_tokens = counter.prompt(messages), counter.count(said)

    def take(self, chunk: Any) -> None:
        """Note what a chunk tells besides its text."""
        told = chunk.response_metadata
        self.ended = told.get("finish_reason") or told.get("done_reason") or self.ended
        timings = told.get("timings") or {}
        if milliseconds := timings.get("prompt_ms"):  # llama.cpp
            self.read = timings.get("prompt_n") or 0, milliseconds / 1e3
        elif nanoseconds := told.get("prompt_eval_duration"):  # Ollama, which counts cached tokens too
            self.read = max((told.get("prompt_eval_count") or 0) - self.shared, 0), nanoseconds / 1e9
        if usage := getattr(chunk, "usage_metadata", None):
            self.input_tokens = max(self.input_tokens, usage.get("input_tokens", 0))
            self.output_tokens += usage.get("output_tokens", 0)


class Writer:
    """Any chat model, safe to use from several threads.

    `context` is what the model can really read, in tokens, `max_tokens` the longest answer. `counter` counts a prompt.
    `probe` raises while the model's server is away; without one the next customer's call is the probe. `calls` is how
    many calls the model serves at once, where it is less than the settings allow.
    """

    def __init__(
        self,
        model: BaseChatModel,
        *,
        name: str,
        settings: Settings,
        context: int | None = None,
        counter: Counter | None = None,
        probe: Callable[[], None] | None = None,
        calls: int | None = None,
    ) -> None:
        self.model = model
        self.name = name
        self.context = context or settings.model_context
        self.max_tokens = settings.max_tokens
        self.counter = counter or Estimate()
        self.admission = Admission(min(settings.model_calls, calls or settings.model_calls), settings.model_waiting)
        self.breaker = Breaker(probe or (lambda: None))
        self._queue = settings.model_queue
        self._paces: deque[float] = deque(maxlen=PACES)
        self._before: Sequence[BaseMessage] = ()
        self._limits = Limits(settings.model_first_token, settings.model_next_token)
        # in seconds; a caller with less time to spare says nothing about the model
        self._patience = min(settings.model_first_token, settings.model_next_token, settings.model_deadline) / 2

    def write(
        self,
        messages: Sequence[BaseMessage],
        *,
        deadline: float,
        stopped: threading.Event,
        conversation: str | None = None,
        tries: int = TRIES,
        **options: Any,
    ) -> Writing:
        """Ask the model; nothing happens before the first text is asked for.

        `deadline` is by `time.monotonic`, `options` go to the model's `stream`. Iterating raises `ModelError` and what
        a foreign model raises.
        """
        writing = Writing(shared=self._shared(messages))
        writing._texts = self._texts(writing, list(messages), deadline, stopped, conversation, tries, options)
        return writing

    def ask(
        self,
        messages: Sequence[BaseMessage],
        schema: Mapping[str, Any],
        *,
        most: int,
        deadline: float,
        stopped: threading.Event,
        conversation: str | None = None,
    ) -> Writing:
        """Ask for JSON of a schema, once, in `most` tokens; the rest is as in `write`.

        The model's server holds it to the schema where its chat model has the method `structured`. Others are held by
        the prompt alone, and may write more than `most` tokens.
        """
        structured = getattr(self.model, "structured", None)
        options = structured(schema, most) if callable(structured) else {}
        return self.write(messages, deadline=deadline, stopped=stopped, conversation=conversation, tries=1, **options)

    def warm(self, messages: Sequence[BaseMessage]) -> None:
        """Load the model, and have it read the static front of a prompt into its cache. Raises `ModelError`."""
        if callable(warm := getattr(self.model, "warm", None)):
            warm(list(messages))
            self._before = messages

    def close(self) -> None:
        """End what runs beside the calls, and an embedded model."""
        self.breaker.close()
        if callable(close := getattr(self.model, "close", None)):
            close()

    def _texts(
        self,
        writing: Writing,
        messages: list[BaseMessage],
        deadline: float,
        stopped: threading.Event,
        conversation: str | None,
        tries: int,
        options: dict[str, Any],
    ) -> Generator[str]:
        waits = min(deadline, time.monotonic() + self._queue)

        def begin() -> tuple[str | None, Generator[Any]]:
            """One call, up to its first word: until then it may be made again."""
            place = places.pop() if places else self.admission.enter(waits, stopped)
            writing.calls += 1
            begun, said = time.monotonic(), ""
            stream = bounded(self.model.stream(messages, **options), deadline, stopped, self._limits, place.leave)
            try:
                with asked_for(conversation):
                    for chunk in stream:
                        writing.take(chunk)
                        said += chunk.text
                        if any(map(str.isalpha, said)):
                            writing.first = time.monotonic() - begun
                            return said, stream
            except BaseException:
                stream.close()
                raise
            if stopped.is_set():
                return None, stream
            raise EmptyAnswer(f"{self.name} ended without a word ({writing.ended or 'no reason given'})")

        self.breaker.check()  # before the line: calls that hang may fill it
        places = [self.admission.enter(waits, stopped)]
        with ExitStack() as unused:
            unused.callback(places[0].leave)  # where the call is not made; one that is made leaves it by itself
            answering = unused.enter_context(self._watched(writing))
            text, stream = _again(begin, tries, deadline, stopped)
            if text is None:
                return
            answering()
            said = [text]
            try:
                with closing(stream):
                    yield text
                    for chunk in stream:
                        writing.take(chunk)
                        if chunk.text:
                            said.append(str(chunk.text))
                            yield said[-1]
            finally:
                writing.count(self.counter, messages, "".join(said))
            if not stopped.is_set():
                self._learn(writing)
                self._check_whole(messages, writing)

    @property
    def pace(self) -> float | None:
        """Tokens of a prompt that the model reads in a second, the slowest of the last calls; None before the first."""
        return min(self._paces, default=None)

    @contextmanager
    def _watched(self, writing: Writing) -> Iterator[Callable[[], None]]:
        """Tell the breaker how a call ended, and with what is given here that it has begun to answer."""
        trial, began = self.breaker.admit(), time.monotonic()
        try:
            yield self.breaker.succeeded if trial else lambda: None
        except (ModelBusy, PromptTooLong, PromptCut):
            self.breaker.left(trial=trial)  # our own line, and settings: no reason to leave the model alone
            raise
        except ModelTimeout as error:
            # a customer without time, or one who reads slowly, says nothing about the model
            silent = isinstance(error, ModelSilent) or writing.first is None
            patient = time.monotonic() - began >= self._patience
            (self.breaker.failed if silent and patient else self.breaker.left)(trial=trial)
            raise
        except Exception:
            self.breaker.failed(trial=trial)
            raise
        except BaseException:  # closed in mid-answer, for enough was said or the customer has left
            self._ended(writing, trial)
            raise
        else:
            self._ended(writing, trial)

    def _ended(self, writing: Writing, trial: bool) -> None:
        """A model that had begun to answer works, whoever ended it."""
        if writing.first is None:
            self.breaker.left(trial=trial)
        else:
            self.breaker.succeeded()

    def _learn(self, writing: Writing) -> None:
        """Note how fast the model reads, where it had enough to read for that to be told."""
        tokens, seconds = writing.read or (writing.input_tokens - writing.shared, writing.first or 0.0)
        if tokens >= ENOUGH and seconds > 0:
            self._paces.append(tokens / seconds)

    def _shared(self, messages: Sequence[BaseMessage]) -> int:
        """The tokens that a prompt begins with as the one before it did; those the server need not read again."""
        before, self._before = self._before, messages
        same = takewhile(lambda pair: pair[0] == pair[1], zip(messages, before, strict=False))
        tokens = self.counter.prompt([message for message, _ in same])
        return tokens - OPENING

    def _check_whole(self, messages: list[BaseMessage], writing: Writing) -> None:
        read, least = writing.input_tokens, self.counter.least(messages)
        if 0 < read < least or read >= self.context:  # Ollama fills the context with what it keeps
            raise PromptCut(
                f"{self.name} read {read} tokens of a prompt of {least} or more: its context is smaller than the "
                "setting `model_context` says; `shopassist doctor` shows it"
            )


def _again(
    begin: Callable[[], tuple[str | None, Generator[Any]]], tries: int, deadline: float, stopped: threading.Event
) -> tuple[str | None, Generator[Any]]:
    """Call, and where that failed before its first word in a way that may pass, call again after a pause."""
    from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

    def pause(seconds: float) -> None:
        stopped.wait(min(seconds, max(deadline - time.monotonic(), 0.0)))

    retrying = Retrying(
        retry=retry_if_exception(lambda error: _may_pass(error) and not stopped.is_set()),
        stop=stop_after_attempt(tries),
        wait=wait_random_exponential(multiplier=PAUSE, max=LONGEST_PAUSE),
        sleep=pause,
        before_sleep=lambda state: log.debug("the model failed, it is asked again: %s", _kind(state)),
        reraise=True,
    )
    return retrying(begin)


def _may_pass(error: BaseException) -> bool:
    """Whether the same call may go well a moment later, and has cost no more than a moment."""
    passing = (ModelUnavailable, ModelBusy, BadAnswer)
    return isinstance(error, passing) and not isinstance(error, (ModelMissing, CircuitOpen))


def _kind(state: RetryCallState) -> str:
    return type(state.outcome.exception()).__name__ if state.outcome else "?"
