"""Which model writes, and what is said where none can."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shopassist.errors import ModelUnavailable, WeightsMissing
from shopassist.models.embedded import EmbeddedChat
from shopassist.models.routing import choose

NOBODY = "http://127.0.0.1:9"  # the discard port; nothing listens


@contextmanager
def server(body):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/api/tags" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def ollama(*names):
    return server(json.dumps({"models": [{"name": n} for n in names]}).encode())


@pytest.fixture
def with_values(settings):
    return lambda **values: settings.model_copy(update=values)


def test_none_is_no_model(settings):
    choice = choose(settings)
    assert (choice.kind, choice.model, choice.name) == ("none", None, None)
    assert "`model`" in choice.reason


def test_an_ollama_that_does_not_answer_is_named_with_its_setting(with_values):
    with pytest.raises(ModelUnavailable, match=rf"{NOBODY}.*SHOPASSIST_OLLAMA_URL"):
        choose(with_values(model="ollama", ollama_url=NOBODY))


def test_an_ollama_that_has_the_model_is_used(with_values):
    with ollama("qwen2.5:7b", "other:latest") as url:
        choice = choose(with_values(model="ollama", ollama_url=url))
    assert (choice.kind, choice.name) == ("ollama", "qwen2.5:7b")
    assert choice.model.model == "qwen2.5:7b"
    assert choice.model.num_ctx == 8192


def test_a_name_without_a_tag_is_the_latest(with_values):
    with ollama("mine:latest") as url:
        assert choose(with_values(model="ollama", ollama_url=url, ollama_model="mine")).name == "mine"


@pytest.mark.parametrize("names", [(), ("llama3:8b",)])
def test_an_ollama_without_the_model_says_what_it_has_and_what_to_run(with_values, names):
    with ollama(*names) as url, pytest.raises(ModelUnavailable) as error:
        choose(with_values(model="ollama", ollama_url=url))
    assert "ollama pull qwen2.5:7b" in str(error.value)
    assert "SHOPASSIST_OLLAMA_MODEL" in str(error.value)
    assert (names[0] if names else "none") in str(error.value)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"models": 3}', b'{"models": [{}]}'])
def test_a_server_that_is_no_ollama_is_told(with_values, body):
    with server(body) as url, pytest.raises(ModelUnavailable, match="is no Ollama"):
        choose(with_values(model="ollama", ollama_url=url))


def test_an_embedded_model_needs_its_weights(with_values, tmp_path):
    with pytest.raises(WeightsMissing, match="shopassist pull"):
        choose(with_values(model="embedded"))
    with pytest.raises(WeightsMissing, match=r"SHOPASSIST_MODEL_FILE.*none\.gguf"):
        choose(with_values(model="embedded", model_file=tmp_path / "none.gguf"))


def test_an_embedded_models_file_is_not_opened_before_it_is_needed(with_values, tmp_path):
    pytest.importorskip("xllamacpp")
    file = tmp_path / "qwen.gguf"
    file.write_bytes(b"no weights")
    choice = choose(with_values(model="embedded", model_file=file))
    assert isinstance(choice.model, EmbeddedChat)
    assert (choice.kind, choice.name) == ("embedded", "qwen")


def test_auto_takes_the_ollama_first(with_values, tmp_path):
    file = tmp_path / "qwen.gguf"
    file.touch()
    with ollama("qwen2.5:7b") as url:
        assert choose(with_values(model="auto", ollama_url=url, model_file=file)).kind == "ollama"


def test_auto_goes_on_to_the_embedded_model(with_values, tmp_path):
    pytest.importorskip("xllamacpp")
    file = tmp_path / "qwen.gguf"
    file.touch()
    assert choose(with_values(model="auto", ollama_url=NOBODY, model_file=file)).kind == "embedded"


def test_auto_ends_without_a_model_and_gives_all_reasons(with_values):
    choice = choose(with_values(model="auto", ollama_url=NOBODY))
    assert (choice.kind, choice.model) == ("none", None)
    assert NOBODY in choice.reason
    assert "shopassist pull" in choice.reason
