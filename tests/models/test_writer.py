"""A model as the engine calls it: let in, tried again, watched and counted."""

import logging
import threading
import time

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGenerationChunk

from shopassist.errors import (
    BrokenAnswer,
    CircuitOpen,
    EmptyAnswer,
    ModelBusy,
    ModelMissing,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    PromptCut,
)
from shopassist.models.breaker import FAILURES, Breaker
from shopassist.models.tokens import Estimate
from shopassist.models.writer import Writer
from shopassist.testing import ScriptedModel

ASK = [SystemMessage("你是客服。"), HumanMessage("续航多久？")]


def writer(model, settings, **values):
    return Writer(model, name="qwen", settings=settings.model_copy(update=values))


def said(made, seconds=5.0, stopped=None, **options):
    writing = made.write(ASK, deadline=time.monotonic() + seconds, stopped=stopped or threading.Event(), **options)
    return "".join(writing), writing


def test_an_answer_comes_in_pieces_and_is_counted(settings):
    text, writing = said(writer(ScriptedModel(answers=["单次续航 8 小时。"]), settings))
    assert text == "单次续航 8 小时。"
    assert writing.calls == 1
    assert writing.first is not None


@pytest.mark.parametrize("error", [ModelUnavailable("503"), ModelBusy("full"), BrokenAnswer("cut")])
def test_what_fails_before_its_first_word_is_asked_once_more(settings, error):
    text, writing = said(writer(ScriptedModel(answers=[error, "好的。"]), settings))
    assert (text, writing.calls) == ("好的。", 2)


@pytest.mark.parametrize(
    "error", [ModelMissing("404"), ModelRefused("401"), ModelTimeout("slow"), RuntimeError("boom")]
)
def test_what_will_not_pass_is_not_asked_again(settings, error):
    model = ScriptedModel(answers=[error, "好的。"])
    with pytest.raises(type(error)):
        said(writer(model, settings))
    assert len(model.calls) == 1


def test_an_answer_that_breaks_after_its_first_word_is_not_begun_again(settings):
    model = ScriptedModel(answers=[("单次续航", BrokenAnswer("cut")), "好的。"])
    made = writer(model, settings)
    writing = made.write(ASK, deadline=time.monotonic() + 5, stopped=threading.Event())
    heard = []
    with pytest.raises(BrokenAnswer):
        heard += iter(writing)
    assert len(model.calls) == 1


def test_an_answer_that_fails_twice_fails(settings):
    model = ScriptedModel(answers=[ModelUnavailable("down")])
    with pytest.raises(ModelUnavailable):
        said(writer(model, settings))
    assert len(model.calls) == 2


def test_without_calls_to_spare_nothing_is_asked_again(settings):
    model = ScriptedModel(answers=[ModelUnavailable("down"), "好的。"])
    with pytest.raises(ModelUnavailable):
        said(writer(model, settings), tries=1)
    assert len(model.calls) == 1


def test_a_retry_is_no_line_for_the_log(settings, caplog):
    caplog.set_level(logging.INFO)
    said(writer(ScriptedModel(answers=[ModelUnavailable("down"), "好的。"]), settings))
    assert not caplog.records


class Silent(ScriptedModel):
    """Ends without a word, and says why."""

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        self.calls.append(messages)
        yield ChatGenerationChunk(message=AIMessageChunk("", response_metadata={"done_reason": "stop"}))


def test_an_end_without_a_word_is_no_answer(settings):
    model = Silent(answers=[])
    with pytest.raises(EmptyAnswer, match="stop"):
        said(writer(model, settings))
    assert len(model.calls) == 2


class Counting(ScriptedModel):
    """Says how many tokens it read, as Ollama does."""

    read: int

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        yield ChatGenerationChunk(message=AIMessageChunk("好的。"))
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                "",
                response_metadata={
                    "done_reason": "length",
                    "prompt_eval_count": self.read,
                    "prompt_eval_duration": 500_000_000,
                },
                usage_metadata={"input_tokens": self.read, "output_tokens": 2, "total_tokens": self.read + 2},
            )
        )


LONG = [SystemMessage("你是客服。"), HumanMessage("".join(f"第{n}条：编号{n * 37}，续航多久？" for n in range(60)))]


def test_a_prompt_that_the_server_cut_is_told(settings):
    made = writer(Counting(answers=[], read=40), settings)
    writing = made.write(LONG, deadline=time.monotonic() + 5, stopped=threading.Event())
    with pytest.raises(PromptCut, match=r"read 40 tokens .* or more"):
        list(writing)
    assert Estimate().least(LONG) > 40


