"""The claims that every way to a model must hold to."""

# The asserts and the tests' names are the product here:
# ruff: noqa: S101, D102

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from shopassist.errors import ModelError, ModelTimeout
from shopassist.models.writer import Writer, Writing

SHORT: list[BaseMessage] = [SystemMessage("你是网店的客服，只用一句话回答。"), HumanMessage("你好，请问在吗？")]
LONG: list[BaseMessage] = [HumanMessage("请从一数到一百，用汉字，每个数写一行，不要省略。")]


class ModelConformance:
    """The claims that a model must hold to as the engine calls it, for pytest.

    Inherit it where pytest collects tests, and make a writer with `max_tokens` of about 24::

        from shopassist.testing import ModelConformance

        class TestMyModel(ModelConformance):
            def make_writer(self):
                return Writer(MyModel(), name="mine", settings=load(max_tokens=24))

    `make_writer` is called once in a test; `make_broken` gives a writer whose model or server is not there. `seconds`
    is how long one answer may take, `counts` is False for a model that says no tokens.
    """

    seconds: float = 60.0
    counts: bool = True

    def make_writer(self) -> Writer:
        raise NotImplementedError("make_writer(self) must return a Writer")

    def make_broken(self) -> Writer:
        raise NotImplementedError("make_broken(self) must return a Writer whose model is not there")

    @cached_property
    def writer(self) -> Writer:
        return self.make_writer()

    def begun(self, messages: list[BaseMessage], seconds: float | None = None) -> Writing:
        until = time.monotonic() + (self.seconds if seconds is None else seconds)
        return self.writer.write(messages, deadline=until, stopped=threading.Event())

    def test_an_answer_comes_in_pieces(self) -> None:
        pieces = list(self.begun(LONG))
        assert len(pieces) > 2
        assert "".join(pieces).strip()

    def test_an_answer_says_what_it_took(self) -> None:
        writing = self.begun(SHORT)
        assert list(writing)
        assert writing.calls == 1
        assert writing.first is not None
        assert 0 < writing.first < self.seconds
        if self.counts:
            assert writing.input_tokens >= self.writer.counter.least(SHORT)
            assert writing.output_tokens > 0

    def test_tokens_are_counted_before_as_the_server_counts_them(self) -> None:
        if self.counts:
            writing = self.begun(SHORT)
            list(writing)
            counted = self.writer.counter.prompt(SHORT)
            if self.writer.counter.exact:
                assert writing.input_tokens == counted
            else:
                assert writing.input_tokens <= counted

    def test_an_answer_that_is_cut_off_says_so(self) -> None:
        if self.counts:
            writing = self.begun(LONG)
            list(writing)
            assert writing.ended == "length"
            assert writing.output_tokens <= self.writer.max_tokens

    def test_an_answer_that_is_closed_leaves_the_model_free(self) -> None:
        for _ in range(self.writer.admission.calls):  # as many as would take all places, if they kept them
            writing = self.begun(LONG)
            next(iter(writing))
            writing.close()
        assert list(self.begun(SHORT))

    def test_an_answer_that_is_closed_says_what_it_took(self) -> None:
        writing = self.begun(LONG)
        said = next(iter(writing))
        writing.close()
        assert writing.input_tokens >= self.writer.counter.least(LONG)
        assert 0 < writing.output_tokens <= max(self.writer.counter.count(said), self.writer.max_tokens)

    def test_a_customer_who_leaves_ends_the_answer_soon(self) -> None:
        stopped = threading.Event()
        writing = self.writer.write(LONG, deadline=time.monotonic() + self.seconds, stopped=stopped)
        texts = iter(writing)
        next(texts)
        stopped.set()
        began = time.monotonic()
        list(texts)
        assert time.monotonic() - began < 2

    def test_without_time_nothing_is_asked(self) -> None:
        began = time.monotonic()
        assert _told(ModelError, self.begun(LONG, seconds=-1))
        assert time.monotonic() - began < 2

    def test_a_deadline_ends_an_answer(self) -> None:
        list(self.begun(SHORT))  # whatever has to be loaded is
        assert "model_deadline" in _told(ModelTimeout, self.begun(LONG, seconds=0.01))

    def test_several_ask_at_once(self) -> None:
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda _: "".join(self.begun(SHORT, 3 * self.seconds)), range(3)))
        assert all(answers)

    def test_a_model_that_is_not_there_is_told_in_our_words(self) -> None:
        broken = self.make_broken()
        until = time.monotonic() + self.seconds
        try:
            assert _told(ModelError, broken.write(SHORT, deadline=until, stopped=threading.Event(), tries=1))
        finally:
            broken.close()


def _told(error: type[ModelError], writing: Writing) -> str:
    """The text of the error with which an answer ends."""
    try:
        said = "".join(writing)
    except error as raised:
        return str(raised)
    raise AssertionError(f"an answer came where {error.__name__} was due: {said[:40]}")
