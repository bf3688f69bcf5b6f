"""A real Ollama: the program `ollama` on the PATH, or in ``bin`` of the folder SHOPASSIST_SHARED (else ../shared)."""

import json
import logging
import os
import shutil
import socket
import subprocess
import threading
import time
import traceback
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from shopassist.errors import BrokenAnswer, ModelRefused, ModelTimeout, ModelUnavailable
from shopassist.models.bounded import bounded
from shopassist.models.ollama import chat, models
from shopassist.models.routing import choose
from shopassist.settings import load

SHARED = Path(os.environ.get("SHOPASSIST_SHARED", Path(__file__).parents[3] / "shared"))
PROGRAM = shutil.which("ollama") or shutil.which(SHARED / "bin/ollama")
GGUF = os.environ.get("SHOPASSIST_TEST_GGUF")
real_ollama = pytest.mark.skipif(PROGRAM is None, reason="no program ollama: install it, or set SHOPASSIST_SHARED")
real_model = pytest.mark.skipif(GGUF is None, reason="no weights: set SHOPASSIST_TEST_GGUF to a GGUF file")
ASK = [HumanMessage("从一数到二十，用汉字。")]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The URL of an Ollama of our own, without models."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    home = tmp_path_factory.mktemp("ollama")
    env = {**os.environ, "OLLAMA_HOST": url, "OLLAMA_MODELS": str(home / "models"), "HOME": str(home)}
    with (home / "log").open("w") as log, subprocess.Popen([PROGRAM, "serve"], env=env, stdout=log, stderr=log) as run:
        try:
            until = time.monotonic() + 30
            while True:
                try:
                    models(url)
                    break
                except ModelUnavailable:
                    assert time.monotonic() < until, (home / "log").read_text()
                    time.sleep(0.1)
            yield url
        finally:
            run.terminate()


def ask(url, name, **values):
    limits = {"max_tokens": 24, "model_first_token": 120.0, "model_context": 2048}
    return chat(load(model="ollama", ollama_url=url, ollama_model=name, **{**limits, **values}))


@real_ollama
def test_a_real_ollama_without_the_model_says_what_to_run(server):
    with pytest.raises(ModelUnavailable, match=r"ollama pull qwen2\.5:7b"):
        choose(load(model="ollama", ollama_url=server))


@real_ollama
@pytest.mark.parametrize("call", [lambda m: m.invoke(ASK), lambda m: list(m.stream(ASK))])
def test_a_model_that_went_away_is_told(server, call):
    with pytest.raises(ModelUnavailable, match="ollama pull gone"):
        call(ask(server, "gone"))


@pytest.mark.parametrize("call", [lambda m: m.invoke(ASK), lambda m: list(m.stream(ASK))])
def test_a_server_that_went_away_is_told(call):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(ModelUnavailable, match="ollama serve"):
            call(ask(f"http://127.0.0.1:{closed.getsockname()[1]}", "any"))


def test_an_answer_that_breaks_off_is_told():
    """A server that closes its connection in mid-answer: the client libraries take that for the end."""
    piece = b'{"model":"any","message":{"role":"assistant","content":"\xe4\xb8\x80"},"done":false}\n'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n"

    def answer(listening):
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(head + piece)
            connection.shutdown(socket.SHUT_WR)  # an end, and no reset, whatever of the request was not read
            while connection.recv(65536):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, args=(listening,), daemon=True).start()
        stream = ask(f"http://127.0.0.1:{listening.getsockname()[1]}", "any").stream(ASK)
        assert next(stream).text == "一"
        with pytest.raises(BrokenAnswer, match="broke off"):
            list(stream)


def test_a_server_that_stalls_is_a_timeout():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ModelTimeout, match="model_first_token"):
        list(
            ask(
                f"http://127.0.0.1:{silent.getsockname()[1]}", "any", model_first_token=0.3, model_next_token=0.3
            ).stream(ASK)
        )


class Guarded(BaseHTTPRequestHandler):
    """An Ollama behind a password that has one model, which says one word."""

    def do_GET(self):
        self.answer({"models": [{"name": "qwen"}]})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"model": "qwen", "message": {"role": "assistant", "content": "好"}, "done": True})

    def answer(self, body):
        login = b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        self.send_response(200 if login == "shop:hunter@2" else 401)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode() + b"\n")

    def log_message(self, *_):
        pass


@pytest.fixture
def guarded():
    """The host and port of an Ollama that wants the password hunter@2."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Guarded) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def test_a_password_in_the_address_is_used_and_never_shown(guarded, caplog):
    caplog.set_level(logging.DEBUG)
    choice = choose(load(model="ollama", ollama_url=f"http://shop:hunter%402@{guarded}", ollama_model="qwen"))
    assert choice.model.invoke(ASK).text == "好"
    assert next(choice.model.stream(ASK)).text == "好"
    with pytest.raises(ModelUnavailable) as missing:
        choose(load(model="ollama", ollama_url=f"http://shop:hunter%402@{guarded}", ollama_model="gone"))
    with pytest.raises(ModelRefused) as refused:
        choose(load(model="ollama", ollama_url=f"http://shop:hunter3@{guarded}"))
    shown = repr(choice) + caplog.text
    shown += "".join("".join(traceback.format_exception(e.value)) for e in (missing, refused))
    assert guarded in shown
    assert not any(password in shown for password in ("hunter@2", f"hunter%402@{guarded}", f"hunter3@{guarded}"))


@pytest.mark.parametrize("leave", ["deadline", "stopped"])
def test_a_silent_ollama_is_hung_up_on(leave):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stopped = threading.Event()
        model = ask(f"http://127.0.0.1:{silent.getsockname()[1]}", "any")
        if leave == "stopped":
            threading.Timer(0.3, stopped.set).start()
        began = time.monotonic()
        try:
            assert list(bounded(model.stream(ASK), began + (0.3 if leave == "deadline" else 60), stopped)) == []
        except ModelTimeout:
            assert leave == "deadline"
        assert time.monotonic() - began < 5  # it may take 0.5 s; a busy machine adds to that
        connection, _ = silent.accept()
        connection.settimeout(5)
        while connection.recv(65536):  # the request, and then the end: the client has hung up
            pass
        connection.close()


@pytest.mark.real_model
@real_ollama
@real_model
def test_a_real_model_on_a_real_ollama_streams_and_counts(server, tmp_path):
    (tmp_path / "Modelfile").write_text(f"FROM {GGUF}\n")
    env = {**os.environ, "OLLAMA_HOST": server}
    subprocess.run(
        [PROGRAM, "create", "qwen", "-f", tmp_path / "Modelfile"], env=env, check=True, capture_output=True, timeout=120
    )
    choice = choose(load(model="ollama", ollama_url=server, ollama_model="qwen", model_deadline=120))
    chunks = list(choice.model.stream(ASK))
    assert len([c for c in chunks if c.text]) > 3
    assert sum((c.usage_metadata or {}).get("output_tokens", 0) for c in chunks) > 3
