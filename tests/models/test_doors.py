"""One set of claims for every way to a model. Those that need a real server or weights run where they are."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest
from counting_server import counting_server
from langchain_core.messages import HumanMessage

from shopassist.errors import MissingExtra, ModelMissing, ModelUnavailable
from shopassist.models.requests import HEADER
from shopassist.models.routing import choose
from shopassist.models.writer import Writer
from shopassist.settings import load
from shopassist.testing import ModelConformance, ScriptedModel

GGUF = os.environ.get("SHOPASSIST_TEST_GGUF")
NOBODY = "http://127.0.0.1:9"
MOST = 24


def writer(**values):
    made = load(
        max_tokens=MOST, model_queue=600.0, model_context=2048, model_first_token=120.0, model_deadline=120.0, **values
    )
    return choose(made).writer(made)


@pytest.fixture(scope="module")
def server():
    with counting_server() as made:
        yield made


class TestAnyChatModel(ModelConformance):
    counts = False
    seconds = 10.0

    def make_writer(self):
        return Writer(
            ScriptedModel(answers=["一，二，三，四，五，六。"], delay=0.02),
            name="scripted",
            settings=load(max_tokens=MOST),
        )

    def make_broken(self):
        return Writer(ScriptedModel(answers=[ModelUnavailable("gone")]), name="scripted", settings=load())


class ByServer(ModelConformance):
    seconds = 10.0

    @pytest.fixture(autouse=True)
    def _at(self, server):
        self.server = server


class TestOllama(ByServer):
    def make_writer(self):
        return writer(model="ollama", ollama_url=self.server.url, ollama_model="qwen")

    def make_broken(self):
        made = self.make_writer()
        made.model.model = "gone"
        return made


class TestOpenAI(ByServer):
    @pytest.fixture(autouse=True)
    def _installed(self):
        pytest.importorskip("langchain_openai")

    def make_writer(self):
        return writer(model="openai", openai_url=f"{self.server.url}/v1")

    def make_broken(self):
        made = self.make_writer()
        made.model.model_name = "gone"
        return made


@pytest.fixture(scope="module")
def embedded():
    made = writer(model="embedded", model_file=Path(GGUF))
    yield made
    made.close()


@pytest.mark.real_model
@pytest.mark.skipif(GGUF is None, reason="no weights: set SHOPASSIST_TEST_GGUF to a GGUF file")
class TestEmbedded(ModelConformance):
    @pytest.fixture(autouse=True)
    def _loaded(self, embedded):
        pytest.importorskip("xllamacpp")
        self.made = embedded

    def make_writer(self):
        return self.made

    def make_broken(self):
        from shopassist.models.embedded import EmbeddedChat

        return Writer(EmbeddedChat(file=Path(__file__)), name="none", settings=load())


# What the servers are sent


def sent(server, path):
    return [(headers, body) for at, headers, body in server.requests if at == path][-1]


def ask(made, conversation=None):
    return "".join(
        made.write(
            [HumanMessage("在吗")], deadline=time.monotonic() + 10, stopped=threading.Event(), conversation=conversation
        )
    )


def test_every_request_to_an_ollama_has_one_context_and_a_bounded_answer(server):
    made = writer(model="ollama", ollama_url=server.url, ollama_model="qwen", ollama_keep_alive="-1")
    ask(made, "3f9a12cd00ab")
    headers, body = sent(server, "/api/chat")
    assert body["options"] == {"num_ctx": 2048, "num_predict": MOST, "temperature": 0.0}
    assert body["keep_alive"] == -1
    assert headers[HEADER] == "3f9a12cd00ab"
    made.warm([HumanMessage("在吗")])
    _, warmed = sent(server, "/api/chat")
    assert warmed["options"]["num_ctx"] == 2048


def test_a_context_that_the_model_has_not_is_not_asked_for(server, caplog):
    settings = load(model="ollama", ollama_url=server.url, ollama_model="qwen", model_context=32768)
    made = choose(settings).writer(settings)
    assert made.context == 4096
    assert made.model.num_ctx == 4096
    assert "model inspect qwen" in caplog.text


def test_a_server_of_openais_interface_says_its_model_and_its_context(server):
    pytest.importorskip("langchain_openai")
    settings = load(model="openai", openai_url=f"{server.url}/v1", model_context=8192, openai_key="sk-1")
    choice = choose(settings)
    assert (choice.name, choice.door.context) == ("qwen", 4096)
    ask(choice.writer(settings), "3f9a12cd00ab")
    headers, body = sent(server, "/v1/chat/completions")
    assert body["max_tokens"] == 220
    assert body["stream_options"] == {"include_usage": True}
    assert headers["Authorization"] == "Bearer sk-1"
    assert headers[HEADER] == "3f9a12cd00ab"
    assert "sk-1" not in repr(choice)


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"openai_url": f"{NOBODY}/v1"}, ModelUnavailable, "SHOPASSIST_OPENAI_URL"),
        ({"openai_model": "gone"}, ModelMissing, "has qwen and not 'gone'"),
    ],
)
def test_a_server_of_openais_interface_that_cannot_be_used_is_told(server, values, error, words):
    pytest.importorskip("langchain_openai")
    with pytest.raises(error, match=words):
        choose(load(**{"model": "openai", "openai_url": f"{server.url}/v1", **values}))


def test_the_wrong_path_is_told(server):
    pytest.importorskip("langchain_openai")
    with pytest.raises(ModelUnavailable, match="/v1"):
        choose(load(model="openai", openai_url=server.url))


def test_without_langchain_openai_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "shopassist.models.openai", None)
    with pytest.raises(MissingExtra, match=r"shopassist\[openai\]"):
        choose(load(model="openai"))