def test_a_prompt_that_was_cut_does_not_open_the_circuit(settings):
    made = writer(Counting(answers=[], read=40), settings)
    for _ in range(FAILURES + 1):
        writing = made.write(LONG, deadline=time.monotonic() + 5, stopped=threading.Event())
        with pytest.raises(PromptCut):
            list(writing)
    assert not made.breaker.is_open


def test_a_context_that_is_full_to_the_brim_was_cut(settings):
    made = Writer(Counting(answers=[], read=2048), name="qwen", settings=settings, context=2048)
    writing = made.write(LONG, deadline=time.monotonic() + 5, stopped=threading.Event())
    with pytest.raises(PromptCut):
        list(writing)


def test_a_customer_cannot_make_a_prompt_look_cut(settings):
    """Of a thousand of the same the tokenizer makes a few tokens."""
    for text in ("哈" * 1000, "😂" * 500, "=" * 900, "aaaa" * 500, "好好好" * 300, "快点！" * 300):
        made = writer(Counting(answers=[], read=60), settings)
        prompt = [SystemMessage("你是客服。"), HumanMessage(text)]
        list(made.write(prompt, deadline=time.monotonic() + 5, stopped=threading.Event()))


def test_a_prompt_that_was_read_whole_is_counted(settings):
    made = writer(Counting(answers=[], read=820), settings)
    writing = made.write(LONG, deadline=time.monotonic() + 5, stopped=threading.Event())
    assert list(writing) == ["好的。"]
    assert (writing.input_tokens, writing.output_tokens, writing.ended) == (820, 2, "length")
    assert made.pace == pytest.approx(820 / 0.5)


def test_what_lies_in_the_servers_cache_is_not_read_fast(settings):
    made = writer(Counting(answers=[], read=820), settings)
    for _ in range(2):
        list(made.write(LONG, deadline=time.monotonic() + 5, stopped=threading.Event()))
    assert made.pace <= 820 / 0.5, "the second prompt was the first one again"
    assert len(made._paces) == 1


def test_a_full_line_is_told_at_once_and_a_place_comes_back(settings):
    model = ScriptedModel(answers=["一二三四五六七八九十" * 4], delay=0.05)
    made = writer(model, settings, model_calls=1, model_waiting=0)
    first = made.write(ASK, deadline=time.monotonic() + 20, stopped=threading.Event())
    assert next(iter(first))
    with pytest.raises(ModelBusy, match="model_calls"):
        said(made)
    first.close()
    assert said(made, tries=1)[0]


def test_waiting_for_a_place_ends(settings):
    made = writer(
        ScriptedModel(answers=["一二三四五六七八九十" * 4], delay=0.05), settings, model_calls=1, model_queue=0.2
    )
    first = made.write(ASK, deadline=time.monotonic() + 20, stopped=threading.Event())
    next(iter(first))
    began = time.monotonic()
    with pytest.raises(ModelBusy, match="model_queue"):
        said(made)
    assert 0.15 < time.monotonic() - began < 5
    first.close()


def test_an_answer_that_nobody_reads_or_closes_keeps_no_place(settings):
    made = writer(ScriptedModel(answers=["一二三四五六七八九十" * 40], delay=0.01), settings, model_calls=1)
    forgotten = made.write(ASK, deadline=time.monotonic() + 0.4, stopped=threading.Event())
    next(iter(forgotten))
    made.model.answers = ["好的。"]
    assert said(made)[0] == "好的。"
    forgotten.close()


def test_a_customer_who_reads_slowly_says_nothing_about_the_model(settings):
    made = writer(ScriptedModel(answers=["一二三四五六七八九十" * 40], delay=0.01), settings, model_first_token=0.1)
    for _ in range(FAILURES + 1):
        writing = made.write(ASK, deadline=time.monotonic() + 0.3, stopped=threading.Event())
        texts = iter(writing)
        next(texts)
        time.sleep(0.4)
        with pytest.raises(ModelTimeout):
            list(texts)
    assert not made.breaker.is_open


def test_who_waits_is_served_in_turn(settings):
    made = writer(ScriptedModel(answers=["好的。"], delay=0.1), settings, model_calls=1)
    order, gate = [], threading.Event()

    def ask(number):
        gate.wait()
        time.sleep(number * 0.05)
        said(made, 20)
        order.append(number)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3]


