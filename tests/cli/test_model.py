"""`shopassist model`, as a process of its own, at a stand-in for Ollama."""

import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ollama_stand_in import blobs, stand_in
from tiny_gguf import tiny


@pytest.fixture
def ollama(tmp_path):
    """A server that has one model, `qwen`, of which `orig.gguf` is the file."""
    with stand_in(tmp_path / "server") as server:
        file = tiny(tmp_path / "orig.gguf")
        blob = server.folder / "blobs" / "sha256-01"
        blob.write_bytes(file.read_bytes())
        template = "{{ range .Messages }}{{ .Content }}{{ end }}{{ .Tools }}"
        server.models["qwen"] = {"digest": "sha256:01", "template": template}
        yield server


@pytest.fixture
def command(ollama, tmp_path):
    """What runs a command and gives its result."""

    def start(*arguments, **variables):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SHOPASSIST_")}
        own = {"SHOPASSIST_OLLAMA_URL": ollama.url, "SHOPASSIST_MODELS_DIR": str(tmp_path / "models"), "COLUMNS": "160"}
        return subprocess.Popen(
            [sys.executable, "-m", "shopassist.cli", "model", *arguments],
            cwd=tmp_path,
            env={**clean, **own, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
        )

    def run(*arguments, **variables):
        with start(*arguments, **variables) as process:
            out, err = process.communicate(timeout=60)
            return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    run.start = start
    return run


def weights(folder):
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")


def test_inspect_tells_what_a_model_is_asked_for_and_can_give(command, ollama):
    ollama.loaded = [{"name": "qwen", "model": "qwen", "context_length": 4096}]
    found = json.loads(command("inspect", "qwen", "--json", SHOPASSIST_MODEL_CONTEXT="65536").stdout)
    assert found["context"] == {
        "trained": 32768,
        "file": 32768,
        "yarn": None,
        "asked": 65536,
        "allocated": None,  # `qwen` means `qwen:latest`, and another is loaded
        "usable": 32768,
        "answer": 220,
    }
    ollama.loaded[0]["name"] = "qwen:latest"
    found = json.loads(command("inspect", "qwen", "--json", SHOPASSIST_MODEL_CONTEXT="65536").stdout)
    assert found["context"]["allocated"] == 4096
    told = " ".join(found["notes"])
    assert "asks for 65,536 tokens and this model has 32,768" in told
    assert "loaded with 4,096 tokens" in told
    assert "shopassist model extend qwen --context 131072" in told


def test_inspect_for_people_tells_the_same(command):
    done = command("inspect", "qwen")
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "trained for 32,768 tokens" in lines
    assert "asked for 8,192 tokens (setting `model_context`)" in lines
    assert "allocated not loaded at this moment" in lines
    assert "template messages and tools" in lines
    assert "1 token 28.0 KiB 14.9 KiB" in lines
    assert "4,096 tokens 112.0 MiB 59.5 MiB" in lines
    assert "131,072 tokens 3.50 GiB 1.86 GiB (more than this file has)" in lines


def test_inspect_takes_a_file_and_no_server(command, ollama, tmp_path):
    ollama.hook = pytest.fail
    found = json.loads(command("inspect", "orig.gguf", "--json").stdout)
    assert (found["server"], found["quantisation"], found["architecture"]) == (None, "Q4_K_M", "qwen2")
    assert found["kv_bytes"]["1"] == {"f16": 28672, "q8_0": 15232}
    assert "--gguf orig.gguf --context 131072" in " ".join(found["notes"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["inspect", "nope"], "ollama pull nope"),
        (["inspect", "no name"], "can be no model's name"),
        (["inspect", "nope.gguf"], "nope.gguf is not there"),
        (["inspect"], "has no 'qwen2.5:7b'"),
        (["extend", "nope"], "--gguf FILE"),
        (["extend", "qwen", "--to", "qwen"], "has a qwen already"),
        (["extend", "qwen", "--context", "8192"], "needs no copy"),
        (["extend", "qwen", "--context", "1000000"], "131072 at most"),
        (["extend", "qwen", "--gguf", "nope.gguf"], "nope.gguf is not there"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_no_traceback(command, ollama, tmp_path, arguments, words):
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert list(ollama.models) == ["qwen"]
    assert weights(tmp_path / "models") == []


def test_a_server_that_is_not_there_is_told(command):
    done = command("inspect", "qwen", SHOPASSIST_OLLAMA_URL="http://127.0.0.1:1")
    assert done.returncode == 1
    assert "ollama serve" in done.stderr


def test_another_service_on_the_port_is_told(command):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(404)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        done = command("inspect", "qwen", SHOPASSIST_OLLAMA_URL=f"http://127.0.0.1:{other.server_port}")
        other.shutdown()
        thread.join()
    assert done.returncode == 1
    assert "is no Ollama" in done.stderr
    assert "SHOPASSIST_OLLAMA_URL" in done.stderr


def test_extend_makes_a_second_model_and_leaves_no_file(command, ollama, tmp_path):
    done = command("extend", "qwen", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["name"], made["original"], made["context"]) == ("qwen-128k", "qwen", 131072)
    assert (made["trained"], made["yarn"], made["tools"], made["kept"]) == (32768, 4.0, True, None)
    assert made["kv_bytes"]["f16"] == 28672 * 131072
    assert ollama.models["qwen-128k"]["template"] == ollama.models["qwen"]["template"]
    assert weights(tmp_path / "models") == []
    found = json.loads(command("inspect", "qwen-128k", "--json").stdout)
    assert found["context"]["trained"] == 32768
    assert found["context"]["file"] == 131072
    assert "short prompts lose a little" in " ".join(found["notes"])


def test_extend_says_what_it_costs(command):
    done = command("extend", "qwen", "--to", "shop/long")
    assert done.returncode == 0, done.stderr
    assert "shop/long is at http" in done.stdout
    assert "YaRN × 4, which is always on in this file: short prompts lose a little. Two names, one for each use." in (
        done.stdout
    )
    assert "for its models of 7B and larger" in done.stdout
    assert "SHOPASSIST_OLLAMA_MODEL=shop/long SHOPASSIST_MODEL_CONTEXT=131072" in done.stdout


def test_a_file_that_the_server_does_not_know_can_be_extended_and_kept(command, ollama, tmp_path):
    done = command("extend", "new", "--gguf", "orig.gguf", "--context", "65536", "--keep", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["name"], made["original"], made["yarn"]) == ("new-64k", None, 2.0)
    assert made["template"] == "Qwen2.5's own"
    assert made["kept"] == str(tmp_path / "models" / "new-64k.gguf")
    assert json.loads(command("inspect", made["kept"], "--json").stdout)["context"]["file"] == 65536
    assert ".Tools" in ollama.models["new-64k"]["template"]


@pytest.mark.parametrize("moment", ["/api/blobs/", "parsing GGUF", "writing manifest"])
def test_ctrl_c_leaves_nothing_half(command, ollama, tmp_path, moment):
    reached, go_on = threading.Event(), threading.Event()

    def hook(place):
        if place.startswith(moment):
            reached.set()
            go_on.wait(30)
            ollama.hook = lambda place: None

    ollama.hook = hook
    with command.start("extend", "qwen", "--keep") as process:
        assert reached.wait(30)
        process.send_signal(signal.SIGINT)
        threading.Timer(0.5, go_on.set).start()  # the server does not hear of it, and goes on
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert (out, "Stopped." in err, "Traceback" in err) == ("", True, False)
    assert list(ollama.models) == ["qwen"]
    assert blobs(ollama.folder) == {"sha256-01"}
    assert weights(tmp_path / "models") == []
