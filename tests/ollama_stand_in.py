"""Two servers to run the same tests on: a stand-in for Ollama's HTTP API, and a real one where its program is.

The program is `ollama` on the PATH, or in ``bin`` of the folder SHOPASSIST_SHARED (else ../shared).
"""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from gguf import GGUFReader

SHARED = Path(os.environ.get("SHOPASSIST_SHARED", Path(__file__).parents[2] / "shared"))
PROGRAM = shutil.which("ollama") or shutil.which(SHARED / "bin/ollama")
LISTS = ("tokenizer.ggml.tokens", "tokenizer.ggml.merges", "tokenizer.ggml.token_type")


def blobs(folder):
    """The names of the files in a server's store."""
    return {p.name for p in (folder / "blobs").glob("*")}


class StandIn(ThreadingHTTPServer):
    """An Ollama without an engine. `hook(path)` is called before each answer; `loaded` is what /api/ps says."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.folder = folder
        (folder / "blobs").mkdir(parents=True)
        self.models = {}
        self.loaded = []
        self.hook = lambda path: None
        self.context = None  # what it says of a model's length, if not the truth


class _Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer(200 if self.blob(self.path.rpartition("/")[2]).is_file() else 404)

    def do_GET(self):
        self.server.hook(self.path)
        self.answer(200, {"version": "0.11.4"} if self.path == "/api/version" else {"models": self.server.loaded})

    def do_DELETE(self):
        gone = self.server.models.pop(self.body()["model"], None)
        used = {m["digest"] for m in self.server.models.values()}
        if gone and gone["digest"] not in used:
            self.blob(gone["digest"]).unlink()
        self.answer(200 if gone else 404)

    def do_POST(self):
        self.server.hook(self.path)
        if self.path.startswith("/api/blobs/"):
            data = self.rfile.read(int(self.headers["Content-Length"]))
            whole = len(data) == int(self.headers["Content-Length"])
            digest = self.path.rpartition("/")[2]
            if whole and digest == f"sha256:{hashlib.sha256(data).hexdigest()}":
                self.blob(digest).write_bytes(data)
                self.answer(201)
            else:
                self.answer(400, {"error": "digest mismatch"})
        elif self.path == "/api/show":
            name = self.body()["model"]
            if " " in name:
                self.answer(400, {"error": "invalid model name"})
            else:
                self.show(self.server.models.get(name))
        else:
            self.create(self.body())

    def create(self, body):
        self.answer(200)
        (digest,) = body["files"].values()
        for status in ("parsing GGUF", "writing manifest"):
            self.line({"status": status})
            self.server.hook(status)
        if "{{" in body.get("template", "").rpartition("}}")[2]:
            self.line({"error": "template error: unclosed action"})
            return
        self.server.models[body["model"]] = {**body, "digest": digest}
        self.line({"status": "success"})

    def show(self, model):
        if model is None:
            self.answer(404, {"error": "model not found"})
            return
        file = self.blob(model["digest"])
        reader = GGUFReader(file)
        info = {k: f.contents() for k, f in reader.fields.items() if not k.startswith("GGUF.") and k not in LISTS}
        info |= {"general.parameter_count": int(sum(t.n_elements for t in reader.tensors))}
        if self.server.context:
            info["qwen2.context_length"] = self.server.context
        parameters = model.get("parameters", {})
        said = {
            "model_info": info,
            "details": {"quantization_level": "Q4_K_M"},
            "template": model.get("template", "{{ .Prompt }}"),
            "system": model.get("system", ""),
            "license": model.get("license", ""),
            "parameters": "\n".join(
                f"{name:<30} {json.dumps(v)}"
                for name, value in parameters.items()
                for v in (value if isinstance(value, list) else [value])
            ),
            "capabilities": ["completion", *(["tools"] if ".Tools" in model.get("template", "") else [])],
            "modelfile": f"# FROM it:latest\n\nFROM {file}\n",
        }
        self.answer(200, said)

    def blob(self, digest):
        return self.server.folder / "blobs" / digest.replace(":", "-")

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, status, body=None):
        self.send_response(status)
        self.end_headers()
        if body is not None:
            self.line(body)

    def line(self, body):
        self.wfile.write(json.dumps(body).encode() + b"\n")

    def log_message(self, *_):
        pass

    def handle(self):
        with suppress(BrokenPipeError, ConnectionResetError):  # an interrupted command has left
            super().handle()


@contextmanager
def stand_in(folder):
    """A stand-in that keeps its files in `folder`."""
    with StandIn(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Real:
    """A real Ollama of our own."""

    def __init__(self, url, folder):
        self.url = url
        self.folder = folder


@contextmanager
def real(folder):
    """A real Ollama that keeps its files in `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    folder.mkdir()
    env = {**os.environ, "OLLAMA_HOST": url, "OLLAMA_MODELS": str(folder), "HOME": str(folder)}
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen([PROGRAM, "serve"], env=env, stdout=log, stderr=log) as run,
    ):
        try:
            until = time.monotonic() + 30
            while True:
                try:
                    httpx.get(f"{url}/api/version", trust_env=False)
                    break
                except httpx.TransportError:
                    assert time.monotonic() < until, (folder / "log").read_text()
                    time.sleep(0.1)
            yield Real(url, folder)
        finally:
            run.terminate()
