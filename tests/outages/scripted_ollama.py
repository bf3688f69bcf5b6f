"""An Ollama without an engine, by its HTTP interface: it says a given answer, a few characters a line."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from langchain_core.messages import HumanMessage

from shopassist.models.tokens import Estimate

PIECE = 3
READS = 0.7
"""Tokens of a prompt by the estimate, which is high."""

INFO = {
    "general.architecture": "qwen2",
    "qwen2.context_length": 32768,
    "qwen2.block_count": 28,
    "qwen2.embedding_length": 1536,
    "qwen2.attention.head_count": 12,
    "qwen2.attention.head_count_kv": 2,
}


class ScriptedOllama:
    """A server with one model. `answer` is what it says, `pace` the seconds before each piece of it.

    A prompt longer than `num_ctx` is cut in silence, as by a real one. `busy` are the answers that are being written,
    `begun` how many were.
    """

    def __init__(self, model, answer):
        self.model, self.answer, self.pace = model, answer, 0.0
        self.models = [model]
        self.busy = self.begun = 0
        self.proved = False
        self.lock = threading.Lock()
        self._port = 0
        self.start()
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self):
        self._server = _Server(("127.0.0.1", self._port), _Handler)
        self._server.ollama = self
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def copy(self, name):
        """Have the model under another name too."""
        self.models.append(name)

    def delete(self, name):
        """Take a model away."""
        self.models.remove(name)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        ollama = self.server.ollama
        said = (
            {"version": "0.11.4"} if self.path == "/api/version" else {"models": [{"name": m} for m in ollama.models]}
        )
        self.say(200, said)

    def do_POST(self):
        body, ollama = json.loads(self.rfile.read(int(self.headers["Content-Length"]))), self.server.ollama
        if body["model"] not in ollama.models:
            self.say(404, {"error": f'model "{body["model"]}" not found, try pulling it first'})
        elif self.path == "/api/show":
            self.say(200, {"model_info": INFO, "details": {"quantization_level": "Q4_K_M"}})
        else:
            self.write(body, ollama)

    def write(self, body, ollama):
        with ollama.lock:
            ollama.busy += 1
            ollama.begun += 1
        try:
            options = body["options"]
            self.say(200)
            if not body["stream"]:
                self.line({"content": ollama.answer[:1]}, done=True, done_reason="length")
                return
            limit = options["num_predict"] * 2
            for start in range(0, min(len(ollama.answer), limit), PIECE):
                time.sleep(ollama.pace)
                self.line({"content": ollama.answer[start : start + PIECE]}, done=False)
            read = int(Estimate().prompt([HumanMessage(m["content"]) for m in body["messages"]]) * READS)
            self.line(
                {"content": ""},
                done=True,
                done_reason="length" if len(ollama.answer) > limit else "stop",
                prompt_eval_count=min(read, options["num_ctx"]),
                eval_count=len(ollama.answer) // 2,
            )
        finally:
            with ollama.lock:
                ollama.busy -= 1

    def line(self, message, **more):
        said = {"model": "any", "message": {"role": "assistant", **message}, **more}
        self.wfile.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")
        self.wfile.flush()

    def say(self, status, body=None):
        self.send_response(status)
        self.end_headers()
        if body is not None:
            self.wfile.write(json.dumps(body).encode() + b"\n")

    def log_message(self, *_):
        pass
