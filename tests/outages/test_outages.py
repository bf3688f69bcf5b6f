"""Whatever the model's server does, the customer gets an answer, the log one line, and the next turn is whole again.

Every test runs against a scripted server and, with scripts/test-ollama, against a real one.
"""

import re

import pytest
from fault_proxy import HTML, cut, endless, error_line, held, inserted, refused, saying, spaced, wordless
from talks import LIMITS, ME, MODEL, QUESTION

from shopassist.engine.prompt import front
from shopassist.errors import ModelUnavailable
from shopassist.models.routing import choose
from shopassist.models.tokens import WAIT
from shopassist.prompts import texts
from shopassist.settings import Address

ORDER = "ORD20241201002"
CANCEL, YES = f"帮我取消订单{ORDER}", "好的"
LONG = QUESTION + "和什么𠮷" * 950
"""A question without a full stop, of which nothing can be left out."""


def in_second(text):
    """A place in the middle of the second sentence."""
    return len(text.partition("。")[2]) > 3


def limited(name, value):
    """The server is asked for something else than the shop thinks."""

    def change(body):
        return {**body, "options": {**body["options"], name: value}}

    return change


def told(talk, caplog, reply, expected):
    """The customer has an answer, `degraded` and exactly one line of the log name what happened, and nothing more."""
    assert reply.text.strip()
    assert reply.degraded == expected
    (line,) = talk.lines()
    assert re.match(r"c-[0-9a-f]{12}: ", line)
    assert expected in line or "max_tokens" in line
    assert not any(r.exc_info for r in talk.records)
    assert "Traceback" not in caplog.text
    assert not any(private in caplog.text for private in (ME.id, QUESTION, ORDER))


