"""How each door holds a model to a JSON schema: what goes over the wire, and what real servers make of it."""

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from jsonschema import Draft202012Validator
from langchain_core.messages import HumanMessage

from ollama_stand_in import PROGRAM, real
from shopassist.language.structured import schema
from shopassist.models.embedded import EmbeddedChat
from shopassist.models.ollama import chat as ollama_chat
from shopassist.models.writer import Writer
from shopassist.settings import load
from shopassist.testing import ScriptedModel

FORM = schema(("cancel_order", "exchange", "invoice"), ("order_id", "product", "reason"))
ASK = [HumanMessage(f"客户说：手滑多拍了一件，麻烦作废掉。客户要什么？只输出 JSON，符合：{json.dumps(FORM)}")]
ANSWER = '{"wishes": []}'
MOST = 77
GGUF = os.environ.get("SHOPASSIST_TEST_GGUF")
real_model = pytest.mark.skipif(GGUF is None, reason="no weights: set SHOPASSIST_TEST_GGUF to a GGUF file")


class Server(BaseHTTPRequestHandler):
    """An Ollama and a server with OpenAI's interface that answer everything alike, and keep what they are sent."""

    def do_POST(self):
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson" if self.path == "/api/chat" else "text/event-stream")
        self.end_headers()
        lines = self.ollama() if self.path == "/api/chat" else self.openai()
        self.wfile.write("".join(lines).encode())

    def ollama(self):
        yield json.dumps({"message": {"role": "assistant", "content": ANSWER}, "done": False}) + "\n"
        end = {"done": True, "done_reason": "stop", "prompt_eval_count": 500, "eval_count": 5}
        yield json.dumps({"message": {"role": "assistant", "content": ""}, **end}) + "\n"

    def openai(self):
        def event(**data):
            head = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "qwen"}
            return f"data: {json.dumps({**head, **data})}\n\n"

        yield event(choices=[{"index": 0, "delta": {"role": "assistant", "content": ANSWER}, "finish_reason": None}])
        yield event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
        yield event(choices=[], usage={"prompt_tokens": 500, "completion_tokens": 5, "total_tokens": 505})
        yield "data: [DONE]\n\n"

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as listening:
        listening.bodies = []
        listening.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def writer(model, **values):
    return Writer(model, name="qwen", settings=load(model="none", model_first_token=200, model_next_token=60, **values))


def ask(model, form=FORM, most=MOST, seconds=10):
    """The answer's text, and what it took."""
    writing = writer(model).ask(ASK, form, most=most, deadline=time.monotonic() + seconds, stopped=threading.Event())
    return "".join(writing), writing


def say(model):
    """An answer in words, as the engine asks for it."""
    return "".join(writer(model).write(ASK, deadline=time.monotonic() + 10, stopped=threading.Event()))


def test_ollama_gets_the_schema_and_keeps_its_context(server):
    model = ollama_chat(load(model="ollama", ollama_url=server.url, ollama_model="qwen", model_context=4096))
    answer, took = ask(model)
    say(model)
    structured, plain = server.bodies
    assert answer == ANSWER
    assert (took.calls, took.input_tokens, took.output_tokens, took.ended) == (1, 500, 5, "stop")
    assert structured["format"] == FORM
    assert structured["options"] == {**plain["options"], "num_predict": MOST}
    assert (structured["options"]["num_ctx"], structured["keep_alive"]) == (4096, plain["keep_alive"])
    assert not plain.get("format")


def test_a_server_with_openais_interface_gets_the_schema(server):
    pytest.importorskip("langchain_openai")
    from shopassist.models.openai import chat

    model = chat(load(model="openai", openai_url=f"{server.url}/v1", openai_model="qwen"), "qwen")
    answer, took = ask(model)
    say(model)
    structured, plain = server.bodies
    assert answer == ANSWER
    assert (took.calls, took.input_tokens, took.output_tokens, took.ended) == (1, 500, 5, "stop")
    form = structured.pop("response_format")
    assert form["type"] == "json_schema"
    assert form["json_schema"]["schema"] == FORM
    assert form["json_schema"]["strict"] is True
    assert structured == {**plain, "max_tokens": MOST}


def test_the_embedded_model_gets_the_schema(server, monkeypatch, tmp_path):
    library = ModuleType("xllamacpp")
    library.CommonParams = lambda: SimpleNamespace(
        model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace()
    )
    library.Server = lambda _: SimpleNamespace(listening_address=server.url)
    monkeypatch.setitem(sys.modules, "xllamacpp", library)
    (tmp_path / "qwen.gguf").touch()
    model = EmbeddedChat(file=tmp_path / "qwen.gguf")
    answer, took = ask(model)
    say(model)
    model.close()
    structured, plain = server.bodies
    assert answer == ANSWER
    assert (took.calls, took.input_tokens, took.output_tokens, took.ended) == (1, 500, 5, "stop")
    assert structured.pop("response_format")["json_schema"]["schema"] == FORM
    assert structured == {**plain, "max_tokens": MOST}


def test_any_other_model_gets_the_prompt_alone():
    class Watched(ScriptedModel):
        def _stream(self, *arguments, **options):
            seen.append(options)
            yield from super()._stream(*arguments, **options)

    seen = []
    assert ask(Watched(answers=[ANSWER]))[0] == ANSWER
    assert not {"format", "response_format", "extra_body", "options"} & set(seen[0])


def test_a_question_is_not_asked_twice():
    from shopassist.errors import ModelUnavailable

    model = ScriptedModel(answers=[ModelUnavailable("gone"), ANSWER])
    with pytest.raises(ModelUnavailable):
        ask(model)
    assert len(model.calls) == 1


def fits(answer):
    Draft202012Validator(FORM).validate(json.loads(answer))


@pytest.mark.real_model
@pytest.mark.skipif(PROGRAM is None, reason="no program ollama: install it, or set SHOPASSIST_SHARED")
@real_model
def test_a_real_ollama_holds_its_model_to_the_schema(tmp_path):
    (tmp_path / "Modelfile").write_text(f"FROM {GGUF}\n")
    with real(tmp_path / "ollama") as there:
        command = [PROGRAM, "create", "qwen", "-f", tmp_path / "Modelfile"]
        env = {**os.environ, "OLLAMA_HOST": there.url}
        subprocess.run(command, env=env, check=True, capture_output=True, timeout=300)
        values = {"model_first_token": 300, "model_next_token": 100, "model_context": 2048}
        model = ollama_chat(load(model="ollama", ollama_url=there.url, ollama_model="qwen", **values))
        answer, took = ask(model, most=200, seconds=400)
    fits(answer)
    assert took.ended == "stop"
    assert 5 < took.output_tokens < 200


@pytest.mark.real_model
@real_model
def test_the_real_embedded_model_is_held_to_the_schema():
    pytest.importorskip("xllamacpp")
    model = EmbeddedChat(file=Path(GGUF), context=2048, threads=min(4, os.cpu_count() or 1), timeout=300)
    try:
        answer, took = ask(model, most=200, seconds=400)
    finally:
        model.close()
    fits(answer)
    assert took.ended == "stop"
    assert 5 < took.output_tokens < 200
