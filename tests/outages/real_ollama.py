"""A real Ollama: one of our own that can be killed and started again, or one that somebody else runs."""

import hashlib
import os
import socket
import subprocess
import time
from importlib.resources import files
from pathlib import Path

import httpx

from shopassist.models.ollama_server import OllamaServer

CONTEXT = 2048
"""Tokens: enough for the tests' prompts, and quick to load."""


class RealOllama:
    """Has the model `model`, made from a GGUF file with Qwen's own template.

    `where` is the program or the address of a server; `folder` is where a server of our own keeps its files and log.
    """

    def __init__(self, where, gguf, folder, model):
        self.folder, self.model, self.proved = folder, model, False
        self.program = None if where.startswith("http") else where
        self._run, self.url, self._made = None, where, [model]
        if self.program:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
            self.start()
        file = Path(gguf)
        with file.open("rb") as data:
            sha256 = hashlib.file_digest(data, "sha256").hexdigest()
        template = files("shopassist.models").joinpath("qwen2.5.template").read_text(encoding="utf-8")
        with OllamaServer(self.url) as server:
            server.upload(file, sha256, lambda *_: None)
            parameters = {"num_ctx": CONTEXT}
            assert list(server.create(model, sha256, template=template, parameters=parameters))[-1] == "success"

    def start(self):
        """Start the program and wait until it answers. A server of somebody else's cannot be started."""
        env = {**os.environ, "OLLAMA_HOST": self.url, "OLLAMA_MODELS": str(self.folder / "models")}
        with (self.folder / "log").open("a") as log:
            self._run = subprocess.Popen(
                [self.program, "serve"], env={**env, "HOME": str(self.folder)}, stdout=log, stderr=log
            )
        until = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"{self.url}/api/version", trust_env=False)
                return
            except httpx.TransportError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.1)

    def stop(self):
        """Stop the program, and what it runs for its models."""
        self._run.terminate()
        self._run.wait(30)

    def copy(self, name):
        """Have the model under another name too."""
        self._made.append(name)
        self._ask("POST", "/api/copy", {"source": self.model, "destination": name})

    def delete(self, name):
        """Take a model away."""
        self._made.remove(name)
        self._ask("DELETE", "/api/delete", {"model": name})

    def loaded(self):
        """What /api/ps says."""
        return httpx.get(f"{self.url}/api/ps", trust_env=False).json()["models"]

    def close(self):
        """Leave nothing behind."""
        if self.program:
            self.stop()
        else:
            for name in list(self._made):
                self.delete(name)

    def _ask(self, method, path, body):
        httpx.request(method, f"{self.url}{path}", json=body, trust_env=False, timeout=60).raise_for_status()