def test_a_customer_who_leaves_frees_the_place(settings):
    made = writer(ScriptedModel(answers=["一二三四五六七八九十" * 40], delay=0.05), settings, model_calls=1)
    stopped = threading.Event()
    threading.Timer(0.3, stopped.set).start()
    said(made, 30, stopped)
    made.model.answers = ["好的。"]
    assert said(made)[0] == "好的。"


def test_the_first_word_and_the_next_have_limits_of_their_own(settings):
    slow = ScriptedModel(answers=["好的好的好的好的"], delay=0.4)
    with pytest.raises(ModelTimeout, match="model_first_token"):
        said(writer(slow, settings, model_first_token=0.1))
    with pytest.raises(ModelTimeout, match="model_next_token"):
        said(writer(slow, settings, model_first_token=5.0, model_next_token=0.1))


# The circuit breaker


def failing(made, times):
    for _ in range(times):
        with pytest.raises(ModelUnavailable):
            said(made, tries=1)


def waited(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_after_several_failures_nobody_waits_for_the_model(settings):
    model = ScriptedModel(answers=[ModelUnavailable("down")])
    made = Writer(model, name="qwen", settings=settings, probe=lambda: (_ for _ in ()).throw(ModelUnavailable("down")))
    failing(made, FAILURES)
    with pytest.raises(CircuitOpen):
        said(made)
    assert len(model.calls) == FAILURES
    made.close()


def test_a_model_that_is_back_is_asked_again_by_itself(settings):
    away = threading.Event()
    away.set()

    def probe():
        if away.is_set():
            raise ModelUnavailable("down")

    breaker = Breaker(probe, rest=(0.05,))
    for _ in range(FAILURES):
        breaker.admit()
        breaker.failed()
    assert breaker.is_open
    with pytest.raises(CircuitOpen):
        breaker.admit()
    away.clear()
    assert waited(lambda: not breaker.is_open)
    breaker.admit()
    with pytest.raises(CircuitOpen):
        breaker.admit()  # one call is let through, and nobody else until it went well
    breaker.succeeded()
    breaker.admit()
    breaker.succeeded()


def test_a_model_that_fails_its_trial_is_left_alone_again():
    breaker = Breaker(lambda: None, rest=(0.05,))
    for _ in range(FAILURES):
        breaker.failed()
    assert waited(lambda: not breaker.is_open)
    breaker.failed(trial=breaker.admit())
    assert breaker.is_open
    breaker.close()


def test_the_first_word_of_a_trial_lets_everybody_in(settings):
    model = ScriptedModel(answers=[ModelUnavailable("down")])
    made = writer(model, settings)
    made.breaker._rest = (0.05,)
    failing(made, FAILURES)
    assert waited(lambda: not made.breaker.is_open)
    model.answers, model.delay = ["一二三四五六七八九十" * 4], 0.02
    trial = made.write(ASK, deadline=time.monotonic() + 10, stopped=threading.Event())
    next(iter(trial))
    assert said(made)[0]
    trial.close()


def test_a_call_from_before_that_ends_well_closes_the_circuit(caplog):
    breaker = Breaker(lambda: (_ for _ in ()).throw(ModelUnavailable("down")), rest=(0.05,))
    breaker.admit()
    for _ in range(FAILURES):
        breaker.failed()
    assert breaker.is_open
    breaker.succeeded()
    assert "answers again" in caplog.text
    assert not breaker.admit()


def test_a_call_from_before_does_not_end_a_trial():
    breaker = Breaker(lambda: None, rest=(0.05,))
    for _ in range(FAILURES):
        breaker.failed()
    assert waited(lambda: not breaker.is_open)
    assert breaker.admit()
    breaker.left()
    with pytest.raises(CircuitOpen):
        breaker.admit()


def test_a_trial_whose_customer_leaves_keeps_nobody_out():
    breaker = Breaker(lambda: None, rest=(0.05,))
    for _ in range(FAILURES):
        breaker.failed()
    assert waited(lambda: not breaker.is_open)
    trial = breaker.admit()
    breaker.left(trial=trial)
    breaker.admit()
    breaker.succeeded()


def test_a_customer_without_time_says_nothing_about_the_model(settings):
    slow = ScriptedModel(answers=["好的。"], delay=0.3)
    made = writer(slow, settings)
    for _ in range(FAILURES + 1):
        with pytest.raises(ModelTimeout):
            said(made, 0.05)
    slow.delay = 0.0
    assert said(made)[0] == "好的。"