FAULTS = {
    "404": (refused(404, 'model "x" not found, try pulling it first'), "ModelMissing"),
    "400": (refused(400, '"x" does not support tools'), "ModelRefused"),
    "503": (refused(503, "server busy, please try again. maximum pending requests exceeded"), "ModelBusy"),
    "500": (refused(500, "llama runner process has terminated: signal: killed"), "ModelUnavailable"),
    "cut in the first line": (cut(20), "BrokenAnswer"),
    "reset in the first line": (cut(20, reset=True), "BrokenAnswer"),
    "cut in the first sentence": (cut(lambda text: len(text) > 5), "BrokenAnswer"),
    "cut in the second sentence": (cut(in_second), "BrokenAnswer"),
    "reset in the second sentence": (cut(in_second, reset=True), "BrokenAnswer"),
    "no JSON": (inserted(b'{"model":'), "BrokenAnswer"),
    "no JSON at once": (inserted(b"<html>", after=0), "BrokenAnswer"),
    "no object": (inserted(b"[1, 2]"), "BrokenAnswer"),
    "null": (inserted(b"null"), "BrokenAnswer"),
    "no UTF-8": (inserted(b"\xff\xfe\xfd"), "BrokenAnswer"),
    "an error in mid-stream": (error_line(), "BrokenAnswer"),
    "an error at once": (error_line(after=0), "BrokenAnswer"),
    "no done": (endless, "BrokenAnswer"),
    "no word": (wordless, "EmptyAnswer"),
    "spaces": (saying("  \n \n"), "EmptyAnswer"),
    "another language": (saying("The warranty needs the number of your order."), "WrongLanguage"),
    "an echo": (saying("保修需要准备什么呢？"), "Echo"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_and_passes(talk, proxy, caplog, name):
    fault, expected = FAULTS[name]
    talk = talk()
    assert ORDER in talk.say(CANCEL, "c").text
    proxy.fault = fault
    reply = talk.say(conversation="c")
    told(talk, caplog, reply, expected)
    assert "订单号" in reply.text  # what the page says, by the model or by template
    done = [talk.say(YES, "c"), talk.say(YES, "c")]
    assert [[o.status for o in r.tool_outcomes] for r in done] == [["done"], []]
    assert not any(r.degraded for r in done)
    proxy.heal()
    assert talk.recovers() < 1
    assert talk.say(YES, "c").tool_outcomes == ()


@pytest.mark.parametrize("name", ["cut in the second sentence", "reset in the second sentence", "no done"])
def test_what_was_shown_before_it_broke_off_stays(talk, proxy, name):
    talk = talk()
    whole = talk.say().sentences
    proxy.asked.clear()
    proxy.fault = FAULTS[name][0]
    assert talk.say().sentences[0] == whole[0]
    assert len(proxy.asked) == 1  # it had begun to answer


@pytest.mark.parametrize("name", ["500", "503", "cut in the first line", "no JSON at once", "no word"])
def test_what_fails_once_before_the_first_word_is_asked_again(talk, proxy, name):
    talk = talk()
    fault, left = FAULTS[name][0], [1]

    def once(lines):
        return fault(lines) if left and left.pop() else lines

    proxy.fault = once
    reply = talk.say()
    assert (reply.degraded, reply.usage.model_calls, talk.lines()) == (None, 2, [])


@pytest.mark.parametrize("name", ["404", "400"])
def test_what_will_not_pass_is_not_asked_again(talk, proxy, name):
    talk = talk()
    proxy.asked.clear()
    proxy.fault = FAULTS[name][0]
    assert talk.say().usage.model_calls == len(proxy.asked) == 1


def test_a_server_that_is_down_and_comes_back(talk, proxy, caplog):
    talk = talk()
    talk.say(CANCEL, "c")
    with proxy.away():
        reply = talk.say(conversation="c")
        told(talk, caplog, reply, "ModelUnavailable")
        assert [o.status for o in talk.say(YES, "c").tool_outcomes] == ["done"]
    assert talk.recovers() < 1
    assert talk.say(YES, "c").tool_outcomes == ()


def test_a_server_that_dies_in_mid_answer(talk, proxy, caplog):
    talk = talk()

    def die(lines):
        yield next(lines)
        proxy.leave()
        yield from lines

    proxy.fault = die
    reply = talk.say()
    proxy.come_back()
    told(talk, caplog, reply, "BrokenAnswer")
    proxy.heal()
    assert talk.recovers() < 1


@pytest.mark.parametrize(
    ("other", "expected"),
    [((200, HTML), "BrokenAnswer"), ((404, HTML), "ModelUnavailable"), ((405, HTML), "ModelUnavailable")],
)
def test_another_service_on_the_port(talk, proxy, caplog, settings, other, expected):
    talk = talk()
    proxy.other = other
    told(talk, caplog, talk.say(), expected)
    with pytest.raises(ModelUnavailable, match=proxy.url):  # nor does an assistant start with it
        choose(settings.model_copy(update={"model": "ollama", "ollama_url": Address(proxy.url)}))
    proxy.heal()
    assert talk.recovers() < 1


def test_a_wrong_port_is_told_at_the_start_and_auto_goes_on_with_templates(settings, proxy):
    wrong = settings.model_copy(update={"ollama_url": Address("http://127.0.0.1:9"), "ollama_model": MODEL})
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1:9 .*ollama serve"):
        choose(wrong.model_copy(update={"model": "ollama"}))
    assert choose(wrong.model_copy(update={"model": "auto"})).writer(wrong) is None


@pytest.mark.parametrize(("fault", "setting"), [(held, "model_first_token"), (spaced, "model_next_token")])
def test_a_model_that_is_too_slow(talk, proxy, patient, caplog, fault, setting):
    seconds = 0.4 if patient == LIMITS["scripted"] else 15.0
    talk()
    talk = talk(**{setting: seconds})
    if fault is spaced:
        assert talk.say().degraded is None
    proxy.fault = fault(seconds * 2)
    told(talk, caplog, talk.say(), "ModelSilent")
    assert setting in talk.lines()[0]
    proxy.heal()
    assert talk.recovers() < 1


def test_a_turns_deadline_holds(talk, proxy, caplog):
    talk = talk()
    proxy.fault = held(3.0)
    reply = talk.say(deadline=0.5)
    told(talk, caplog, reply, "ModelTimeout")
    assert reply.usage.total < 2.5
    assert "model_deadline" in talk.lines()[0]


@pytest.mark.parametrize("fault", [None, saying("保修需要准备什么呢？申请")], ids=["plain", "behind an echo"])
def test_an_answer_at_the_token_limit(talk, proxy, caplog, fault):
    talk = talk()
    proxy.fault = fault
    proxy.change = limited("num_predict", 6)
    reply = talk.say()
    told(talk, caplog, reply, "CutOff")
    assert "订单号" in reply.text
    proxy.heal()
    assert talk.recovers() < 1


def test_a_prompt_that_the_server_cut_in_silence(talk, proxy, caplog):
    talk = talk()
    proxy.change = limited("num_ctx", 256)
    told(talk, caplog, talk.say(), "PromptCut")
    assert "model_context" in talk.lines()[0]
    proxy.heal()
    assert talk.recovers() < 1


def test_a_question_far_beyond_the_context(talk, proxy):
    talk = talk()
    proxy.asked.clear()
    reply = talk.say(LONG)
    assert reply.text.strip()
    assert reply.degraded == "PromptTooLong"
    (line,) = talk.lines()
    assert re.match(r"c-[0-9a-f]{12}: .*PromptTooLong.*`model_context`", line)
    assert proxy.asked == []
    assert talk.recovers() < 1


def test_a_model_that_was_deleted_in_mid_conversation(talk, server, caplog):
    name = f"{MODEL}-gone"
    server.copy(name)
    talk = talk(ollama_model=name)
    server.delete(name)
    told(talk, caplog, talk.say(), "ModelMissing")
    assert f"ollama pull {name}" in talk.lines()[0]
    server.copy(name)
    assert talk.recovers() < 1
    server.delete(name)


def restartable(server):
    if getattr(server, "program", "") is None:
        pytest.skip("the server of SHOPASSIST_OLLAMA_HOST is not ours to stop; SHOPASSIST_OLLAMA_BIN names a program")


def test_a_server_that_is_stopped_and_started_between_turns(talk, server, caplog):
    restartable(server)
    talk = talk(url=server.url)
    server.stop()
    try:
        told(talk, caplog, talk.say(), "ModelUnavailable")
    finally:
        server.start()
    assert talk.recovers() < 1


def test_a_restart_between_turns_is_not_noticed(talk, server):
    restartable(server)
    talk = talk(url=server.url)
    server.stop()
    server.start()
    assert (talk.say().degraded, talk.lines()) == (None, [])


def test_the_first_turn_after_a_start_may_find_the_server_gone(talk, proxy, caplog):
    talk = talk(whole=False)
    with proxy.away():
        told(talk, caplog, talk.say(), "ModelUnavailable")
    assert talk.recovers() < 1


def test_a_silent_server_at_the_first_turn_holds_it_up_no_longer_than_its_limits(talk, proxy, caplog):
    talk = talk(whole=False)
    proxy.silent = True
    reply = talk.say(deadline=1.0)
    told(talk, caplog, reply, "ModelTimeout")
    assert reply.usage.total < 1.0 + WAIT + 4.0


def test_warming_fails_with_an_error_of_ours(talk, proxy, settings):
    talk = talk()
    with proxy.away(), pytest.raises(ModelUnavailable, match="ollama serve"):
        talk.assistant.warm()
    talk.assistant.writer.warm(front(settings, texts("zh")))
    assert talk.recovers() < 1
